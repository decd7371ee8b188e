"""An integration as the API tells of it and takes it. Secrets go in and never come out: `{"set": true}` stands for one.

The names are those of domain/validation.py, so that the place of a mistake is the place in what was sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field as Describe
from pydantic import StrictBool, StrictFloat, StrictInt, model_validator

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.filters import read as read_filter
from switchhook.domain.headers import ALWAYS_SECRET
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
from switchhook.web.api.shapes import Shape, Text
from switchhook.web.models import Integration as Row

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
AuthenticationType = Literal["none", "basic", "token"]


class IsSet(Shape):
    """Stands for a secret: whether there is one."""

    set: bool


class HeaderShape(Shape):
    """A custom header."""

    name: str
    value: str | IsSet
    secret: bool


class HeaderWanted(Shape):
    """A custom header as it is to be. A secret one without a value keeps the value that is stored under its name."""

    name: Text
    value: Text | None = Describe(default=None, description="May hold placeholders.")
    secret: StrictBool = False


class BodyKeyShape(Shape):
    """A request key with a field, or with a fixed text."""

    key: Text
    field: Field | None = None
    text: Text = Describe(default="", description="May hold placeholders.")


class FilterShape(Shape):
    """Which events of the type are wanted: one_of or none_of some values, or inside or outside business hours."""

    filter: Literal[
        "extension", "source", "destination", "queue", "menu", "option", "direction", "business_hours"]
    match: Literal["one_of", "none_of", "inside", "outside"]
    values: list[Text] | None = Describe(
        default=None, description="As they are, as a beginning (1202*), extensions and options also as a range (1-5).")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = None
    begins: str | None = Describe(default=None, pattern=TIME, description="09:00, in the account's time zone")
    ends: str | None = Describe(default=None, pattern=TIME)

    @model_validator(mode="after")
    def _whole(self) -> FilterShape:
        hours = self.filter == "business_hours"
        if (self.match in ("inside", "outside")) is not hours:
            raise ValueError("match is inside or outside for business_hours, one_of or none_of for everything else.")
        if hours and (self.values is not None or None in (self.days, self.begins, self.ends)):
            raise ValueError("business_hours needs days, begins and ends, and has no values.")
        if not hours and (self.values is None or (self.days, self.begins, self.ends) != (None, None, None)):
            raise ValueError("Such a filter needs values, and has no days, begins or ends.")
        return self


class IntegrationShape(Shape):
    """A standing order."""

    id: UUID
    service_id: UUID | None = Describe(description="null: of the account, for all its PBXs")
    name: str
    event_type: str
    request_url: str
    path_arguments: str
    method: Method
    format: Format
    authentication_type: AuthenticationType
    username: str
    password: IsSet
    token: IsSet
    token_prefix: str
    token_header: str
    headers: list[HeaderShape]
    body_keys: list[BodyKeyShape]
    filters: list[FilterShape]
    signed: bool
    timeout_seconds: float
    max_in_flight: int
    rate_per_second: int | None
    expiry_seconds: int | None
    enabled: bool
    disabled_reason: str
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime


class IntegrationChange(Shape):
    """What is to change; what is left out stays, secrets too. A list takes the place of the whole list."""

    name: Text | None = None
    event_type: EventType | None = None
    request_url: Text | None = None
    path_arguments: Text | None = None
    method: Method | None = None
    format: Format | None = None
    authentication_type: AuthenticationType | None = None
    username: Text | None = Describe(default=None, max_length=255)
    password: Text | None = None
    token: Text | None = None
    token_prefix: Text | None = Describe(default=None, max_length=40)
    token_header: Text | None = Describe(default=None, max_length=80)
    headers: list[HeaderWanted] | None = None
    body_keys: list[BodyKeyShape] | None = Describe(
        default=None, description="Empty: every field that the event has, under its own name.")
    filters: list[FilterShape] | None = Describe(default=None, description="Empty: every event of the type.")
    signed: StrictBool | None = None
    timeout_seconds: StrictFloat | None = Describe(default=None, allow_inf_nan=False)
    max_in_flight: StrictInt | None = None
    rate_per_second: StrictInt | None = Describe(default=None, description="null: as many as come.")
    expiry_seconds: StrictInt | None = Describe(default=None, description="null: the account's usual time.")


class NewIntegration(IntegrationChange):
    """A new integration. `service_id` is the PBX's UUID; null for an event of the account (user.*)."""

    name: Text
    event_type: EventType
    request_url: Text
    service_id: UUID | None = None
    enabled: StrictBool = True
    signed: StrictBool | None = True


class Created(IntegrationShape):
    """A new integration, with the signing secret, which is not told again; null: requests are not signed."""

    signing_secret: str | None


def shape_of(row: Row) -> IntegrationShape:
    """The integration as the API tells of it."""
    return IntegrationShape(
        id=row.id, service_id=row.service_id, name=row.name, event_type=row.event_type, request_url=row.request_url,
        path_arguments=row.path_arguments, method=Method(row.method), format=Format(row.format),
        authentication_type=_type(row), username=row.username,
        password=IsSet(set=bool(row.password_sealed)), token=IsSet(set=bool(row.token_sealed)),
        token_prefix=row.token_prefix, token_header=row.token_header,
        headers=[
            HeaderShape(name=one["name"], secret=True, value=IsSet(set=bool(one["sealed"]))) if "sealed" in one
            else HeaderShape(name=one["name"], secret=False, value=one["value"]) for one in row.headers],
        body_keys=[BodyKeyShape(**one) for one in row.body_keys],
        filters=[FilterShape(**one) for one in row.filters], signed=bool(row.signing_secrets),
        timeout_seconds=row.timeout_seconds, max_in_flight=row.max_in_flight,
        rate_per_second=row.rate_per_second, expiry_seconds=row.expiry_seconds,
        enabled=row.enabled, disabled_reason=row.disabled_reason, disabled_at=row.disabled_at,
        created_at=row.created_at, updated_at=row.updated_at)


def applied(before: Integration, change: IntegrationChange) -> Integration:
    """The integration with what was sent."""
    plain = ("name", "event_type", "request_url", "path_arguments", "method", "format", "timeout_seconds",
             "max_in_flight")
    values = {name: value for name in plain if (value := getattr(change, name)) is not None}
    values |= {name: getattr(change, name) for name in ("expiry_seconds", "rate_per_second")
               if name in change.model_fields_set}
    if change.filters is not None:
        values["filters"] = tuple(read_filter(one.model_dump(mode="json")) for one in change.filters)
    if change.headers is not None:
        values["headers"] = tuple(_header(one, before) for one in change.headers)
    if change.body_keys is not None:
        values["body_keys"] = tuple(BodyKey(key=one.key, field=one.field, text=one.text) for one in change.body_keys)
    return replace(before, authentication=_authentication(before.authentication, change), **values)


def _type(row: Row) -> AuthenticationType:
    match row.authentication_type:
        case "basic":
            return "basic"
        case "token":
            return "token"
        case _:
            return "none"


def _authentication(before: Authentication, change: IntegrationChange) -> Authentication:
    kinds: dict[type, AuthenticationType] = {NoAuth: "none", BasicAuth: "basic", TokenAuth: "token"}
    match change.authentication_type or kinds[type(before)]:
        case "basic":
            basic = before if isinstance(before, BasicAuth) else BasicAuth(username="", password="")
            return BasicAuth(username=_or(change.username, basic.username),
                             password=_or(change.password, basic.password))
        case "token":
            token = before if isinstance(before, TokenAuth) else TokenAuth(token="")
            return TokenAuth(token=_or(change.token, token.token), prefix=_or(change.token_prefix, token.prefix),
                             header=_or(change.token_header, token.header))
        case _:
            return NoAuth()


def _header(wanted: HeaderWanted, before: Integration) -> Header:
    """As the form has it: a secret that is kept stays secret, and what is always secret is."""
    kept = next((one.value for one in before.headers if one.secret and one.name.lower() == wanted.name.lower()), "")
    stays = bool(kept) and wanted.value is None
    secret = wanted.secret or stays or wanted.name.lower() in ALWAYS_SECRET
    return Header(name=wanted.name, value=kept if wanted.value is None else wanted.value, secret=secret)


def _or(sent: str | None, stored: str) -> str:
    return stored if sent is None else sent
