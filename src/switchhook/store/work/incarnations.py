"""Incarnations of engines: one heartbeat row each, by the database's clock; and what the dead leave behind."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from switchhook.store.dialect import Query, Work
from switchhook.store.rows import to_uuid

_BEGIN = """
    INSERT INTO engine (id, host, pid, started_at_ms, heartbeat_at_ms) VALUES (:id, :host, :pid, {now}, {now})
    ON CONFLICT (id) DO UPDATE SET heartbeat_at_ms = excluded.heartbeat_at_ms
"""
_BEAT = "UPDATE engine SET heartbeat_at_ms = {now} WHERE id = :id RETURNING id"
_BURY = "DELETE FROM engine WHERE heartbeat_at_ms < {now} - :dead_after_ms RETURNING id"
_AGE = "SELECT {now} - heartbeat_at_ms FROM engine WHERE id = :id"
_END = "DELETE FROM engine WHERE id = :id"
# From one owner's entries in the index to the next one's: as many steps as there are owners.
_ORPHANED = """
    WITH RECURSIVE holding (owner) AS (
        SELECT (SELECT owner FROM delivery WHERE owner IS NOT NULL ORDER BY owner LIMIT 1)
        UNION ALL
        SELECT (SELECT delivery.owner FROM delivery WHERE delivery.owner > holding.owner
                ORDER BY delivery.owner LIMIT 1)
        FROM holding WHERE holding.owner IS NOT NULL)
    SELECT owner FROM holding WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM engine)
    UNION SELECT owner FROM errand WHERE state = 'working' AND owner NOT IN (SELECT id FROM engine)
    UNION SELECT owner FROM connection_state WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM engine)
"""
_GIVE_BACK = (
    "UPDATE delivery SET owner = NULL WHERE owner IN :owners",
    "UPDATE errand SET owner = NULL, state = 'asked' WHERE owner IN :owners AND state = 'working'",
    "UPDATE connection_state SET owner = NULL WHERE owner IN :owners",
)
_OWN_CONNECTION = """
    INSERT INTO connection_state (connection_id, owner, state, since_ms, detail, messages, reconnects, unclaimed)
    SELECT :connection, id, 'connecting', {now}, '', 0, 0, 0 FROM engine WHERE id = :engine
    ON CONFLICT (connection_id) DO UPDATE SET owner = excluded.owner
    WHERE connection_state.owner IS NULL OR connection_state.owner = excluded.owner
        OR connection_state.owner NOT IN (SELECT id FROM engine)
    RETURNING connection_id
"""
_DISOWN_CONNECTION = "UPDATE connection_state SET owner = NULL WHERE connection_id = :connection AND owner = :engine"


def begin(engine_id: UUID, host: str, pid: int) -> Work[None]:
    """See `Store.begin_incarnation`."""
    yield Query(_BEGIN, {"id": engine_id, "host": host, "pid": pid})


def beat(engine_id: UUID) -> Work[bool]:
    """Renew the heartbeat; False when the row is gone."""
    rows = yield Query(_BEAT, {"id": engine_id})
    return bool(rows)


def end(engine_id: UUID) -> Work[None]:
    """See `Store.end_incarnation`."""
    yield Query(_END, {"id": engine_id})
    yield from _give_back([engine_id])


def bury_dead(dead_after_seconds: float, engine_id: UUID | None) -> Work[list[UUID]]:
    """See `Store.bury_dead`. An owner without any row is dead too: it wrote after it had been buried.

    What was held keeps its due time, which has come, and so its place."""
    if engine_id is not None:
        ages = yield Query(_AGE, {"id": engine_id})
        if not ages or ages[0][0] * 2 > dead_after_seconds * 1000:
            return []
    dead = yield Query(_BURY, {"dead_after_ms": round(dead_after_seconds * 1000)})
    orphaned = yield Query(_ORPHANED, {})
    buried = {to_uuid(id_) for (id_,) in (*dead, *orphaned)}
    yield from _give_back(buried)
    return sorted(buried)


def _give_back(owners: Collection[UUID]) -> Work[None]:
    if owners:
        for statement in _GIVE_BACK:
            yield Query(statement, {"owners": list(owners)})


def own_connection(engine_id: UUID, connection_id: UUID) -> Work[bool]:
    """See `Store.own_connection`. An engine that was declared dead owns nothing."""
    rows = yield Query(_OWN_CONNECTION, {"engine": engine_id, "connection": connection_id})
    return bool(rows)


def disown_connection(engine_id: UUID, connection_id: UUID) -> Work[None]:
    """See `Store.disown_connection`."""
    yield Query(_DISOWN_CONNECTION, {"engine": engine_id, "connection": connection_id})
