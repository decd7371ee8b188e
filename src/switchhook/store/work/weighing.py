"""Weighing: how much an account's events, deliveries and calls take, about: counted rows times what the latest weigh.

What a row takes beside its texts (columns, index entries) was measured on SQLite, 2026; PostgreSQL takes a little more.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from switchhook.domain.event import id_ms
from switchhook.store.dialect import Query, Work
from switchhook.store.rows import from_ms, to_uuid

#: Counting stops here: an account with more is over any quota that makes sense, or must be given one by days.
MOST_COUNTED = 5_000_000
SAMPLE = 200  # rows that are weighed
EVENT_BYTES, DELIVERY_BYTES, ATTEMPT_BYTES, CALL_BYTES = 700, 600, 150, 700

_COUNT = "SELECT count(*) FROM (SELECT id FROM {} WHERE account_id = :account LIMIT :most) AS counted"
_EVENT_TEXTS = """
    SELECT coalesce(avg(length(fields)), 0)
    FROM (SELECT fields FROM event WHERE account_id = :account ORDER BY id DESC LIMIT :sample) AS latest
"""
_CALL_TEXTS = """
    SELECT coalesce(avg(length(notes)), 0)
    FROM (SELECT notes FROM call WHERE account_id = :account ORDER BY began_ms DESC LIMIT :sample) AS latest
"""
_LATEST_DELIVERIES = "SELECT id FROM delivery WHERE account_id = :account ORDER BY id DESC LIMIT :sample"
_ATTEMPTS = """
    SELECT count(*), coalesce(sum(length(request) + length(answer) + length(problem)), 0)
    FROM attempt WHERE delivery_id IN :deliveries
"""
_NOTE = "UPDATE account SET stored_bytes = :bytes WHERE id = :account"
_NTH_EVENT = "SELECT id FROM event WHERE account_id = :account ORDER BY id LIMIT 1 OFFSET :skip"


def weigh(account_id: UUID) -> Work[int]:
    """See `Store.weigh`."""
    asked = {"account": account_id, "most": MOST_COUNTED, "sample": SAMPLE}
    counts = []
    for table in ("event", "delivery", "call"):
        ((count,),) = yield Query(_COUNT.format(table), asked)
        counts.append(count)
    events, deliveries, calls = counts
    ((event_texts,),) = yield Query(_EVENT_TEXTS, asked)
    ((call_texts,),) = yield Query(_CALL_TEXTS, asked)
    rows = yield Query(_LATEST_DELIVERIES, asked)
    latest = [to_uuid(id_) for (id_,) in rows]
    ((attempts, attempt_texts),) = yield Query(_ATTEMPTS, {"deliveries": latest})
    of_delivery = (attempts * ATTEMPT_BYTES + int(attempt_texts)) / max(1, len(latest))
    return int(
        events * (EVENT_BYTES + float(event_texts)) + deliveries * (DELIVERY_BYTES + of_delivery)
        + calls * (CALL_BYTES + float(call_texts)))


def note(account_id: UUID, weight: int) -> Work[None]:
    """Write it to the account."""
    yield Query(_NOTE, {"account": account_id, "bytes": weight})


def excess_until(account_id: UUID, share: float) -> Work[datetime | None]:
    """See `Store.excess_until`."""
    ((events,),) = yield Query(_COUNT.format("event"), {"account": account_id, "most": MOST_COUNTED})
    rows = yield Query(_NTH_EVENT, {"account": account_id, "skip": max(0, min(events - 1, int(events * share)))})
    return from_ms(id_ms(to_uuid(rows[0][0])) + 1) if rows else None
