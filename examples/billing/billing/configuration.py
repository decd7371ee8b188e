"""The configuration: environment variables BILLING_…; for any of them, NAME_FILE names a file that holds the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing.hook import Secret, key_of

HERE = Path(__file__).parents[1]
DIRECTIONS = {"inbound", "outbound"}


class Misconfigured(Exception):
    """A setting is missing or wrong; the text names it and says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Every setting; the README says what each is for."""

    host: str
    port: int
    secrets: tuple[Secret, ...]
    password: str
    database_url: str
    rates: Path
    currency: str
    decimals: int
    charged: frozenset[str]
    time_zone: ZoneInfo
    api_url: str
    api_tokens: tuple[tuple[str, str], ...]  # account, token


def configuration(environment: Mapping[str, str]) -> Configuration:
    """The settings in force. Raises Misconfigured."""

    def value(name: str, default: str = "") -> str:
        if path := environment.get(f"BILLING_{name}_FILE"):
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise Misconfigured(f"BILLING_{name}_FILE: {path} cannot be read: {error.strerror}") from error
        return environment.get(f"BILLING_{name}", default).strip()

    host, _, port = value("LISTEN", "127.0.0.1:8030").rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Misconfigured("BILLING_LISTEN: write ADDRESS:PORT, like 127.0.0.1:8030")
    password = value("PASSWORD")
    if not password and not _is_loopback(host):
        raise Misconfigured("BILLING_PASSWORD: others can reach the page and the numbers on it; give it a password")
    try:
        zone = ZoneInfo(value("TIME_ZONE", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misconfigured("BILLING_TIME_ZONE: write a name like Australia/Sydney") from error
    decimals = value("DECIMALS", "4")
    if decimals not in list("0123456"):
        raise Misconfigured("BILLING_DECIMALS: write 0 to 6: so many has the price of a leg")
    charged = frozenset(value("CHARGED", "outbound").split())
    if not charged <= DIRECTIONS:
        raise Misconfigured("BILLING_CHARGED: write outbound, inbound or both, separated by a space")
    return Configuration(
        host=host.strip("[]"),
        port=int(port),
        secrets=tuple(_secrets(value("SECRET"))),
        password=password,
        database_url=_database_url(value("DATABASE_URL")),
        rates=Path(value("RATES", str(HERE / "rates.csv"))),
        currency=value("CURRENCY", "USD")[:8],
        decimals=int(decimals),
        charged=charged,
        time_zone=zone,
        api_url=_api_url(value("API_URL", "http://127.0.0.1:8000/api/v1")),
        api_tokens=tuple(_named(value("API_TOKEN"))),
    )


def _secrets(text: str) -> Iterator[Secret]:
    for account, secret in _named(text):
        try:
            yield Secret(account, key_of(secret))
        except ValueError as error:
            raise Misconfigured("BILLING_SECRET: write the integrations' signing secrets, whsec_… or ACCOUNT=whsec_…, "
                                "separated by spaces") from error


def _named(text: str) -> Iterator[tuple[str, str]]:
    """`ACCOUNT=value` or `value`, separated by spaces. A value may end in = signs."""
    for one in text.split():
        account, equals, value = one.partition("=")
        yield (account, value) if equals and value.strip("=") else ("", one)


def _database_url(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise Misconfigured("BILLING_DATABASE_URL: write postgresql://user:password@host/database, or "
                            "sqlite:///the/file.sqlite3")
    return text or f"sqlite://{HERE / 'state' / 'billing.sqlite3'}"


def _api_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError(text)
    except ValueError as error:
        raise Misconfigured("BILLING_API_URL: write a URL like https://switchhook.example.com/api/v1") from error
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
