"""How a Connection is, in words for people: from what the engine that owns it reports."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from switchhook.web.models import ConnectionState, Engine, Gap, Service

#: An engine whose heartbeat is older than this is not counted as running (they beat every 3 s).
SILENT_AFTER_MS = 30_000

_WORDS = {
    "connected": ("good", _("Connected")),
    "connecting": ("busy", _("Connecting")),
    "refused": ("bad", _("Login refused")),
    "broken": ("bad", _("Connection broken")),
    "silent": ("warn", _("PBX is silent")),
    "stopped": ("neutral", _("Not connected")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection's state as pages show it. `kind`: good, bad, warn, busy, neutral."""

    kind: str
    words: str | Promise
    since_ms: int | None = None
    detail: str = ""
    last_message_at_ms: int | None = None
    messages: int = 0
    messages_per_second: float = 0.0
    reconnects: int = 0
    unclaimed: int = 0


NOT_STARTED = Shown("neutral", _("Not connected yet"))
INTAKE_ONLY = Shown("neutral", _("Fed by intake"))


def states_of(connection_ids: Iterable[UUID | None]) -> dict[UUID, Shown]:
    """Each connection's state, by its id; one that nobody reported on yet is missing."""
    rows = ConnectionState.objects.filter(connection_id__in={one for one in connection_ids if one})
    return {row.connection_id: _shown(row) for row in rows}


def state_of(service: Service, states: dict[UUID, Shown]) -> Shown:
    """The state of what feeds the service."""
    if service.connection_id is None:
        return INTAKE_ONLY
    return states.get(service.connection_id, NOT_STARTED)


def gaps_of(connection_id: UUID | None, limit: int = 10) -> list[Gap]:
    """The last times when we did not hear the PBX, newest first."""
    if connection_id is None:
        return []
    return list(Gap.objects.filter(connection_id=connection_id).order_by("-end_ms")[:limit])


def engine_runs() -> bool:
    """Whether any engine is alive, by its heartbeat."""
    return Engine.objects.filter(heartbeat_at_ms__gt=time.time_ns() // 1_000_000 - SILENT_AFTER_MS).exists()


def _shown(row: ConnectionState) -> Shown:
    kind, words = _WORDS.get(row.state, ("neutral", row.state))
    return Shown(
        kind, words, row.since_ms, row.detail, row.last_message_at_ms, row.messages, row.messages_per_second,
        row.reconnects, row.unclaimed)
