"""Claim: taking up deliveries that are due, and giving them back.

A delivery that nobody holds waits in one of two lanes: those of which no attempt was recorded (firsts) and the
others (retries). Claiming looks at the integrations that have something due, not at the heap of what is due: a
dead receiver's backlog of a million costs no more than another's one delivery, and hides it from nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from switchhook.domain.event import id_ms
from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Claimed
from switchhook.store.rows import DELIVERY_COLUMNS, EVENT_COLUMNS, delivery_of, event_of, first_id, to_uuid

#: How long a delivery rests that this release cannot read: a newer one may.
UNREADABLE_REST_MS = 60_000

#: Deliveries further apart than this do not wait for each other: what is older than a week and was never attempted
#: has expired. On PostgreSQL this spares us the other weeks' partitions.
ORDER_MS = 7 * 24 * 3600 * 1000

_LANE = "state = 'pending' AND owner IS NULL AND tried = :tried"

# From one integration's entries in the index to the next one's, by its order; and how long its first has been due.
# What a suspended account is owed waits where it is, however much it is.
_WAITING = f"""
    WITH RECURSIVE waiting (integration_id) AS (
        SELECT (SELECT integration_id FROM delivery WHERE {_LANE} ORDER BY integration_id LIMIT 1)
        UNION ALL
        SELECT (SELECT delivery.integration_id FROM delivery WHERE {_LANE}
                AND delivery.integration_id > waiting.integration_id ORDER BY delivery.integration_id LIMIT 1)
        FROM waiting WHERE waiting.integration_id IS NOT NULL)
    SELECT integration_id,
           (SELECT next_attempt_at_ms FROM delivery WHERE {_LANE}
            AND delivery.integration_id = waiting.integration_id ORDER BY next_attempt_at_ms LIMIT 1),
           {{now}}
    FROM waiting WHERE integration_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM integration JOIN account ON account.id = integration.account_id
        WHERE integration.id = waiting.integration_id AND account.state <> 'open')
"""  # noqa: S608
_OF_ONE = f"""
    FROM delivery WHERE {_LANE} AND delivery.integration_id = asked.value AND next_attempt_at_ms <= :now
    ORDER BY next_attempt_at_ms LIMIT :share
"""
_DUE_SQLITE = f"""
    SELECT delivery.id, delivery.integration_id FROM json_each(:integrations) AS asked
    JOIN delivery ON delivery.rowid IN (SELECT delivery.rowid {_OF_ONE}) LIMIT :most
"""  # noqa: S608
_DUE_POSTGRES = f"""
    SELECT due.id, due.integration_id FROM unnest(:integrations) AS asked (value)
    CROSS JOIN LATERAL (SELECT id, integration_id {_OF_ONE} {{skip locked}}) AS due LIMIT :most
"""  # noqa: S608
_TAKE = f"""
    UPDATE delivery SET
        state = CASE WHEN expires_at_ms <= :now THEN 'expired' ELSE state END,
        owner = CASE WHEN expires_at_ms <= :now THEN NULL ELSE :engine END,
        attempts = CASE WHEN expires_at_ms <= :now THEN attempts ELSE attempts + 1 END,
        finished_at_ms = CASE WHEN expires_at_ms <= :now THEN :now ELSE NULL END,
        last_problem = CASE WHEN expires_at_ms <= :now AND last_problem = ''
                       THEN 'It expired before it could be attempted.' ELSE last_problem END
    WHERE id IN :ids AND state = 'pending' AND owner IS NULL
    RETURNING {DELIVERY_COLUMNS}, next_attempt_at_ms
"""  # noqa: S608
_EVENTS = f"SELECT {EVENT_COLUMNS} FROM event WHERE id IN :ids"  # noqa: S608
_RELEASE = """
    UPDATE delivery SET owner = NULL, attempts = attempts - 1,
        next_attempt_at_ms = CASE WHEN :rest_ms > 0 THEN {now} + :rest_ms ELSE next_attempt_at_ms END
    WHERE id IN :ids AND owner = :engine AND state = 'pending'
"""
_HELD = "SELECT id FROM delivery WHERE owner = :engine AND state = 'pending'"
_ORPHANS = """
    UPDATE delivery SET state = 'cancelled', owner = NULL, finished_at_ms = {now},
        last_problem = 'Its event is no longer kept.'
    WHERE id IN :ids AND state = 'pending'
"""
_MUST_WAIT = """
    SELECT later.id FROM delivery AS later WHERE later.id IN :ids AND EXISTS (
        SELECT 1 FROM delivery AS earlier
        WHERE earlier.id >= :since AND earlier.id < :until
        AND earlier.integration_id = later.integration_id AND earlier.order_key = later.order_key
        AND earlier.state = 'pending' AND NOT earlier.tried
        AND (earlier.sequence < later.sequence OR (earlier.sequence = later.sequence AND earlier.id < later.id)))
"""


def claim(engine_id: UUID, limit: int, firsts: bool, skip: Collection[UUID]) -> Work[list[Claimed]]:
    """See `Store.claim`. In rounds: who has more than its share gets what others leave, and what expired counts not."""
    taken: list[Sequence[Any]] = []
    while True:
        room = limit - len(taken)
        waiting = yield Query(_WAITING, {"tried": not firsts})
        due = sorted((due_ms, to_uuid(id_)) for id_, due_ms, now in waiting if due_ms <= now)
        due = [one for one in due if one[1] not in skip]
        if not due:
            break
        now_ms = max(now for _, _, now in waiting)
        share = -(-room // len(due))
        found = yield Query(_DUE_SQLITE, {
            "integrations": [id_ for _, id_ in due[:room]], "tried": not firsts, "now": now_ms, "share": share,
            "most": room}, postgres=_DUE_POSTGRES)
        if not found:
            break
        rows = yield Query(_TAKE, {"ids": [to_uuid(id_) for id_, _ in found], "engine": engine_id, "now": now_ms})
        taken += (row for row in rows if row[7] == "pending")
        more = len(due) > room or share in Counter(integration for _, integration in found).values()
        if not more or len(taken) >= limit:
            break
    return (yield from _with_events(engine_id, sorted(taken, key=_due_then_id)))


def _due_then_id(row: Sequence[Any]) -> tuple[int, UUID]:
    return row[-1], to_uuid(row[0])


def _with_events(engine_id: UUID, rows: Sequence[Sequence[Any]]) -> Work[list[Claimed]]:
    """The deliveries with their events. One whose event is gone is cancelled; one that only a newer release can
    read is left for it."""
    if not rows:
        return []
    deliveries = [(delivery_of(row[:-1]), bool(row[-2])) for row in rows]
    found = yield Query(_EVENTS, {"ids": list({one.event_id for one, _ in deliveries})})
    there = {to_uuid(row[0]): row for row in found}
    claimed, orphans, unreadable = [], [], []
    for delivery, manual in deliveries:
        if delivery.event_id not in there:
            orphans.append(delivery.id)
            continue
        try:
            claimed.append(Claimed(delivery=delivery, event=event_of(there[delivery.event_id]), manual=manual))
        except ValueError:
            unreadable.append(delivery.id)
    if orphans:
        yield Query(_ORPHANS, {"ids": orphans})
    if unreadable:
        yield Query(_RELEASE, {"ids": unreadable, "engine": engine_id, "rest_ms": UNREADABLE_REST_MS})
    return claimed


def next_due_seconds() -> Work[float | None]:
    """See `Store.next_due_seconds`."""
    soonest_ms = yield from _soonest_ms()
    return None if soonest_ms is None else max(0, soonest_ms) / 1000


def overdue_seconds() -> Work[float]:
    """See `Store.overdue_seconds`."""
    soonest_ms = yield from _soonest_ms()
    return 0.0 if soonest_ms is None else max(0, -soonest_ms) / 1000


def _soonest_ms() -> Work[int | None]:
    """In how many milliseconds the next unclaimed delivery is due; negative: it has been."""
    waits: list[int] = []
    for tried in (False, True):
        waiting = yield Query(_WAITING, {"tried": tried})
        waits += [due_ms - now for _, due_ms, now in waiting]
    return min(waits) if waits else None


def release(engine_id: UUID, delivery_ids: Sequence[UUID], due_in_seconds: float) -> Work[None]:
    """See `Store.release`. One that is due at once keeps its place."""
    yield Query(_RELEASE, {"ids": list(delivery_ids), "engine": engine_id, "rest_ms": round(due_in_seconds * 1000)})


def held(engine_id: UUID) -> Work[frozenset[UUID]]:
    """See `Store.held`."""
    rows = yield Query(_HELD, {"engine": engine_id})
    return frozenset(to_uuid(id_) for (id_,) in rows)


def earlier_firsts_pending(delivery_ids: Sequence[UUID]) -> Work[frozenset[UUID]]:
    """See `Store.earlier_firsts_pending`. Events of equal sequence go by id, which begins with the time."""
    if not delivery_ids:
        return frozenset()
    rows = yield Query(_MUST_WAIT, {
        "ids": list(delivery_ids), "since": first_id(id_ms(min(delivery_ids)) - ORDER_MS),
        "until": first_id(id_ms(max(delivery_ids)) + ORDER_MS)})
    return frozenset(to_uuid(id_) for (id_,) in rows)
