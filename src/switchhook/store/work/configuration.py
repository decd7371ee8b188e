"""The configuration: what people wrote in the portal, as the engine's words. One broken row breaks no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field
from switchhook.domain.errors import CannotOpen
from switchhook.domain.filters import read as read_filter
from switchhook.domain.integration import (
    Authentication,
    BasicAuth,
    BodyKey,
    Format,
    Header,
    Integration,
    Method,
    NoAuth,
    TokenAuth,
)
from switchhook.domain.sealing import unseal
from switchhook.domain.service import (
    Account,
    Connection,
    DirectorySource,
    PbxUser,
    Platform,
    Reading,
    Service,
    UserDatabase,
)
from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Configuration
from switchhook.store.rows import to_json, to_uuid, to_uuid_or_none

T = TypeVar("T")

_VERSION = "SELECT version FROM configuration_version WHERE id = 1"
_ACCOUNTS = """
    SELECT id, name, time_zone, allowed_networks, call_expiry_seconds, user_expiry_seconds, retention_days, country,
        granted_events, state, max_in_flight, max_events_per_second, max_stored_mib, body_days
    FROM account
"""
_SERVICES = """
    SELECT id, account_id, connection_id, name, friendly_name, applications_enabled, tenant_key, trunks, trunk_contexts,
        menus, extensions, intake_token_hash, country, directory_source, directory_scope, recordings_root FROM service
"""
_CONNECTIONS = """
    SELECT id, name, platform, host, port, tls, tls_ca, username, secret_sealed, calls_per_minute FROM connection
"""
_USER_DATABASES = """
    SELECT connection_id, host, port, name, username, secret_sealed, tls, tls_ca FROM user_database
"""
_INTEGRATIONS = """
    SELECT id, account_id, service_id, name, event_type, request_url, path_arguments, method, format,
        authentication_type, username, password_sealed, token_sealed, token_prefix, token_header, headers, body_keys,
        signing_secrets, enabled, timeout_seconds, max_in_flight, expiry_seconds, rate_per_second, filters
    FROM integration
"""
USERS = """
    SELECT id, service_id, extension_number, name, outbound_phone_number, has_voicemail, enabled_calls FROM pbx_user
"""
_RAISE_VERSION = """
    INSERT INTO configuration_version (id, version) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET version = configuration_version.version + 1
"""


def version() -> Work[int]:
    """See `Store.configuration_version`."""
    rows = yield Query(_VERSION, {})
    return rows[0][0] if rows else 0


def raise_version() -> Work[None]:
    """The configuration has changed: every engine loads it anew."""
    yield Query(_RAISE_VERSION, {})


def account(id_: UUID) -> Work[Account | None]:
    """One account; None when there is none that can be read."""
    rows = yield Query(f"{_ACCOUNTS} WHERE id = :id", {"id": id_})
    return next(_whole(rows, _account, {}), None)


def load(keys: Sequence[str]) -> Work[Configuration]:
    """See `Store.load_configuration`. The version is read first: what changes meanwhile is read anew because of it."""
    number = yield from version()
    broken: dict[UUID, str] = {}
    accounts = yield Query(_ACCOUNTS, {})
    services = yield Query(_SERVICES, {})
    connections = yield Query(_CONNECTIONS, {})
    user_databases = yield Query(_USER_DATABASES, {})
    integrations = yield Query(_INTEGRATIONS, {})
    users = yield Query(USERS, {})
    opener = _Opener(keys)
    return Configuration(
        version=number,
        accounts={one.id: one for one in _whole(accounts, _account, broken)},
        services={one.id: one for one in _whole(services, _service, broken)},
        connections={one.id: one for one in _whole(connections, opener.connection, broken)},
        user_databases={one.connection_id: one for one in _whole(user_databases, opener.user_database, broken)},
        integrations={one.id: one for one in _whole(integrations, opener.integration, broken)},
        users={(one.service_id, one.extension_number): one for one in _whole(users, user_of, broken)},
        broken=broken, no_key_fits=opener.no_key_fits)


def _whole(rows: Sequence[Sequence[Any]], read: Callable[..., T], broken: dict[UUID, str]) -> Iterator[T]:
    """What can be read of the rows; the others' ids and the reasons go to `broken`."""
    for row in rows:
        try:
            yield read(*row)
        except CannotOpen as error:
            broken[to_uuid(row[0])] = str(error)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            broken[to_uuid(row[0])] = f"It is not stored as this release can read it: {type(error).__name__} {error}."


def _account(
    id_: Any, name: str, time_zone: str, networks: Any, call_expiry: int, user_expiry: int, retention_days: int,
    country: str, granted_events: Any,
    state: str, max_in_flight: int | None, max_events_per_second: int | None, max_stored_mib: int | None,
    body_days: int | None,
) -> Account:
    return Account(
        id=to_uuid(id_), name=name, time_zone=time_zone, allowed_networks=_texts(networks),
        call_expiry_seconds=call_expiry, user_expiry_seconds=user_expiry, retention_days=retention_days,
        country=country, granted_events=frozenset(map(EventType, EXTRA_EVENTS.intersection(_texts(granted_events)))),
        suspended=state in ("suspended", "closed"), max_in_flight=max_in_flight,
        max_events_per_second=max_events_per_second, max_stored_mib=max_stored_mib,
        body_days=body_days)


def _service(
    id_: Any, account_id: Any, connection_id: Any, name: str, friendly_name: str, applications_enabled: bool,
    tenant_key: str, trunks: Any, trunk_contexts: Any, menus: Any, extensions: Any, intake_token_hash: str,
    country: str, directory_source: str, directory_scope: str, recordings_root: str,
) -> Service:
    reading = Reading(
        trunks=_texts(trunks), trunk_contexts=_texts(trunk_contexts), extensions=_texts(extensions),
        menus=tuple((str(context), str(menu)) for context, menu in to_json(menus)))
    return Service(
        id=to_uuid(id_), account_id=to_uuid(account_id), connection_id=to_uuid_or_none(connection_id), name=name,
        friendly_name=friendly_name, applications_enabled=bool(applications_enabled), tenant_key=tenant_key,
        reading=reading, intake_token_hash=intake_token_hash, country=country,
        directory_source=DirectorySource(directory_source), directory_scope=directory_scope,
        recordings_root=recordings_root)


def user_of(
    id_: Any, service_id: Any, extension_number: str, name: str, outbound_phone_number: str, has_voicemail: bool,
    enabled_calls: Any,
) -> PbxUser:
    """The user in the columns of USERS."""
    return PbxUser(
        id=to_uuid(id_), service_id=to_uuid(service_id), extension_number=extension_number, name=name,
        outbound_phone_number=outbound_phone_number, has_voicemail=bool(has_voicemail),
        enabled_calls=_texts(enabled_calls))


def _texts(value: Any) -> tuple[str, ...]:
    listed = to_json(value)
    if not isinstance(listed, list):
        raise ValueError("a list was expected")
    return tuple(str(one) for one in listed)


class _Opener:
    """Reads rows with secrets in them. Each secret opens in its own place only (contexts: the models in web/)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._opened = 0
        self._why_not = ""
        self._now = datetime.now(UTC)

    def connection(
        self, id_: Any, name: str, platform: str, host: str, port: int, tls: bool, tls_ca: str, username: str,
        secret_sealed: str, calls_per_minute: float,
    ) -> Connection:
        connection_id = to_uuid(id_)
        return Connection(
            id=connection_id, name=name, platform=Platform(platform), host=host, port=port, tls=bool(tls),
            tls_ca=tls_ca, username=username, secret=self._open(secret_sealed, f"connection:{connection_id}:secret"),
            calls_per_minute=calls_per_minute)

    def user_database(
        self, connection_id: Any, host: str, port: int, name: str, username: str, secret_sealed: str, tls: bool,
        tls_ca: str,
    ) -> UserDatabase:
        of = to_uuid(connection_id)
        return UserDatabase(
            connection_id=of, host=host, port=port, name=name, username=username, tls=bool(tls), tls_ca=tls_ca,
            secret=self._open(secret_sealed, f"user-database:{of}:secret"))

    def integration(
        self, id_: Any, account_id: Any, service_id: Any, name: str, event_type: str, request_url: str,
        path_arguments: str, method: str, format_: str, authentication_type: str, username: str, password_sealed: str,
        token_sealed: str, token_prefix: str, token_header: str, headers: Any, body_keys: Any, signing_secrets: Any,
        enabled: bool, timeout_seconds: float, max_in_flight: int, expiry_seconds: int | None,
        rate_per_second: int | None, filters: Any,
    ) -> Integration:
        own = to_uuid(id_)
        authentication: Authentication = NoAuth()
        if authentication_type == "basic":
            password = self._open(password_sealed, f"integration:{own}:password")
            authentication = BasicAuth(username=username, password=password)
        elif authentication_type == "token":
            token = self._open(token_sealed, f"integration:{own}:token")
            authentication = TokenAuth(token=token, prefix=token_prefix, header=token_header)
        elif authentication_type != "none":
            raise ValueError(f"unknown authentication {authentication_type!r}")
        signing = tuple(
            self._open(one["sealed"], f"integration:{own}:signing")
            for one in to_json(signing_secrets) if self._in_use(one))
        return Integration(
            id=own, account_id=to_uuid(account_id), service_id=to_uuid_or_none(service_id), name=name,
            event_type=EventType(event_type), request_url=request_url, path_arguments=path_arguments,
            method=Method(method), format=Format(format_), authentication=authentication,
            headers=tuple(self._header(own, one) for one in to_json(headers)),
            body_keys=tuple(_body_key(one) for one in to_json(body_keys)), signing_secrets=signing,
            enabled=bool(enabled), timeout_seconds=timeout_seconds, max_in_flight=max_in_flight,
            expiry_seconds=expiry_seconds, rate_per_second=rate_per_second,
            filters=tuple(read_filter(one) for one in to_json(filters)))

    def _header(self, integration_id: UUID, stored: dict[str, str]) -> Header:
        name = stored["name"]
        if "sealed" not in stored:
            return Header(name=name, value=stored["value"])
        context = f"integration:{integration_id}:header:{name.lower()}"
        return Header(name=name, value=self._open(stored["sealed"], context), secret=True)

    def _in_use(self, stored: dict[str, Any]) -> bool:
        expires_at = stored.get("expires_at")
        return not expires_at or datetime.fromisoformat(expires_at) > self._now

    def _open(self, sealed: str, context: str) -> str:
        if not sealed:
            return ""
        try:
            plain = unseal(sealed, context=context, keys=self._keys)
        except CannotOpen as error:
            self._why_not = str(error)
            raise
        self._opened += 1
        return plain

    @property
    def no_key_fits(self) -> str:
        """Why nothing of what was there to be opened did; empty when something did."""
        return "" if self._opened else self._why_not


def _body_key(stored: dict[str, str]) -> BodyKey:
    if "field" in stored:
        return BodyKey(key=stored["key"], field=Field(stored["field"]))
    return BodyKey(key=stored["key"], text=stored["text"])
