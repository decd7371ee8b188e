"""Calls over the API: found, and one with its timeline: what happened, what fired, what did not and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.domain.facts import Direction
from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.deliveries import shape_of as delivery_shape
from switchhook.web.api.events import EventWithDeliveries, event_shape
from switchhook.web.api.finding import in_ms, lookups
from switchhook.web.api.problems import invalid, not_found
from switchhook.web.api.shapes import NUMBER, PLACE_CURSOR, Moment, Page, Paging, Shape, Text, moment
from switchhook.web.calls import search
from switchhook.web.calls.passed_over import passed_over
from switchhook.web.calls.timeline import Entry, not_fired, timeline
from switchhook.web.deliveries.search import LIVE_ROWS
from switchhook.web.models import Call, Event

router = Router()


class WantedCalls(Paging):
    """Which calls, and which page of them."""

    cursor: Text = Field(default="", max_length=400, description="`next` of the page before.",
                         json_schema_extra={"pattern": PLACE_CURSOR})
    number: Text = Field(default="", max_length=40, description="Source or destination: the last eight digits count.",
                         json_schema_extra={"pattern": NUMBER})
    extension: Text = Field(default="", max_length=40, description="The extension number of the user.")
    native_call_id: Text = Field(default="", max_length=200, description="The PBX's own id (Asterisk: Linkedid).")
    direction: Direction | None = None
    service_id: UUID | None = None
    since: Moment | None = Field(default=None, description="RFC 3339; began not before this moment.")
    until: Moment | None = Field(default=None, description="RFC 3339; began before this moment.")


class CallShape(Shape):
    """A call. `state`: ringing, menu, answered, picked_up, connected or unanswered; `ended_at` null: in progress."""

    id: UUID
    service_id: UUID | None
    native_call_id: str
    began_at: datetime | None = Field(description="null: told from elsewhere (by intake), only its events are known")
    ended_at: datetime | None
    direction: str
    source_number: str = Field(description="Empty when it is withheld.")
    destination_number: str
    extension_number: str
    state: str
    partial: bool = Field(description="Its beginning was not heard.")
    is_test: bool


class EntryShape(Shape):
    """A line of the timeline. `kind`: fact (it happened), told (an event), withheld (no event, `text` says why)."""

    at: datetime | None
    kind: str
    text: str
    event_type: str
    event_id: UUID | None


class NotFiredShape(Shape):
    """An event that one might have expected to be sent and was not, and why. `event_id`: it happened, unwanted."""

    event_type: str
    reason: str
    event_id: UUID | None


class CallWithTimeline(CallShape):
    """A call with all that is known of it."""

    timeline: list[EntryShape]
    not_fired: list[NotFiredShape]
    events: list[EventWithDeliveries]


@router.get("/calls", response=Page[CallShape], auth=READ)
def list_calls(request: HttpRequest, wanted: Query[WantedCalls]) -> Page[CallShape]:
    """Calls, newest first. A page may be shorter than the limit and still have a next one."""
    whole = access_of(request).calls().defer("notes").filter(**_moments(wanted))
    if wanted.cursor:
        place = search.key(wanted.cursor)
        if place is None:
            raise invalid([Mistake(where="cursor", message="Take the cursor from `next` of the page before.")])
        whole = search.below(whole, *place)
    narrower = {"direction": wanted.direction, "service_id": wanted.service_id}
    conditions = {name: value for name, value in narrower.items() if value is not None}
    exact = {"extension_number": wanted.extension, "native_call_id": wanted.native_call_id}
    meanings = lookups({name: value for name, value in exact.items() if value}, wanted.number)
    if meanings:
        page = search.looked_up(whole, meanings, conditions, wanted.limit)
    else:
        page = search.among_newest(whole, conditions, wanted.limit)
    return Page(data=[_shape(row) for row in page.rows], next=page.next_key or None)


@router.get("/calls/{uuid:call_id}", response=CallWithTimeline, auth=READ)
def get_call(request: HttpRequest, call_id: UUID) -> CallWithTimeline:
    """One call by its Call UUID: its timeline, what fired and to whom, and what did not and why."""
    access = access_of(request)
    row = access.calls().filter(id=call_id).first()
    found = access.events().filter(call_uuid=call_id).order_by("sequence", "id")
    events = list(found[:LIVE_ROWS])
    if row is None and not events:
        raise not_found("call")
    entries = timeline(row, events)
    owed = list(access.deliveries().filter(event_id__in=[one.id for one in events]).order_by("id"))
    others = passed_over(access, events, {
        event.id: {one.integration_id for one in owed if one.event_id == event.id} for event in events})
    return CallWithTimeline(
        **(_told_from_elsewhere(call_id, events) if row is None else _shape(row)).model_dump(),
        timeline=[_entry(one) for one in entries],
        not_fired=[NotFiredShape(event_type=one.type, reason=one.reason, event_id=one.event.id if one.event else None)
                   for one in not_fired(row, entries, others)],
        events=[
            EventWithDeliveries(**event_shape(event).model_dump(),
                                deliveries=[delivery_shape(one) for one in owed if one.event_id == event.id])
            for event in events])


def _moments(wanted: WantedCalls) -> dict[str, int]:
    moments = {} if wanted.since is None else {"began_ms__gte": in_ms(wanted.since)}
    return moments if wanted.until is None else moments | {"began_ms__lt": in_ms(wanted.until)}


def _entry(one: Entry) -> EntryShape:
    return EntryShape(
        at=moment(one.at_ms), kind=one.kind, text=one.text, event_type=one.type,
        event_id=one.event.id if one.event else None)


def _shape(row: Call) -> CallShape:
    return CallShape(
        id=row.id, service_id=row.service_id, native_call_id=row.native_call_id, began_at=moment(row.began_ms),
        ended_at=moment(row.ended_ms), direction=row.direction, source_number=row.source_number,
        destination_number=row.destination_number, extension_number=row.extension_number, state=row.state,
        partial=row.partial, is_test=row.is_test)


def _told_from_elsewhere(call_id: UUID, events: Sequence[Event]) -> CallShape:
    first = events[0]
    return CallShape(
        id=call_id, service_id=first.service_id, native_call_id=first.native_call_id, began_at=None, ended_at=None,
        direction="", source_number=first.source_number, destination_number=first.destination_number,
        extension_number=first.extension_number, state="", partial=False, is_test=first.is_test)
