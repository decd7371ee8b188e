"""Live: the calls of this moment beside the stream of events, each with what became of its deliveries.

The page polls. The engine writes an open call at most once a second, so nothing newer than that can be shown."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.calls.timeline import state_of
from switchhook.web.deliveries.search import uuid_or_none, with_deliveries
from switchhook.web.models import Call, Event, Service
from switchhook.web.services.state import engine_runs
from switchhook.web.tenancy import Access, account_view

CALLS_SHOWN = 50
EVENTS_SHOWN = 30
LOOKED_THROUGH = 200  # events, the newest by id, for those that happened last
MENU_EVENTS = 500  # of all calls shown
SERVICES_OFFERED = 200
#: An engine that died may have left calls open for ever: older ones are not taken for calls of this moment.
AT_MOST_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A call of this moment."""

    call: Call
    kind: str
    words: str
    seconds: int
    #: The menus that it went through, with what was chosen: "Main menu › 2 › Sales".
    menus: str


@account_view
def live(request: HttpRequest, access: Access) -> HttpResponse:
    """Calls now, and the newest events. `?pbx=` narrows both to one PBX."""
    services = {service.id: service for service in access.services().order_by("name")[:SERVICES_OFFERED]}
    chosen = services.get(uuid_or_none(request.GET.get("pbx", "")) or UUID(int=0))
    now_ms = time.time_ns() // 1_000_000
    calls = calls_now(access, chosen, now_ms)
    events = newest_events(access, chosen, [one.call.id for one in calls])
    seen = _seen(calls, events)
    if request.GET.get("seen") == seen:  # the page asks for news, and there is none
        return HttpResponse(status=204)
    owed = {delivery.integration_id for event in events for delivery in event.deliveries.all()}
    return render(request, "calls/live.html", {
        "calls": calls[:CALLS_SHOWN], "more_calls": len(calls) > CALLS_SHOWN, "events": events, "seen": seen,
        "names": access.integrations().in_bulk(owed), "services": services if len(services) > 1 else {},
        "chosen": chosen, "engine_runs": engine_runs(),
    })


def open_calls(access: Access, now_ms: int) -> QuerySet[Call]:
    """The account's calls that are not over. (The + 0 leads SQLite to the index of those, not to a day's calls.)"""
    return access.calls().alias(began=F("began_ms") + 0).filter(ended_ms=None, began__gt=now_ms - AT_MOST_MS)


def calls_now(access: Access, service: Service | None, now_ms: int) -> list[Now]:
    """The open calls, the newest first; one more than a page shows when there are more."""
    found = open_calls(access, now_ms).defer("notes")
    if service is not None:
        found = found.filter(service_id=service.id)
    calls = list(found.order_by("-began_ms")[: CALLS_SHOWN + 1])
    menus = _menus(access, [call.id for call in calls])
    shown = []
    for call in calls:
        kind, words = state_of(call)
        seconds = max(0, (now_ms - call.began_ms) // 1000)
        shown.append(Now(call=call, kind=kind, words=words, seconds=seconds, menus=menus.get(call.id, "")))
    return shown


def newest_events(access: Access, service: Service | None, calls: Collection[UUID]) -> list[Event]:
    """The events that happened last, each with its deliveries. Ids begin with the call's beginning: what an old call
    that is still open does now is looked for by the call."""
    found = access.events()
    if service is not None:
        found = found.filter(service_id=service.id)
    of_calls = found.filter(call_uuid__in=calls).order_by("-at_ms")[:EVENTS_SHOWN] if calls else found.none()
    among = [*found.order_by("-id").values_list("at_ms", "id")[:LOOKED_THROUGH], *of_calls.values_list("at_ms", "id")]
    last = [id_ for _, id_ in sorted(set(among), reverse=True)[:EVENTS_SHOWN]]
    rows = found.in_bulk(last)
    return with_deliveries(access, [rows[id_] for id_ in last if id_ in rows])


def _menus(access: Access, calls: Collection[UUID]) -> Mapping[UUID, str]:
    """Each call's way through the menus, as its events tell it."""
    if not calls:
        return {}
    ways: dict[UUID, list[str]] = defaultdict(list)
    steps = {EventType.IVR_RECEIVED.value: Field.IVR_NAME, EventType.IVR_OPTION.value: Field.OPTION_SELECTED}
    found = access.events().filter(call_uuid__in=calls, type__in=steps).order_by("call_uuid", "sequence")
    for call, type_, fields in found.values_list("call_uuid", "type", "fields")[:MENU_EVENTS]:
        if call is not None:
            ways[call].append(str(json.loads(fields).get(steps[type_]) or "?"))
    return {call: " › ".join(steps_taken) for call, steps_taken in ways.items()}


def _seen(calls: Sequence[Now], events: Sequence[Event]) -> str:
    """What a page has shown, in short: it changes with everything that the page shows, but for time going by."""
    told = [f"{one.call.id}{one.call.state}{one.call.extension_number}{one.menus}" for one in calls]
    for event in events:
        told.append(str(event.id))
        told += [f"{one.id}{one.state}{one.attempts}{one.last_status}" for one in event.deliveries.all()]
    return sha256("|".join(told).encode()).hexdigest()[:16]
