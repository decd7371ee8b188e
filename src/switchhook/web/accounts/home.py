"""Home: what happens now, in short. Every query here is bounded, however much has happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.web.accounts.activity import SPANS, activity
from switchhook.web.accounts.attention import concerns
from switchhook.web.calls.live import open_calls
from switchhook.web.models import Delivery, Service
from switchhook.web.services.state import engine_runs, state_of, states_of
from switchhook.web.tenancy import Access, account_view

DAY_MS = 24 * 3600 * 1000
COUNT_LIMIT = 5000  # so many rows are counted at most; then it says "5,000+"
CARD_LIMIT = 12
LATEST = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """How much happens now and happened in the last 24 hours."""

    calls_now: int
    events: int
    by_state: Counter[str]

    @property
    def deliveries(self) -> int:
        return sum(self.by_state.values())

    @property
    def success_percent(self) -> float | None:
        """Of what is over. None: nothing is. Never 100 when something failed."""
        delivered = self.by_state["delivered"]
        failed = self.by_state["failed"] + self.by_state["expired"]
        if not delivered + failed:
            return None
        percent = 100 * delivered / (delivered + failed)
        return min(percent, 99.9) if failed else percent

    @property
    def failed(self) -> int:
        return self.by_state["failed"] + self.by_state["expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of a new account's checklist."""

    words: str
    hint: str
    done: bool
    button: str
    url: str


@dataclass(frozen=True, slots=True)
class Latest:
    """One of the latest deliveries."""

    delivery: Delivery
    event_label: str
    integration_name: str


@account_view
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's home. `?span=` is what the chart shows."""
    services = list(access.services().annotate(integration_count=Count("integrations")).order_by("name")[:CARD_LIMIT])
    states = states_of(service.connection_id for service in services)
    cards = [(service, state_of(service, states)) for service in services]
    latest = _latest(access)
    steps = _checklist(access, services, sent=bool(latest))
    return render(request, "accounts/home.html", {
        "figures": _figures(access), "limit": COUNT_LIMIT, "cards": cards, "latest": latest,
        "steps": steps, "done": sum(step.done for step in steps),
        "next": next((step for step in steps if not step.done), None),
        "concerns": concerns(access, cards), "activity": activity(access, request.GET.get("span", "")), "spans": SPANS,
        "engine_runs": engine_runs(), "nps_url": settings.SWITCHHOOK.demo_nps_url})


def _figures(access: Access) -> Figures:
    now_ms = time.time_ns() // 1_000_000
    since = UUID(int=(now_ms - DAY_MS) << 80)  # ids begin with milliseconds
    states = access.deliveries().filter(id__gte=since).order_by("-id").values_list("state", flat=True)[:COUNT_LIMIT]
    events = access.events().filter(id__gte=since).order_by("-id").values_list("id", flat=True)[:COUNT_LIMIT]
    return Figures(
        calls_now=open_calls(access, now_ms).count(), events=len(events), by_state=Counter(states))


def _latest(access: Access) -> list[Latest]:
    rows = list(access.deliveries().order_by("-id")[:LATEST])
    names = dict(access.integrations().filter(id__in={row.integration_id for row in rows}).values_list("id", "name"))
    return [
        Latest(row, _label(row.event_type), names.get(row.integration_id, _("a deleted integration"))) for row in rows]


def _label(event_type: str) -> str:
    return EVENTS[EventType(event_type)].label if event_type in EVENTS else event_type


def _checklist(access: Access, services: Sequence[Service], *, sent: bool) -> list[Step]:
    """What is left to do until the first webhook; empty once all is done. One PBX is led to directly."""
    first = services[0] if services else None

    def of_pbx(page: str) -> str:
        return reverse("pbx-list", args=[access.account.slug]) if first is None else reverse(
            page, args=[access.account.slug, first.id])

    enabled = any(service.applications_enabled for service in services)
    connect = of_pbx("pbx") if not access.by_operator else reverse("operator-services")
    steps = [
        Step(words=_("Connect a PBX"), hint=_(
                 "Your operator does: a PBX is connected once, then its calls are seen here."),
             done=bool(services), button=_("PBXs"), url=connect),
        Step(words=_("Enable Applications"), hint=_("Manage Applications, on the PBX: it lets integrations fire."),
             done=enabled, button=_("Manage Applications"), url=of_pbx("pbx-applications")),
        Step(words=_("Create an integration"), hint=_("When this happens, call that URL with these values."),
             done=access.integrations().exists(), button=_("Integrations"), url=of_pbx("pbx-integrations")),
        Step(words=_("See it arrive"), hint=_("Place a test call on the PBX's page, or wait for the first call."),
             done=sent, button=_("Place a test call"), url=of_pbx("pbx")),
    ]
    return [] if all(step.done for step in steps) else steps
