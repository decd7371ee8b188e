"""Home: what happens now, in short. Every query here is bounded, however much has happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.failing import AT_LEAST, WARN_AFTER
from switchhook.web.models import Delivery, IntegrationHealth, Service
from switchhook.web.services.state import Shown, engine_runs, state_of, states_of
from switchhook.web.tenancy import Access, account_view

DAY_MS = 24 * 3600 * 1000
FAILING_AFTER_MS = WARN_AFTER // timedelta(milliseconds=1)
COUNT_LIMIT = 5000  # so many rows are counted at most; then it says "5,000+"
CARD_LIMIT = 12
LATEST = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """How much happened in the last 24 hours."""

    events: int
    by_state: Counter[str]

    @property
    def deliveries(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a new account's checklist."""

    words: str
    done: bool
    url_name: str


@dataclass(frozen=True, slots=True)
class Latest:
    """One of the latest deliveries."""

    delivery: Delivery
    event_label: str
    integration_name: str


@account_view
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's home."""
    services = list(access.services().annotate(integration_count=Count("integrations")).order_by("name")[:CARD_LIMIT])
    states = states_of(service.connection_id for service in services)
    cards = [(service, state_of(service, states)) for service in services]
    figures = _figures(access)
    disabled = access.integrations().filter(enabled=False).exclude(disabled_reason="").order_by("-disabled_at")[:5]
    since_ms = time.time_ns() // 1_000_000 - FAILING_AFTER_MS
    enabled = access.integrations().filter(enabled=True)
    failing = IntegrationHealth.objects.filter(
        integration_id__in=enabled.values("id"), failing_since_ms__lt=since_ms, failures__gte=AT_LEAST)[:5]
    since = {one.integration_id: one.failing_since_ms for one in failing}
    return render(request, "accounts/home.html", {
        "failing": [(one, since[one.id]) for one in enabled.filter(id__in=since).order_by("name")],
        "figures": figures, "limit": COUNT_LIMIT, "cards": cards, "steps": _checklist(access, cards),
        "disabled": disabled, "troubled": [card for card in cards if card[1].kind in ("bad", "warn")],
        "latest": _latest(access), "engine_runs": engine_runs(), "nps_url": settings.SWITCHHOOK.demo_nps_url})


def _figures(access: Access) -> Figures:
    since = UUID(int=(time.time_ns() // 1_000_000 - DAY_MS) << 80)  # ids begin with milliseconds
    states = access.deliveries().filter(id__gte=since).order_by("-id").values_list("state", flat=True)[:COUNT_LIMIT]
    events = access.events().filter(id__gte=since).order_by("-id").values_list("id", flat=True)[:COUNT_LIMIT]
    return Figures(len(events), Counter(states))


def _latest(access: Access) -> list[Latest]:
    rows = list(access.deliveries().order_by("-id")[:LATEST])
    names = dict(access.integrations().filter(id__in={row.integration_id for row in rows}).values_list("id", "name"))
    return [Latest(row, _label(row.event_type), names.get(row.integration_id, "a deleted integration")) for row in rows]


def _label(event_type: str) -> str:
    return EVENTS[EventType(event_type)].label if event_type in EVENTS else event_type


def _checklist(access: Access, cards: Sequence[tuple[Service, Shown]]) -> list[Step]:
    """What is left to do until the first webhook; empty once all is done."""
    steps = [
        Step("Connect a PBX (your operator does)", bool(cards), "pbx-list"),
        Step("Enable Applications on the PBX: Manage Applications",
             any(service.applications_enabled for service, _ in cards), "pbx-list"),
        Step("Create an integration", access.integrations().exists(), "integrations"),
        Step("Send a test, or wait for the first call", access.deliveries().exists(), "deliveries"),
    ]
    return [] if all(step.done for step in steps) else steps
