"""The configuration: environment variables CRM_…; for any of them, NAME_FILE names a file that holds the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from crm.hook import key_of
from crm.tryton import TrytonAccess

HERE = Path(__file__).parents[1]


class Misconfigured(Exception):
    """A setting is missing or wrong; the text names it and says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Every setting; the README says what each is for."""

    host: str
    port: int
    state: Path
    secrets: tuple[str, ...]
    password: str
    tryton: TrytonAccess

    @property
    def book(self) -> Path:
        """The SQLite file."""
        return self.state / "crm.sqlite3"


def configuration(environment: Mapping[str, str]) -> Configuration:
    """The settings in force. Raises Misconfigured."""

    def value(name: str, default: str = "") -> str:
        if path := environment.get(f"CRM_{name}_FILE"):
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise Misconfigured(f"CRM_{name}_FILE: {path} cannot be read: {error.strerror}") from error
        return environment.get(f"CRM_{name}", default).strip()

    host, _, port = value("LISTEN", "127.0.0.1:8020").rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Misconfigured("CRM_LISTEN: write ADDRESS:PORT, like 127.0.0.1:8020")
    password = value("PASSWORD")
    if not password and not _is_loopback(host):
        raise Misconfigured("CRM_PASSWORD: others can reach the pages and the names on them; give them a password")
    return Configuration(
        host=host.strip("[]"),
        port=int(port),
        state=Path(value("STATE", str(HERE / "state"))),
        secrets=_secrets(value("SECRET")),
        password=password,
        tryton=TrytonAccess(
            url=_tryton_url(value("TRYTON_URL")),
            user=value("TRYTON_USER", "admin"),
            password=value("TRYTON_PASSWORD"),
            account_manager=value("ACCOUNT_MANAGER", "the account manager"),
        ),
    )


def _secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(text.split())
    if not secrets:
        raise Misconfigured("CRM_SECRET: the integrations' signing secrets, whsec_…, separated by spaces")
    for secret in secrets:
        try:
            key_of(secret)
        except ValueError as error:
            raise Misconfigured("CRM_SECRET: a signing secret begins with whsec_; copy it whole") from error
    return secrets


def _tryton_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or not parts.path.strip("/"):
            raise ValueError(text)
    except ValueError as error:
        raise Misconfigured(
            "CRM_TRYTON_URL: write https://HOST/DATABASE; `python -m crm demo` brings a Tryton along"
        ) from error
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
