"""The live preview: exactly the request that an integration would send, from an example or from a real event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from switchhook.domain.catalogue import EVENTS, Field
from switchhook.domain.delivery import Request
from switchhook.domain.errors import CannotRender
from switchhook.domain.event import Event, delivery_id, timed_id
from switchhook.domain.filters import unmet
from switchhook.domain.integration import Integration
from switchhook.domain.rendering import render
from switchhook.domain.signing import new_secret
from switchhook.domain.validation import mistakes
from switchhook.web.deliveries.recorded import event_of
from switchhook.web.deliveries.shown import as_curl, as_http, pretty
from switchhook.web.models import Event as EventRow
from switchhook.web.models import Service
from switchhook.web.tenancy import Access

#: How many real events are offered, and among how many of the account's newest they are looked for.
SAMPLES, LOOKED_THROUGH = 5, 500
#: Of so many real events it is told how many the filters let through.
TRIED = 100

#: What an integration that is not saved yet is shown signed with.
STAND_IN_SECRET = new_secret(bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the integration would send, or in `problem` why it cannot. Secrets are masked."""

    http: str = ""
    curl: str = ""
    is_pretty: bool = False
    header_names: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """How many of the last real events of this type the filters would have let through."""

    looked_at: int
    passed: int


def preview(wanted: Integration, event: Event, *, signed: bool, at: datetime) -> Preview:
    """The request for this event. A Request URL that could not be saved is sent nowhere."""
    if wrong := [one.message for one in mistakes(wanted) if one.where == "request_url"]:
        return Preview(problem=wrong[0])
    secrets = (wanted.signing_secrets or (STAND_IN_SECRET,)) if signed else ()
    id_ = delivery_id(event.id, wanted.id)
    try:
        request = render(replace(wanted, signing_secrets=secrets), event, delivery_id=id_, at=at)
    except CannotRender as error:
        return Preview(problem=str(error))
    return Preview(http=as_http(request, pretty_body=True), curl=as_curl(request), is_pretty=_is_indented(request),
                   header_names=tuple(name for name, _ in request.headers))


def example(wanted: Integration, service: Service | None, at: datetime) -> Event:
    """The catalogue's example of the event, under the service's own names."""
    fields = EVENTS[wanted.event_type].example()
    if service is not None:
        fields |= {
            Field.SERVICE_UUID: str(service.id), Field.SERVICE_NAME: service.name,
            Field.SERVICE_FRIENDLY_NAME: service.friendly_name,
        }
    id_ = timed_id(int(at.timestamp() * 1000), "preview", wanted.id)
    sequence = fields.get(Field.SEQUENCE)
    return Event(
        id=id_, type=wanted.event_type, account_id=wanted.account_id, service_id=wanted.service_id, at=at,
        order_key=str(fields.get(Field.CALL_UUID, id_)), sequence=sequence if isinstance(sequence, int) else 1,
        fields=fields)


def recent_events(access: Access, wanted: Integration) -> list[EventRow]:
    """The last real events that this integration is for: out of the account's newest, so that the search is bounded."""
    return list(_newest(access, wanted)[:SAMPLES])


def passing(access: Access, wanted: Integration) -> Passing | None:
    """What its filters do to the last real events; None: it has none, or there was nothing to try them on."""
    if not wanted.filters:
        return None
    events = [event_of(row) for row in _newest(access, wanted)[:TRIED]]
    passed = sum(not unmet(wanted.filters, event, access.account.time_zone) for event in events)
    return Passing(looked_at=len(events), passed=passed) if events else None


def _newest(access: Access, wanted: Integration) -> QuerySet[EventRow]:
    newest = access.events().order_by("-id").values("id")[:LOOKED_THROUGH]
    found = access.events().filter(id__in=newest, type=wanted.event_type.value, is_test=False)
    if wanted.service_id is not None:
        found = found.filter(service_id=wanted.service_id)
    return found.order_by("-id")


def chosen_event(
    samples: list[EventRow], chosen: str, wanted: Integration, service: Service | None, at: datetime,
) -> Event:
    """The real event that was chosen among the samples, else the example."""
    row = next((row for row in samples if str(row.id) == chosen), None)
    return example(wanted, service, at) if row is None else event_of(row)


def _is_indented(request: Request) -> bool:
    return request.body is not None and pretty(request.body) is not None
