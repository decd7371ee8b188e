"""Tests over the API: something made up that goes through a PBX's settings to every integration that wants it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from switchhook.domain.catalogue import EventType
from switchhook.web.api.bearer import INTEGRATIONS, access_of
from switchhook.web.api.errands import ErrandShape, asked
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape
from switchhook.web.errands import ask

router = Router()

#: What calls can be made up (pbx/made_up_calls.py).
CallKind = Literal["answered", "missed", "outbound", "menu", "survey", "picked_up", "voicemail", "forwarded"]


class TestEventWanted(Shape):
    """Which event."""

    event_type: EventType


class TestCallWanted(Shape):
    """Which call: inbound and answered, missed, picked up by another user, to the voicemail, forwarded to a mobile, to
    the main menu, or to the NPS survey; or outbound."""

    kind: CallKind


@router.post("/services/{uuid:service_id}/test-events", response={202: ErrandShape}, auth=INTEGRATIONS)
def send_test_event(
    request: HttpRequest, service_id: UUID, wanted: TestEventWanted, response: HttpResponse,
) -> ErrandShape:
    """Have an event happen that is marked as a test: a true example, to every integration that wants it. The errand's
    result has the event's id."""
    return _asked(request, service_id, "test_event", {"event_type": wanted.event_type.value}, response)


@router.post("/services/{uuid:service_id}/test-calls", response={202: ErrandShape}, auth=INTEGRATIONS)
def place_test_call(
    request: HttpRequest, service_id: UUID, wanted: TestCallWanted, response: HttpResponse,
) -> ErrandShape:
    """Have a whole call made up in a few seconds, with all its events in order, marked as a test. The errand's result
    has the Call UUID."""
    return _asked(request, service_id, "test_call", {"kind": wanted.kind}, response)


def _asked(
    request: HttpRequest, service_id: UUID, kind: Literal["test_event", "test_call"], what: dict[str, str],
    response: HttpResponse,
) -> ErrandShape:
    access = access_of(request)
    service = service_of(access, service_id)
    return asked(ask(kind, access.account, {"service_id": str(service.id), **what}, access.asker), response)
