"""The guided test call: a person places a call, and the page says, step by step, what was seen of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.guided_call import Guide, Remedy, Seen, StepState, steps
from switchhook.web.calls.timeline import Entry, timeline
from switchhook.web.models import Call, ConnectionState, Delivery, Event, Service, UnclaimedCall
from switchhook.web.services.asking import may_ask
from switchhook.web.services.state import engine_runs
from switchhook.web.tenancy import Access, service_view

GIVE_UP_MS = 30 * 60 * 1000  # so long the page goes on asking
CLOCKS_DIFFER_MS = 2 * 60 * 1000
GUIDES = (
    (Guide.INBOUND, _lazy("A call from outside"),
     _lazy("Call one of this PBX's numbers from your mobile, and answer at a desk.")),
    (Guide.MENU, _lazy("A call to a menu"),
     _lazy("Call a number that leads to a menu from your mobile, and choose an option.")),
    (Guide.OUTBOUND, _lazy("A call to the outside"), _lazy("Call your mobile from a desk.")),
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the person looks for: calls since then, of that number if they gave one."""

    guide: Guide
    since_ms: int
    number: str

    @property
    def tail(self) -> str:
        return "".join(digit for digit in self.number if digit.isdecimal())[-8:]


@service_view
def guided(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Choose a call and begin; then watch. What is watched stands in the URL: nothing is stored."""
    chosen = {"service": service, "guides": GUIDES, "engine_runs": engine_runs()}
    guide, begun = request.GET.get("call", ""), request.GET.get("since", "")
    if guide not in set(Guide):
        return render(request, "services/guided.html", chosen)
    number = request.GET.get("number", "").strip()[:40]
    if not begun.isdecimal() or len(begun) > 15:
        url = reverse("pbx-guided", kwargs={"account": access.account.slug, "service_id": service.id})
        now = {"call": guide, "number": number, "since": str(time.time_ns() // 1_000_000)}
        return redirect(f"{url}?{urlencode(now)}")
    watched = Watched(Guide(guide), int(begun), number)
    call = _call(access, service, watched)
    events = _events(access, call)
    found = steps(watched.guide, _seen(access, service, watched, call, events))
    done = all(step.state is StepState.SEEN for step in found)
    old = time.time_ns() // 1_000_000 - watched.since_ms > GIVE_UP_MS
    return render(request, "services/guided_call.html", {
        **chosen, "watched": watched, "steps": found, "call": call, "done": done, "again": not done and not old,
        "what": next(todo for one, _words, todo in GUIDES if one is watched.guide), "entries": _entries(call, events),
        "remedies": _remedies(access, service)})


def _call(access: Access, service: Service, watched: Watched) -> Call | None:
    """The last call since the person began, of their number if they gave one. When it began, the PBX says: its clock
    may be another, and counts seconds; so what was not over by then counts, too."""
    found = access.calls().filter(
        Q(ended_ms=None) | Q(ended_ms__gte=watched.since_ms), service_id=service.id, is_test=False,
        began_ms__gte=watched.since_ms - CLOCKS_DIFFER_MS)
    if watched.tail:
        found = found.filter(
            Q(source_tail__endswith=watched.tail) | Q(destination_tail__endswith=watched.tail))
    return found.order_by("-began_ms").first()


def _events(access: Access, call: Call | None) -> list[Event]:
    if call is None:
        return []
    return list(access.events().filter(call_uuid=call.id, is_test=False).order_by("at_ms"))


def _entries(call: Call | None, events: list[Event]) -> list[Entry]:
    return timeline(call, events) if call is not None else []


def _seen(access: Access, service: Service, watched: Watched, call: Call | None, events: list[Event]) -> Seen:
    state, unclaimed = None, 0
    if service.connection_id is not None:
        state = ConnectionState.objects.filter(connection_id=service.connection_id).first()
    if service.connection_id is not None and may_ask(access, service):  # others' strays are none of theirs
        unclaimed = UnclaimedCall.objects.filter(
            connection_id=service.connection_id, at_ms__gte=watched.since_ms).count()
    connected = service.connection_id is None or (state is not None and state.state == "connected")
    heard = state is not None and (state.last_message_at_ms or 0) > watched.since_ms
    owed = Counter(Delivery.objects.filter(event__in=events).values_list("event_type", flat=True))
    seen = Seen(
        connected=connected, heard=heard, unclaimed=unclaimed, applications_enabled=service.applications_enabled,
        events={EventType(one.type): owed[one.type] for one in events if one.type in set(EVENTS)})
    if call is None:
        return seen
    return replace(
        seen, direction=call.direction, source=call.source_number, destination=call.destination_number,
        extension=call.extension_number, state=call.state, over=call.ended_ms is not None)


def _remedies(access: Access, service: Service) -> dict[str, tuple[str, str]]:
    """Where each remedy is for this person: its URL and its words; those that are not theirs are left out."""
    def of(name: str) -> str:
        return reverse(name, kwargs={"account": access.account.slug, "service_id": service.id})

    found = {Remedy.CONNECTION: (of("pbx-connection"), _("Connection"))}
    if access.can_write:
        found |= {Remedy.APPLICATIONS: (of("pbx-applications"), _("Manage Applications")),
                  Remedy.INTEGRATIONS: (of("pbx-integrations"), _("Integrations")),
                  Remedy.DETECT: (of("pbx-reading"), _("Reading"))}
    if may_ask(access, service):
        found[Remedy.DETECT] = (of("pbx-detect"), _("Detect"))
    if access.by_operator and service.connection_id is not None:
        found[Remedy.UNCLAIMED] = (
            reverse("operator-connection", kwargs={"connection_id": service.connection_id}), _("The connection"))
    return {remedy.value: where for remedy, where in found.items()}
