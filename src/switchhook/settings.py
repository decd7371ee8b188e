"""Every setting: default, unit, meaning. Read by the two roots only (`app.py` and `web/`).

Settings come from the environment (`SWITCHHOOK_…`, and `DATABASE_URL` by its usual name) and from
`STATE_DIR/switchhook.env`; the environment wins. For any setting, NAME_FILE names a file that holds
the value (a mounted secret, say). Names that begin with SWITCHHOOK_ and are not known are refused.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from switchhook.domain.errors import SettingsError

PREFIX = "SWITCHHOOK_"
USUAL_NAMES = ("DATABASE_URL", "DATABASE_LISTEN_URL")  # without the prefix, as everywhere

#: Variables of the integrators' command line: no settings of the server.
_NO_SETTINGS = frozenset({"SWITCHHOOK_URL", "SWITCHHOOK_TOKEN", "SWITCHHOOK_LISTEN_SECRET"})


class Settings(BaseSettings):
    """Every setting. Field names are lower case here and upper case, prefixed, in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    state_dir: Path = Field(
        default=Path("~/.local/state/switchhook"),
        description="The one directory that holds all state: the SQLite database, the key, the log of the first start.",
    )
    database_url: str = Field(
        default="",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME; empty: SQLite in the state directory.",
    )
    database_listen_url: str = Field(
        default="",
        description="The same PostgreSQL past its pooler, for engines to be woken by; empty: as DATABASE_URL, "
        "and behind a pooler they look every second.",
    )
    database_timeout_seconds: float = Field(
        default=10.0, gt=0, description="After how many seconds without an answer PostgreSQL counts as away."
    )
    secret_keys: str = Field(
        default="",
        description="Keys that seal stored secrets, newest first, comma separated; empty: secret.key "
        "in the state "
        "directory, made on the first start.",
    )
    web_listen: str = Field(default="127.0.0.1:8000", description="Address and port of the portal.")
    intake_listen: str = Field(default="127.0.0.1:8001", description="Address and port of intake, health and metrics.")
    inbox_listen: str = Field(default="127.0.0.1:8002", description="Address and port of the request inbox.")
    public_url: str = Field(default="", description="How browsers reach the portal; empty: http:// and web_listen.")
    inbox_url: str = Field(
        default="", description="How requests reach the request inbox; empty: http:// and inbox_listen."
    )
    brand_name: str = Field(
        default="Switchhook", description="The product's name in the portal: 'myCloudPBX', 'myECN'."
    )
    service_type_name: str = Field(default="myCloudPBX", description="What Trigger Service Type shows.")
    heartbeat_seconds: float = Field(
        default=3.0, gt=0, description="How often an engine renews its heartbeat, in seconds."
    )
    dead_after_seconds: float = Field(default=10.0, gt=0, description="After how many seconds without one it is dead.")
    egress_proxy: str = Field(
        default="",
        description="http://[USER:PASSWORD@]HOST:PORT of a proxy through which all webhooks go; it then judges "
        "where names lead; empty: none.",
    )
    deliveries_in_flight: int = Field(
        default=256, gt=0, description="Requests that one engine has open at once, at most."
    )
    waiting_events_bytes: int = Field(
        default=64 * 1024 * 1024, gt=0, description="Events that wait in memory while the database is away, in bytes."
    )
    trusted_proxy: str = Field(
        default="",
        description="Address of the reverse proxy whose X-Forwarded-… the portal believes; *: "
        "anybody's; empty: nobody's.",
    )
    smtp_url: str = Field(
        default="",
        description="How e-mails are sent: smtp[s]://USER:PASSWORD@HOST:PORT; empty: none are (no password reset).",
    )
    mail_from: str = Field(default="switchhook@localhost", description="The sender of e-mails.")
    demo_nps_url: str = Field(
        default="", description="Where the demo's Net Promoter Score dashboard is; the home page then links to it.")
    api_requests_per_minute: int = Field(
        default=600, gt=0, description="Requests to the API that one token may make a minute, to each web process.")
    web_threads: int = Field(default=8, gt=0, description="Threads of the portal's server.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("state_dir")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("web_listen", "intake_listen", "inbox_listen")
    @classmethod
    def _address_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or not 0 <= int(port) < 65536:
            raise ValueError("write ADDRESS:PORT, like 127.0.0.1:8000")
        return value

    @field_validator("database_url", "database_listen_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("egress_proxy")
    @classmethod
    def _proxy(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
            raise ValueError("write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT")
        return value

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite://{self.state_dir / 'switchhook.sqlite3'}"

    @property
    def portal_url(self) -> str:
        """How browsers reach the portal, without a slash at the end."""
        return (self.public_url or f"http://{self.web_listen}").rstrip("/")

    @property
    def inbox_base_url(self) -> str:
        """How requests reach the request inbox, without a slash at the end."""
        return (self.inbox_url or f"http://{self.inbox_listen}").rstrip("/")

    def keys(self) -> tuple[str, ...]:
        """The keys that seal secrets, newest first. Raises SettingsError when there are none."""
        text = self.secret_keys or _read_key_file(self.state_dir / "secret.key")
        keys = tuple(key.strip() for key in text.split(",") if key.strip())
        if not keys:
            raise SettingsError(
                "There is no key to seal secrets with: set SWITCHHOOK_SECRET_KEYS or run `switchhook migrate`."
            )
        return keys


def listen_pair(address: str) -> tuple[str, int]:
    """ADDRESS:PORT as (address, port); an IPv6 address may stand in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def load_settings(environment: dict[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings in force. Raises SettingsError that names the setting and says what to write."""
    environment = dict(os.environ) if environment is None else environment
    values = _from_environment(environment) | {k: v for k, v in overrides.items() if v is not None}
    state_dir = Path(values.get("state_dir", Settings.model_fields["state_dir"].default)).expanduser()
    from_file = _from_environment({k: v or "" for k, v in dotenv_values(state_dir / "switchhook.env").items()})
    try:
        return Settings(_env_file=None, **(from_file | values))  # type: ignore[call-arg]
    except ValidationError as error:
        lines = [f"{PREFIX}{str(one['loc'][0]).upper() if one['loc'] else '?'}: {one['msg']}" for one in error.errors()]
        raise SettingsError("Wrong settings:\n  " + "\n  ".join(lines)) from error


def make_key_file(state_dir: Path) -> None:
    """Make the state directory (for us alone) and, on the first start, a key in it."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = state_dir / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32) + "\n")


def _read_key_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _from_environment(environment: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in environment.items():
        short = name.lower() if name.removesuffix("_FILE") in USUAL_NAMES else ""
        if name.startswith(PREFIX) and name not in _NO_SETTINGS:
            short = name.removeprefix(PREFIX).lower()
        if not short:
            continue
        if name.endswith("_FILE"):
            short = short.removesuffix("_file")
            try:
                value = Path(value).read_text().strip()
            except OSError as error:
                raise SettingsError(f"{name}: {value} cannot be read: {error.strerror}.") from error
        values[short] = value
    return values
