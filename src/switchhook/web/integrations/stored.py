"""A stored integration as the domain knows it, secrets opened; and the way back, secrets sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.errors import CannotOpen
from switchhook.domain.filters import read as read_filter
from switchhook.domain.filters import stored as stored_filter
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
from switchhook.web.integrations import models
from switchhook.web.secrets import seal, unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stored integration. `unreadable`: which of its secrets open no more; they are empty in `integration`."""

    integration: Integration
    unreadable: tuple[str, ...] = ()


def context(row: models.Integration, what: str) -> str:
    """What a secret of this integration is sealed for: it opens nowhere else (web/integrations/models.py)."""
    return f"integration:{row.id}:{what}"


def opened(row: models.Integration, now: datetime) -> Opened:
    """The row as the domain's Integration. `now` decides which signing secrets are still in use."""
    unreadable: list[str] = []

    def open_(sealed: str, what: str, label: str) -> str:
        try:
            return unseal(sealed, context(row, what))
        except CannotOpen:
            unreadable.append(label)
            return ""

    authentication: Authentication = NoAuth()
    if row.authentication_type == models.AuthenticationType.BASIC:
        authentication = BasicAuth(username=row.username, password=open_(row.password_sealed, "password", "Password"))
    elif row.authentication_type == models.AuthenticationType.TOKEN:
        authentication = TokenAuth(
            token=open_(row.token_sealed, "token", "Token"), prefix=row.token_prefix, header=row.token_header)
    headers = tuple(
        Header(name=one["name"], value=open_(one["sealed"], f"header:{one['name'].lower()}", one["name"]), secret=True)
        if "sealed" in one else Header(name=one["name"], value=one["value"])
        for one in row.headers)
    signing = (
        open_(one["sealed"], "signing", "Signing secret") for one in row.signing_secrets
        if not one["expires_at"] or datetime.fromisoformat(one["expires_at"]) > now)
    return Opened(
        integration=Integration(
            id=row.id, account_id=row.account_id, service_id=row.service_id, name=row.name,
            event_type=EventType(row.event_type), request_url=row.request_url, path_arguments=row.path_arguments,
            method=Method(row.method), format=Format(row.format), authentication=authentication, headers=headers,
            body_keys=tuple(
                BodyKey(key=one["key"], field=Field(one["field"])) if "field" in one
                else BodyKey(key=one["key"], text=one["text"]) for one in row.body_keys),
            signing_secrets=tuple(secret for secret in signing if secret), enabled=row.enabled,
            timeout_seconds=row.timeout_seconds, max_in_flight=row.max_in_flight, expiry_seconds=row.expiry_seconds,
            rate_per_second=row.rate_per_second, filters=tuple(read_filter(one) for one in row.filters)),
        unreadable=tuple(unreadable))


def fill(row: models.Integration, wanted: Integration) -> None:
    """Put all of `wanted` into the row, secrets sealed. Its place, signing secrets and state are not touched:
    they have verbs of their own (actions.py)."""
    row.name, row.event_type = wanted.name, wanted.event_type.value
    row.request_url, row.path_arguments = wanted.request_url, wanted.path_arguments
    row.method, row.format = wanted.method.value, wanted.format.value
    _fill_authentication(row, wanted.authentication)
    row.headers = [
        {"name": one.name, "sealed": seal(one.value, context(row, f"header:{one.name.lower()}"))} if one.secret
        else {"name": one.name, "value": one.value} for one in wanted.headers]
    row.body_keys = [
        {"key": one.key, "text": one.text} if one.field is None else {"key": one.key, "field": one.field.value}
        for one in wanted.body_keys]
    row.timeout_seconds, row.max_in_flight = wanted.timeout_seconds, wanted.max_in_flight
    row.rate_per_second = wanted.rate_per_second
    row.expiry_seconds = wanted.expiry_seconds
    row.filters = [stored_filter(one) for one in wanted.filters]


def _fill_authentication(row: models.Integration, authentication: Authentication) -> None:
    """What the chosen type has no use for is forgotten: a password that no request needs is kept nowhere."""
    row.username = row.password_sealed = row.token_sealed = ""
    row.token_prefix, row.token_header = TokenAuth(token="").prefix, TokenAuth(token="").header
    match authentication:
        case NoAuth():
            row.authentication_type = models.AuthenticationType.NONE
        case BasicAuth():
            row.authentication_type = models.AuthenticationType.BASIC
            row.username = authentication.username
            row.password_sealed = seal(authentication.password, context(row, "password"))
        case TokenAuth():
            row.authentication_type = models.AuthenticationType.TOKEN
            row.token_sealed = seal(authentication.token, context(row, "token"))
            row.token_prefix, row.token_header = authentication.prefix, authentication.header
        case _:
            assert_never(authentication)
