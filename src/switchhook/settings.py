"""Every setting: default, unit, meaning. Read by the two roots only (`app.py` and `web/`).

Settings come from the environment (`SWITCHHOOK_…`, and `DATABASE_URL` by its usual name) and from
`STATE_DIR/switchhook.env`; the environment wins. For any setting, NAME_FILE names a file that holds
the value (a mounted secret, say). Names that begin with SWITCHHOOK_ and are not known are refused.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from switchhook.domain.errors import SettingsError

PREFIX = "SWITCHHOOK_"
USUAL_NAMES = ("DATABASE_URL", "DATABASE_LISTEN_URL")  # without the prefix, as everywhere

#: Variables of the integrators' command line: no settings of the server.
_NO_SETTINGS = frozenset({"SWITCHHOOK_URL", "SWITCHHOOK_TOKEN", "SWITCHHOOK_LISTEN_SECRET"})

SHORTEST_KEY = 16
#: What stands in examples and in tired people's settings.
EXAMPLE_KEYS = ("change", "example", "secret", "password", "insecure", "your", "default", "switchhook", "12345", "test")


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
    language: Literal["en", "de"] = Field(
        default="en",
        description="Language of the portal for who has chosen none and whose browser asks for none that there is."
    )
    brands_file: str = Field(
        default="",
        description="Brands by host name: names, logos, colours, senders; empty: brands.toml in the state directory.",
    )
    heartbeat_seconds: float = Field(
        default=3.0, gt=0, description="How often an engine renews its heartbeat, in seconds."
    )
    dead_after_seconds: float = Field(default=10.0, gt=0, description="After how many seconds without one it is dead.")
    egress_proxy: str = Field(
        default="",
        description="http://[USER:PASSWORD@]HOST:PORT of a proxy through which all webhooks go; it then judges "
        "where names lead; empty: none.",
    )
    send_traceparent: bool = Field(
        default=False, description="Whether receivers are told of the trace, where there is one (OpenTelemetry).")
    deliveries_in_flight: int = Field(
        default=256, gt=0, description="Requests that one engine has open at once, at most."
    )
    account_in_flight: int = Field(
        default=128, gt=0, description="Of these, those of one account, unless it has a quota of its own."
    )
    account_events_per_second: int = Field(
        default=500, gt=0,
        description="Events a second that one account may tell an engine by intake, unless it has a quota of its own.",
    )
    account_services: int = Field(
        default=100, gt=0, description="PBXs of one account, unless it has a quota of its own.")
    account_users: int = Field(
        default=20_000, gt=0, description="Users of all PBXs of one account, unless it has a quota of its own.")
    account_integrations: int = Field(
        default=200, gt=0, description="Integrations of one account, unless it has a quota of its own.")
    account_tokens: int = Field(
        default=50, gt=0, description="API tokens of one account that are in force, unless it has a quota of its own.")
    account_stored_mib: int = Field(
        default=20_480, gt=0,
        description="MiB that events, deliveries and calls of one account may take, about, unless it has a quota of "
        "its own; the oldest go first.",
    )
    account_tests_per_minute: int = Field(
        default=30, gt=0, description="Tests and test calls that one account may ask for in a minute.")
    account_invitations_per_day: int = Field(
        default=50, gt=0, description="Invitations that one account may have sent by e-mail in 24 hours.")
    account_grace_days: int = Field(
        default=30, ge=0, description="After so many days a closed account is erased.")
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
    sso_discovery_url: str = Field(
        default="", description="Single sign-on by OpenID Connect: the provider's URL, with or without "
        "/.well-known/openid-configuration; empty: none.")
    sso_client_id: str = Field(default="", description="What the provider calls us.")
    sso_client_secret: str = Field(default="", description="What we show the provider.")
    sso_name: str = Field(default="single sign-on", description="What the button says: 'Log in with …'.")
    demo_nps_url: str = Field(
        default="", description="Where the demo's Net Promoter Score dashboard is; the home page then links to it.")
    recording_link_days: int = Field(
        default=7, gt=0, le=3650, description="How many days the link in the field Recording URL leads somewhere.")
    recording_grace_minutes: int = Field(
        default=10, ge=0,
        description="So long after a call's end its recording may still be on its way to where it is looked for.")
    api_requests_per_minute: int = Field(
        default=600, gt=0,
        description="Requests to the API that one token may make a minute, to all web processes together.")
    web_threads: int = Field(default=8, gt=0, description="Threads of the portal's server.")
    web_request_seconds: float = Field(
        default=30.0, gt=0,
        description="After so many seconds the database is told to break off what a page or the API asked for.")
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
    def sqlite_path(self) -> Path | None:
        """The file that is the database; None on PostgreSQL."""
        parts = urlsplit(self.database)
        return Path("/" + unquote(parts.path).lstrip("/")) if parts.scheme == "sqlite" else None

    @property
    def brands_path(self) -> Path:
        """The file of brands, which need not be there."""
        return Path(self.brands_file).expanduser() if self.brands_file else self.state_dir / "brands.toml"

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


def check_strong(keys: Sequence[str]) -> None:
    """Raises SettingsError for a key that others could guess. For whoever starts Switchhook for real."""
    for number, key in enumerate(keys, start=1):
        example = next((one for one in EXAMPLE_KEYS if key.lower().startswith(one)), "")
        if example or len(key) < SHORTEST_KEY or len(set(key)) < SHORTEST_KEY // 2:
            why = f"begins like an example (“{example}”)" if example else "can be guessed"
            raise SettingsError(
                f"SWITCHHOOK_SECRET_KEYS: key {number} {why}, and it protects every stored secret. "
                "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'")


def add_key(state_dir: Path) -> Path:
    """Put a new key in front of those in the state directory. Returns the file."""
    path = state_dir / "secret.key"
    before = _read_key_file(path)
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(",".join(filter(None, [secrets.token_urlsafe(32), before])) + "\n")
    beside.replace(path)
    return path


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
        lines = [
            f"{PREFIX}{str(one['loc'][0]).upper() if one['loc'] else '?'}: "
            f"{'there is no such setting' if one['type'] == 'extra_forbidden' else one['msg']}"
            for one in error.errors()]
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
