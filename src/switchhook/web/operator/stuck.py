"""What does not go on by itself: found by looking at the database, in words, with what to do. Queries are bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from switchhook.web.models import Connection, ConnectionState, Delivery, Engine, Errand, Event, Notice
from switchhook.web.services.state import SILENT_AFTER_MS

COUNT_LIMIT = 10_000  # so many rows are counted at most
CLAIMED_FOR_MS = 5 * 60_000  # an attempt takes 30 s at most, and waits for its turn in an engine
OVERDUE_MS = 5 * 60_000
ASKED_FOR_MS = 60_000
WORKING_FOR_MS = 30 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One kind of thing that is stuck. `count` stops at COUNT_LIMIT; 0 where it is no matter of counting."""

    what: str
    do: str
    count: int = 0
    url_name: str = ""


def stuck() -> list[Stuck]:
    """All that is stuck now, the gravest first."""
    now_ms = time.time_ns() // 1_000_000
    return [*_schema(), *_engines(now_ms), *_deliveries(now_ms), *_errands(now_ms), *_connections(), *_notices(now_ms)]


def _schema() -> Iterator[Stuck]:
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if behind:
        yield Stuck(what=_("The database is behind this release"), count=len(behind), do=_("Run switchhook migrate."))


def _engines(now_ms: int) -> Iterator[Stuck]:
    alive = Engine.objects.filter(heartbeat_at_ms__gt=now_ms - SILENT_AFTER_MS)
    if not alive.exists():
        yield Stuck(what=_("No engine is running"), do=_(
            "Nothing is heard and nothing is delivered until switchhook serve (or switchhook engine) runs again."))
    dead = _count(Engine.objects.filter(heartbeat_at_ms__lte=now_ms - SILENT_AFTER_MS))
    if dead:
        yield Stuck(what=_("Engines that ended without a word"), count=dead,
                    do=_("Another engine takes over what they held as soon as it runs."))


def _deliveries(now_ms: int) -> Iterator[Stuck]:
    held = Delivery.objects.filter(owner__isnull=False)
    alive = Engine.objects.filter(heartbeat_at_ms__gt=now_ms - SILENT_AFTER_MS)
    orphaned = _count(held.exclude(owner__in=alive.values("id")))
    if orphaned:
        yield Stuck(what=_("Deliveries held by an engine that is dead"), count=orphaned,
                    do=_("They go on once an engine runs: see its log when they stay."))
    long = _count(held.filter(owner__in=alive.values("id"), next_attempt_at_ms__lt=now_ms - CLAIMED_FOR_MS))
    if long:
        yield Stuck(what=_("Deliveries that an engine has held for more than five minutes"), count=long,
                    do=_("Many events wait for slow receivers, or the engine hangs: see its metrics and its log."))
    overdue = _count(Delivery.objects.filter(
        state="pending", owner=None, next_attempt_at_ms__lt=now_ms - OVERDUE_MS, expires_at_ms__gt=now_ms))
    if overdue:
        yield Stuck(what=_("Deliveries that are overdue and nobody has taken"), count=overdue,
                    do=_(
                        "Receivers that fail are left alone, suspended accounts wait. Otherwise another engine helps."))


def _errands(now_ms: int) -> Iterator[Stuck]:
    waiting = _count(Errand.objects.filter(state="asked", created_at_ms__lt=now_ms - ASKED_FOR_MS))
    if waiting:
        yield Stuck(what=_("Errands that no engine has taken for a minute"), count=waiting,
                    do=_("Tests, changed users and redeliveries wait until an engine runs."))
    long = _count(Errand.objects.filter(
        state="working", created_at_ms__lt=now_ms - WORKING_FOR_MS).exclude(kind__in=("catch_up", "redeliver_many")))
    if long:
        yield Stuck(what=_("Errands under way for more than half an hour"), count=long, do=_("See the engine's log."))


def _connections() -> Iterator[Stuck]:
    owned = ConnectionState.objects.filter(owner__isnull=False).values("connection_id")
    unowned = _count(Connection.objects.exclude(id__in=owned))
    if unowned:
        yield Stuck(what=_("Connections that no engine has taken"), count=unowned, url_name="operator-connections",
                    do=_("An engine takes each within seconds: see its log."))
    broken = _count(ConnectionState.objects.filter(
        state__in=("refused", "broken", "silent"), connection_id__in=Connection.objects.values("id")))
    if broken:
        yield Stuck(what=_("PBXs that are not heard"), count=broken, url_name="operator-connections",
                    do=_("The connection's page says why."))
    unclaimed = _count(ConnectionState.objects.filter(
        unclaimed__gt=0, connection_id__in=Connection.objects.values("id")))
    if unclaimed:
        yield Stuck(what=_("Connections with calls that no service claims"), count=unclaimed,
                    url_name="operator-connections", do=_("A tenant key is wrong, or a service is missing."))


def _notices(now_ms: int) -> Iterator[Stuck]:
    unsent = _count(Notice.objects.filter(sent_at_ms=None, created_at_ms__lt=now_ms - OVERDUE_MS).exclude(problem=""))
    if unsent:
        yield Stuck(what=_("E-mails that could not be sent"), count=unsent, do=_("Check SWITCHHOOK_SMTP_URL."))


def latest_event_ms() -> int | None:
    """When the newest event was accepted; None when there is none."""
    return Event.objects.order_by("-id").values_list("accepted_at_ms", flat=True).first()


def _count(found: QuerySet[Connection] | QuerySet[ConnectionState] | QuerySet[Delivery] | QuerySet[Engine]
           | QuerySet[Errand] | QuerySet[Notice]) -> int:
    return len(found.values_list("pk")[:COUNT_LIMIT])
