"""The event catalogue: what can fire, when, with which values, and how the request looks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from switchhook.domain.catalogue import EVENTS, FIELDS, EventSpec, Field, FieldSpec, Level, Value
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.preview import Preview, example, preview
from switchhook.web.models import Service
from switchhook.web.tenancy import Access, account_view

#: Of so many PBXs the page offers to create an integration at once; an account with more goes by the list.
SERVICES_OFFERED = 10
RECEIVER = "https://crm.example.com/hook"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A value that an event can have, with what it is in the event's example."""

    spec: FieldSpec
    availability: str
    example: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event type for its card."""

    spec: EventSpec
    of_service: bool
    offered: bool  # else it is an extra that the operator has not granted
    fields: list[ShownField]
    request: Preview


@account_view
def catalogue(request: HttpRequest, access: Access) -> HttpResponse:
    """Every event type and every value."""
    services = list(access.services().order_by("name")[: SERVICES_OFFERED + 1])
    shown = [_shown(spec, access, services[0] if services else None) for spec in EVENTS.values()]
    return render(request, "catalogue/catalogue.html", {
        "events": shown, "services": services if len(services) <= SERVICES_OFFERED else [], "fields": FIELDS.values(),
        "has_services": bool(services),
    })


def _shown(spec: EventSpec, access: Access, service: Service | None) -> ShownEvent:
    """The event with an example request: a new integration's, that sends every value under its own name."""
    at = timezone.now()
    of_service = spec.level is Level.SERVICE
    wanted = blank(access.account.id, service.id if service is not None and of_service else None)
    wanted = replace(wanted, event_type=spec.type, request_url=RECEIVER, body_keys=())
    event = example(wanted, service if Field.SERVICE_UUID in spec.fields else None, at)
    values = [ShownField(spec=FIELDS[field], availability=spec.availability(field).value, example=value)
              for field, value in event.fields.items()]
    offered = not spec.extra or spec.type in access.account.granted_events
    return ShownEvent(spec=spec, of_service=of_service, offered=offered, fields=values,
                      request=preview(wanted, event, signed=True, at=at))
