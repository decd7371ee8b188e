"""Where the server is, and the token to show: from the environment, or from the file that `switchhook login` writes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from switchhook.cli.exits import BadData, NotLoggedIn

URL, TOKEN = "SWITCHHOOK_URL", "SWITCHHOOK_TOKEN"
_LOCAL = re.compile(r"(localhost|127\.[\d.]+|\[::1\])(?=[:/]|$)")  # there nobody speaks TLS
_HOW = f"Run `switchhook login`, or set {URL} and {TOKEN}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A server, `https://host[:port]` without a slash at its end, and a token for it."""

    url: str
    token: str


def login_file() -> Path:
    """Where `switchhook login` keeps it, for this person alone."""
    return Path(typer.get_app_dir("switchhook")) / "login.json"


def current_login(environment: Mapping[str, str] = os.environ) -> Login:
    """The login in force; the environment wins. Raises NotLoggedIn or BadData."""
    kept = _kept()
    url, token = environment.get(URL, "") or kept.get("url", ""), environment.get(TOKEN, "")
    if not token and url == kept.get("url"):  # the token of one server is not shown to another
        token = kept.get("token", "")
    if not url:
        raise NotLoggedIn(f"Which server? {_HOW}")
    if not token:
        raise NotLoggedIn(f"There is no token for {url}. {_HOW}")
    return Login(url=server_url(url), token=token)


def server_url(text: str) -> str:
    """The server's address as it was typed, in one form. Raises BadData."""
    text = text.strip()
    if "://" not in text:
        text = f"{'http' if _LOCAL.match(text) else 'https'}://{text}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise BadData(f"{text!r} is no address of a server: write https://portal.example.com.")
    return parts.geturl().rstrip("/").removesuffix("/api/v1")


def keep(login: Login) -> Path:
    """Write the login down; the file that it stands in."""
    path = login_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps({"url": login.url, "token": login.token}))
    return path


def forget() -> bool:
    """Remove what was written down; whether there was anything."""
    there = login_file().exists()
    login_file().unlink(missing_ok=True)
    return there


def _kept() -> dict[str, str]:
    try:
        kept = json.loads(login_file().read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadData(f"{login_file()} cannot be read ({error}): run `switchhook login` again.") from None
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}
