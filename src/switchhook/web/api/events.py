"""Events over the API: what happened, also what nobody wanted, and to whom it was owed."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.catalogue import Value
from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.deliveries import DeliveryShape
from switchhook.web.api.deliveries import shape_of as delivery_shape
from switchhook.web.api.finding import EventFilter, page_of_events
from switchhook.web.api.problems import not_found
from switchhook.web.api.shapes import Page, Shape, moment
from switchhook.web.deliveries.search import LIVE_ROWS
from switchhook.web.models import Event

router = Router()


class WantedEvents(EventFilter):
    """Which events, and which page of them."""

    unwanted: bool = Field(default=False, description="Only those that no integration wanted.")


class EventShape(Shape):
    """Something that happened; it never changes."""

    id: UUID
    type: str
    service_id: UUID | None
    at: datetime | None
    accepted_at: datetime | None
    sequence: int
    call_uuid: UUID | None
    native_call_id: str
    fields: dict[str, Value]
    unwanted_reason: str = Field(description="Why no integration wanted it; empty when one did.")
    is_test: bool


class EventWithDeliveries(EventShape):
    """An event, and what was owed."""

    deliveries: list[DeliveryShape]


@router.get("/events", response=Page[EventShape], auth=READ)
def list_events(request: HttpRequest, wanted: Query[WantedEvents]) -> Page[EventShape]:
    """Events, newest first. A page may be shorter than the limit and still have a next one."""
    more = {"unwanted_reason__gt": ""} if wanted.unwanted else {}
    rows, following = page_of_events(access_of(request), wanted, more)
    return Page(data=[event_shape(row) for row in rows], next=following)


@router.get("/events/{uuid:event_id}", response=EventWithDeliveries, auth=READ)
def get_event(request: HttpRequest, event_id: UUID) -> EventWithDeliveries:
    """One event, with its deliveries."""
    access = access_of(request)
    row = access.events().filter(id=event_id).first()
    if row is None:
        raise not_found("event")
    owed = access.deliveries().filter(event=row).order_by("id")[:LIVE_ROWS]
    return EventWithDeliveries(**event_shape(row).model_dump(), deliveries=[delivery_shape(one) for one in owed])


def event_shape(row: Event) -> EventShape:
    """The event as the API tells of it."""
    return EventShape(
        id=row.id, type=row.type, service_id=row.service_id, at=moment(row.at_ms),
        accepted_at=moment(row.accepted_at_ms), sequence=row.sequence, call_uuid=row.call_uuid,
        native_call_id=row.native_call_id, fields=json.loads(row.fields), unwanted_reason=row.unwanted_reason,
        is_test=row.is_test)
