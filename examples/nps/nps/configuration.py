"""The configuration: environment variables NPS_…; for any of them, NAME_FILE names a file that holds the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nps.crm import JsonCrmAccess
from nps.hook import key_of
from nps.switchhook_api import ApiAccess
from nps.tryton import TrytonAccess

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
    rules: Path
    time_zone: ZoneInfo
    password: str
    smtp_url: str
    mail_from: str
    api: ApiAccess | None
    crm: JsonCrmAccess | TrytonAccess | None

    @property
    def book(self) -> Path:
        """The SQLite file."""
        return self.state / "nps.sqlite3"


def configuration(environment: Mapping[str, str]) -> Configuration:
    """The settings in force. Raises Misconfigured."""

    def value(name: str, default: str = "") -> str:
        if path := environment.get(f"NPS_{name}_FILE"):
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise Misconfigured(f"NPS_{name}_FILE: {path} cannot be read: {error.strerror}") from error
        return environment.get(f"NPS_{name}", default).strip()

    host, _, port = value("LISTEN", "127.0.0.1:8010").rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Misconfigured("NPS_LISTEN: write ADDRESS:PORT, like 127.0.0.1:8010")
    password = value("PASSWORD")
    if not password and not _is_loopback(host):
        raise Misconfigured("NPS_PASSWORD: others can reach the dashboard and the numbers on it; give it a password")
    try:
        zone = ZoneInfo(value("TIME_ZONE", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misconfigured("NPS_TIME_ZONE: write a name like Australia/Sydney") from error
    smtp_url, api_url = _url(value, "SMTP", "smtp", "smtps"), _url(value, "API")
    if api_url and not value("API_TOKEN"):
        raise Misconfigured("NPS_API_TOKEN: write a token with the scopes read and recordings, swh_…")
    return Configuration(
        host=host.strip("[]"),
        port=int(port),
        state=Path(value("STATE", str(HERE / "state"))),
        secrets=_secrets(value("SECRET")),
        rules=Path(value("RULES", str(HERE / "rules.toml"))),
        time_zone=zone,
        password=password,
        smtp_url=smtp_url,
        mail_from=value("MAIL_FROM", "nps@localhost"),
        api=ApiAccess(url=api_url, token=value("API_TOKEN")) if api_url else None,
        crm=_crm(value),
    )


def _crm(value: Callable[..., str]) -> JsonCrmAccess | TrytonAccess | None:
    """The CRM that takes the scores, if there is one."""
    json_url, tryton_url = _url(value, "CRM"), _url(value, "TRYTON")
    if json_url and tryton_url:
        raise Misconfigured("NPS_CRM_URL, NPS_TRYTON_URL: give one of the two; scores go into one CRM")
    if json_url:
        return JsonCrmAccess(url=json_url, token=value("CRM_TOKEN"))
    if tryton_url:
        if not urlsplit(tryton_url).path.strip("/"):
            raise Misconfigured("NPS_TRYTON_URL: write the database's name behind the address: https://…/ours")
        return TrytonAccess(url=tryton_url, user=value("TRYTON_USER", "admin"), password=value("TRYTON_PASSWORD"))
    return None


def _secrets(text: str) -> tuple[str, ...]:
    """One signing secret, or two while it is being rotated."""
    secrets = tuple(text.split())
    try:
        if not secrets or not all(key_of(secret) for secret in secrets):
            raise ValueError("none")
    except ValueError as error:
        raise Misconfigured("NPS_SECRET: write the signing secret of the integration, whsec_…") from error
    return secrets


def _url(value: Callable[..., str], name: str, *schemes: str) -> str:
    """The URL of that name, without a slash at its end; empty when there is none."""
    url, schemes = value(f"{name}_URL").rstrip("/"), schemes or ("http", "https")
    try:
        parts = urlsplit(url)
        if url and (parts.scheme not in schemes or not parts.hostname or parts.port == 0):
            raise ValueError(url)
    except ValueError as error:
        beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
        raise Misconfigured(f"NPS_{name}_URL: write a URL that begins with {beginnings}") from error
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
