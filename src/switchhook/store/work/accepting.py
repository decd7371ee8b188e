"""Accept: events, their deliveries, the calls they came from and the errand they answer, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from switchhook.domain.event import id_ms
from switchhook.store.dialect import Each, Query, Work, insert, storable
from switchhook.store.ports import Acceptance, Accepted, CallMemory
from switchhook.store.rows import DELIVERY, EVENT, Columns, delivery_row, event_row, to_uuid
from switchhook.store.work.bodies import walk_again_from

#: Bodies are kept a day at least: what is told sooner than this is not behind the walk that drops them.
LATE_MS = 12 * 3600 * 1000

_INTAKE_KEY: Columns = {"service_id": "uuid", "caller_key": "text", "event_id": "uuid"}
_OPEN_CALL: Columns = {"connection_id": "uuid", "key": "text", "memory": "text"}

_INSERT_EVENT = insert("event", EVENT, returning="id").replace(":accepted_at_ms", "{now}")
_INSERT_DELIVERY = insert("delivery", DELIVERY)
_INSERT_INTAKE_KEY = insert("intake_key", _INTAKE_KEY, returning="service_id, caller_key")
_KNOWN_KEYS = """
    SELECT service_id, caller_key, event_id FROM intake_key WHERE service_id IN :services AND caller_key IN :keys
"""
_REMEMBER_CALL = """
    INSERT INTO open_call (connection_id, key, memory, updated_at_ms) SELECT :connection_id, :key, :memory, {now} {rows}
    WHERE true ON CONFLICT (connection_id, key)
    DO UPDATE SET memory = excluded.memory, updated_at_ms = excluded.updated_at_ms
"""
_FORGET_CALL = "DELETE FROM open_call WHERE connection_id = :connection AND key IN :keys"
_OWNED_BY_OTHERS = "SELECT connection_id FROM connection_state WHERE connection_id IN :ids AND owner <> :engine"
_CLOSE_ERRAND = """
    UPDATE errand SET state = 'done', result = :result, owner = NULL, finished_at_ms = {now}
    WHERE id = :id AND owner = :engine AND state = 'working'
"""


def accept(
    engine_id: UUID, batch: Sequence[Acceptance], calls: Sequence[CallMemory], errand_id: UUID | None,
    errand_result: Mapping[str, object] | None,
) -> Work[Accepted]:
    """See `Store.accept`. Rows go in by id: two engines with the same events wait for each other in one direction."""
    known = yield from _meet_intake_keys(batch)
    offered = {one.event.id: one for one in reversed(batch) if known.get(one.event.id, one.event.id) == one.event.id}
    new: frozenset[UUID] = frozenset()
    if offered:
        rows = [event_row(one.event, 0, one.unwanted_reason) for _, one in sorted(offered.items())]
        inserted = yield Each(_INSERT_EVENT, EVENT, rows)
        new = frozenset(to_uuid(id_) for (id_,) in inserted)
    deliveries = [row for id_ in sorted(new) for row in _deliveries(offered[id_], engine_id)]
    if deliveries:
        yield Each(_INSERT_DELIVERY, DELIVERY, deliveries)
        yield from _walk_again_for_the_late(deliveries)
    if calls:
        yield from _remember(engine_id, calls)
    if errand_id is not None:
        yield Query(_CLOSE_ERRAND, {"id": errand_id, "engine": engine_id, "result": json.dumps(errand_result or {})})
    return Accepted(new=new, known=known)


def _deliveries(acceptance: Acceptance, engine_id: UUID) -> list[dict[str, Any]]:
    def owner(id_: UUID) -> UUID | None:
        return engine_id if acceptance.claimed and id_ not in acceptance.unclaimed else None

    return [delivery_row(one, acceptance.event, owner(one.id)) for one in acceptance.deliveries]


def _walk_again_for_the_late(deliveries: Sequence[Mapping[str, Any]]) -> Work[None]:
    """Events that were told long after they happened (intake): their bodies are dropped in time, too."""
    oldest: dict[UUID, UUID] = {}
    for row in deliveries:
        if row["created_at_ms"] - id_ms(row["id"]) > LATE_MS:
            oldest[row["account_id"]] = min(row["id"], oldest.get(row["account_id"], row["id"]))
    for account_id, delivery_id in sorted(oldest.items()):
        yield from walk_again_from(account_id, delivery_id)


def _meet_intake_keys(batch: Sequence[Acceptance]) -> Work[dict[UUID, UUID]]:
    """Event → the event that counts for its key, for all whose key was there already. The first in the batch counts."""
    first: dict[tuple[UUID, str], UUID] = {}
    keyed = []
    for one in batch:
        if one.intake_key and one.event.service_id is not None:
            key = (one.event.service_id, storable(one.intake_key))
            keyed.append((key, one.event.id))
            first.setdefault(key, one.event.id)
    if not keyed:
        return {}
    rows = [
        {"service_id": service, "caller_key": key, "event_id": event}
        for (service, key), event in sorted(first.items())]
    inserted = yield Each(_INSERT_INTAKE_KEY, _INTAKE_KEY, rows, key="service_id")
    ours = {(to_uuid(service), key) for service, key in inserted}
    counting = {key: event for key, event in first.items() if key in ours}
    if len(counting) < len(first):
        there = yield Query(_KNOWN_KEYS, {
            "services": list({service for service, _ in first}), "keys": list({key for _, key in first})})
        counting |= {(to_uuid(service), key): to_uuid(event) for service, key, event in there}
    return {event: counting[key] for key, event in keyed if key not in ours or counting[key] != event}


def _remember(engine_id: UUID, calls: Sequence[CallMemory]) -> Work[None]:
    """Write and forget calls, but not those of a Connection that another engine owns by now."""
    rows = yield Query(_OWNED_BY_OTHERS, {"ids": list({one.connection_id for one in calls}), "engine": engine_id})
    lost = {to_uuid(id_) for (id_,) in rows}
    last = {(one.connection_id, one.key): one.memory for one in calls if one.connection_id not in lost}
    open_ = [
        {"connection_id": connection, "key": key, "memory": memory}
        for (connection, key), memory in sorted(last.items()) if memory]
    if open_:
        yield Each(_REMEMBER_CALL, _OPEN_CALL, open_, key="connection_id")
    over = sorted(call for call, memory in last.items() if not memory)
    for connection, calls_over in groupby(over, key=itemgetter(0)):
        yield Query(_FORGET_CALL, {"connection": connection, "keys": [key for _, key in calls_over]})
