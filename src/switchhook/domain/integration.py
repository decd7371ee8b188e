"""Integration: a standing order. Which EventType, where to send, how to render, sign and authenticate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, EventType, Field, Level
from switchhook.domain.event import Event
from switchhook.domain.filters import Filter, unmet
from switchhook.domain.service import Account, Service


class Method(StrEnum):
    """How the request is made."""

    POST = "POST"
    GET = "GET"


class Format(StrEnum):
    """Where the values go: one JSON object in the body, or pairs in the URL's query string."""

    JSON = "JSON"
    QUERY = "QUERY"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAuth:
    """Authentication Type None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """Authentication Type Basic Auth."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAuth:
    """Authentication Type Token: `Authorization: Bearer …`; header and prefix can be changed."""

    token: str
    prefix: str = "Bearer"
    header: str = "Authorization"


Authentication = NoAuth | BasicAuth | TokenAuth


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyKey:
    """One row of Field Values: a request key, and a field or else a fixed text (a template)."""

    key: str
    field: Field | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One row of Header Values: Request Name and Request Value (a template). Secret: masked in the log."""

    name: str
    value: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A standing order of an account, for all its services (`service_id` None) or for one.

    `signing_secrets` are `whsec_…` texts, newest first; two while rotating, none: not signed.
    """

    id: UUID
    account_id: UUID
    service_id: UUID | None
    name: str
    event_type: EventType
    request_url: str
    path_arguments: str = ""
    method: Method = Method.POST
    format: Format = Format.JSON
    authentication: Authentication = NoAuth()
    headers: tuple[Header, ...] = ()
    body_keys: tuple[BodyKey, ...] = ()
    filters: tuple[Filter, ...] = ()  # none: every event of the type
    signing_secrets: tuple[str, ...] = ()
    enabled: bool = True
    timeout_seconds: float = 15.0
    max_in_flight: int = 8
    rate_per_second: int | None = None  # None: as many as come
    expiry_seconds: int | None = None  # None: the account's for this kind of event


class Wanted(StrEnum):
    """Whether an integration wants an event. Each value is the reason in words."""

    YES = "wanted"
    OTHER_TYPE = "the integration is for another event"
    OTHER_SERVICE = "the integration is for another PBX"
    DISABLED = "the integration is disabled"
    NOT_GRANTED = "not granted: the operator lets this account have this event no more"
    APPLICATIONS_OFF = "Applications are switched off for this PBX"


def wants(integration: Integration, event: Event, service: Service | None, account: Account) -> Wanted:
    """Does the integration want such events? `service` is the event's, `account` the integration's. Its filters may not
    want this one: `why_not`.

    Applications off silences the service's events; those of the account are unaffected. An extra event needs the
    operator's grant.
    """
    if integration.event_type is not event.type or integration.account_id != event.account_id:
        return Wanted.OTHER_TYPE
    if integration.service_id is not None and integration.service_id != event.service_id:
        return Wanted.OTHER_SERVICE
    if event.type in EXTRA_EVENTS and event.type not in account.granted_events:
        return Wanted.NOT_GRANTED
    if EVENTS[event.type].level is Level.SERVICE and service is not None and not service.applications_enabled:
        return Wanted.APPLICATIONS_OFF
    if not integration.enabled:
        return Wanted.DISABLED
    return Wanted.YES


def why_not(integration: Integration, event: Event, service: Service | None, account: Account) -> str:
    """Why the integration does not get the event, in plain words; empty when it does."""
    wanted = wants(integration, event, service, account)
    return unmet(integration.filters, event, account.time_zone) if wanted is Wanted.YES else wanted.value
