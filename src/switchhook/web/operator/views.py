"""The operator's overview: is all well, what is stuck, and where to go from here."""

from __future__ import annotations

import time
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from switchhook.web.accounts.models import AccountState
from switchhook.web.models import Account, Connection, Engine, Service
from switchhook.web.operator.stuck import latest_event_ms, stuck
from switchhook.web.services.state import NOT_STARTED, SILENT_AFTER_MS, states_of
from switchhook.web.tenancy import operator_view

ENGINES = 20
CONNECTIONS = 12
SOON = timedelta(days=7)


@operator_view
def overview(request: HttpRequest) -> HttpResponse:
    """Health at a glance."""
    now_ms = time.time_ns() // 1_000_000
    engines = [(one, one.heartbeat_at_ms > now_ms - SILENT_AFTER_MS)
               for one in Engine.objects.order_by("-heartbeat_at_ms")[:ENGINES]]
    connections = list(Connection.objects.order_by("name")[:CONNECTIONS])
    states = states_of(one.id for one in connections)
    shut = Account.objects.exclude(state=AccountState.OPEN).order_by("erase_at", "name")
    return render(request, "operator/overview.html", {
        "stuck": stuck(), "engines": engines, "latest_event_ms": latest_event_ms(),
        "connections": [(one, states.get(one.id, NOT_STARTED)) for one in connections],
        "shut": shut[:10], "soon": timezone.now() + SOON,
        "account_count": Account.objects.count(), "service_count": Service.objects.count(),
        "connection_count": Connection.objects.count()})
