"""Pages of calls: the list, and why each webhook of a call did or did not fire."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from switchhook.domain.facts import Direction
from switchhook.web.calls import search
from switchhook.web.calls.passed_over import passed_over
from switchhook.web.calls.search import Filters
from switchhook.web.calls.timeline import not_fired, state_of, timeline
from switchhook.web.models import Call, Event, Service
from switchhook.web.recordings.recorded import files_of
from switchhook.web.saying import said_lazily
from switchhook.web.tenancy import Access, account_view

DIRECTIONS = [(one.value, said_lazily(one.value.capitalize())) for one in Direction]
SERVICES_OFFERED = 200
CHIPS_OFFERED = 10  # of so many PBXs; an account with more searches by number
EVENTS_SHOWN = 200
#: So long after its end a call's page still looks for news: notes and deliveries come after it.
SETTLES_MS = 60_000


@dataclass(frozen=True, slots=True)
class Row:
    """A call in the list, with what it came to."""

    call: Call
    kind: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter to switch on or off: what it says, where it leads, and whether it is on."""

    label: str
    url: str
    on: bool


@account_view
def calls(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's calls, newest first."""
    filters = Filters.read(request.GET)
    page = search.calls(access, filters, request.GET)
    services = list(access.services().order_by("name")[:SERVICES_OFFERED])
    live = ""
    if "before" not in request.GET and not filters.q:
        live = filters.url(down_to=request.GET.get("down_to") or (search.key_of(page.rows[-1]) if page.rows else ""))
    return render(request, "calls/list.html", {
        "rows": [Row(call, *state_of(call)) for call in page.rows], "filters": filters, "live": live,
        "more": filters.url(before=page.next_key) if page.next_key else "", "services": services,
        "names": {service.id: service for service in services}, "chips": _chips(filters, services),
    })


@account_view
def call(request: HttpRequest, access: Access, call_id: UUID) -> HttpResponse:
    """One call: its timeline, what fired and to whom, and what did not and why."""
    row = access.calls().filter(id=call_id).first()
    found = access.events().filter(call_uuid=call_id).order_by("at_ms", "sequence", "id")
    events = list(found.prefetch_related(Prefetch("deliveries", access.deliveries()))[:EVENTS_SHOWN])
    if row is None and not events:
        raise Http404("There is no such call.")
    seen = _seen(row, events)
    if request.GET.get("seen") == seen:  # the page asks for news, and there is none
        return HttpResponse(status=204)
    entries = timeline(row, events)
    first = row or events[0]
    owed = [delivery for event in events for delivery in event.deliveries.all()]
    others = passed_over(access, events, {
        event.id: {delivery.integration_id for delivery in event.deliveries.all()} for event in events})
    service = access.services().filter(id=first.service_id).first() if first.service_id else None
    fresh = row is not None and _is_fresh(row)
    kind, words = state_of(row) if row is not None else ("neutral", _("Told from elsewhere"))
    return render(request, "calls/one.html", {
        "call": row, "first": first, "call_id": call_id, "entries": entries,
        "not_fired": not_fired(row, entries, others),
        # A call that is new, or has a file: its recordings are asked for by the page.
        "recorded": row is not None and service is not None and (fresh or bool(files_of(row, service))),
        "kind": kind, "words": words, "seen": seen, "live": _is_live(row, events),
        "names": access.integrations().in_bulk({delivery.integration_id for delivery in owed}),
        "service": service,
        "direction": dict(DIRECTIONS).get(row.direction, row.direction) if row is not None else "",
        "seconds": None if row is None or row.ended_ms is None else max(0, row.ended_ms - row.began_ms) / 1000,
    })


def _seen(row: Call | None, events: list[Event]) -> str:
    """What a page has shown, in short: it changes with everything that the page shows."""
    told = "" if row is None else f"{len(row.notes)}.{row.ended_ms}.{row.state}"
    owed = [delivery for event in events for delivery in event.deliveries.all()]
    states = "".join(f"{delivery.state[:2]}{delivery.attempts}" for delivery in sorted(owed, key=lambda one: one.id))
    return f"{told}.{len(events)}.{states}.{int(_is_live(row, events))}"[:300]


def _is_live(row: Call | None, events: list[Event]) -> bool:
    """Whether more may come: the call is open or has just ended, or something is still owed."""
    if any(delivery.state == "pending" for event in events for delivery in event.deliveries.all()):
        return True
    return row is not None and _is_fresh(row)


def _is_fresh(row: Call) -> bool:
    return row.ended_ms is None or time.time() * 1000 - row.ended_ms < SETTLES_MS


def _chips(filters: Filters, services: list[Service]) -> list[Chip]:
    chips = [
        Chip(label=label, on=filters.direction == value,
             url=filters.url(direction="" if filters.direction == value else value))
        for value, label in DIRECTIONS]
    if 1 < len(services) <= CHIPS_OFFERED:
        chips += [Chip(label=str(service), on=filters.pbx == str(service.id),
                       url=filters.url(pbx="" if filters.pbx == str(service.id) else str(service.id)))
                  for service in services]
    return chips
