"""The catalogue over the API: event types, and the fields that each can have."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field as Describe

from switchhook.domain.asyncapi import document
from switchhook.domain.catalogue import EVENTS, FIELDS, EventSpec, EventType, Field, Value
from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.problems import not_found
from switchhook.web.api.shapes import Page, Shape

router = Router()


class FieldShape(Shape):
    """A predetermined value. `field` names it in body keys, and in braces in templates."""

    field: Field
    label: str
    meaning: str
    example: Value
    group: str
    extra: bool


class AvailableField(Shape):
    """A field of an event type: always there, or when known."""

    field: Field
    label: str
    availability: str


class EventTypeShape(Shape):
    """Something that an account may want to know."""

    type: EventType
    label: str
    level: str
    fires_when: str
    note: str
    extra: bool
    granted: bool = Describe(description="Whether integrations can be made for it: of extra events, the operator says.")
    fields: list[AvailableField]
    example: dict[str, Value]


@router.get("/event-types", response=Page[EventTypeShape], auth=READ)
def list_event_types(request: HttpRequest) -> Page[EventTypeShape]:
    """Every event type, with the fields that it can have and an example."""
    granted = access_of(request).account.granted_events
    return Page(data=[_shape(spec, granted) for spec in EVENTS.values()])


@router.get("/event-types/{event_type}", response=EventTypeShape, auth=READ)
def get_event_type(request: HttpRequest, event_type: str) -> EventTypeShape:
    """One event type."""
    if event_type not in EVENTS:
        raise not_found("event type")
    return _shape(EVENTS[EventType(event_type)], access_of(request).account.granted_events)


@router.get("/fields", response=Page[FieldShape], auth=READ)
def list_fields(request: HttpRequest) -> Page[FieldShape]:
    """Every field: what it means, and an example."""
    return Page(data=[
        FieldShape(field=one.field, label=one.label, meaning=one.meaning, example=one.example, group=one.group,
                   extra=one.extra) for one in FIELDS.values()])


@login_not_required
def asyncapi(request: HttpRequest) -> HttpResponse:
    """The AsyncAPI document of what is sent. As with the API's own document, anybody may read it."""
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})


def _shape(spec: EventSpec, granted: Collection[str]) -> EventTypeShape:
    return EventTypeShape(
        type=spec.type, label=spec.label, level=spec.level.value, fires_when=spec.fires_when, note=spec.note,
        extra=spec.extra, granted=not spec.extra or spec.type in granted,
        example={field.value: value for field, value in spec.example().items()},
        fields=[AvailableField(field=field, label=FIELDS[field].label, availability=spec.availability(field).value)
                for field in FIELDS if field in spec.fields])
