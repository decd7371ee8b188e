"""Upkeep: dropping what is old, and how much waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from switchhook.store.dialect import Query, Work
from switchhook.store.rows import first_id, to_ms, to_uuid

#: Counting stops here: a backlog is then "this many or more".
MOST_COUNTED = 10_000

_OLD = "SELECT id FROM event WHERE id < :bound ORDER BY id LIMIT :limit {skip locked}"
#: What is still owed is not dropped before its time, however little an account may store: it is delivered or expires.
_OLD_OF_ACCOUNT = """
    SELECT id FROM event WHERE account_id = :account AND id < :bound AND NOT EXISTS (
        SELECT 1 FROM delivery WHERE delivery.event_id = event.id AND delivery.state = 'pending')
    ORDER BY id LIMIT :limit {skip locked}
"""
_OLD_CALLS = "SELECT id FROM call WHERE began_ms < :before_ms ORDER BY began_ms LIMIT :limit {skip locked}"
_OLD_CALLS_OF_ACCOUNT = """
    SELECT id FROM call WHERE account_id = :account AND began_ms < :before_ms
    ORDER BY began_ms LIMIT :limit {skip locked}
"""
_DROP_CALLS = "DELETE FROM call WHERE id IN :calls"
_DELIVERIES = "SELECT id FROM delivery WHERE event_id IN :events"
_DROP = (
    "DELETE FROM attempt WHERE delivery_id IN :deliveries",
    "DELETE FROM delivery WHERE id IN :deliveries",
    "DELETE FROM intake_key WHERE event_id IN :events",
    "DELETE FROM event WHERE id IN :events",
)
_DROP_REST = (
    "DELETE FROM intake_key WHERE event_id < :bound",
    "DELETE FROM errand WHERE created_at_ms < :before_ms AND state NOT IN ('asked', 'working')",
    "DELETE FROM integration_hour WHERE hour_ms < :before_ms",
    "DELETE FROM integration_failure WHERE hour_ms < :before_ms",
    "DELETE FROM notice WHERE created_at_ms < :before_ms",
    "DELETE FROM gap WHERE end_ms < :before_ms",
    "DELETE FROM inbox_request WHERE at_ms < :before_ms",
    "DELETE FROM unclaimed_call WHERE at_ms < :before_ms",
    # The audit log has a retention of its own; before a year has passed the database itself refuses.
    """
    DELETE FROM audit_entry WHERE at_ms < {now} - 31622400000 AND at_ms < {now} - CAST(86400000 AS bigint) *
        COALESCE((SELECT audit_retention_days FROM account WHERE account.id = audit_entry.account_id), 400)
    """,
)
_PENDING = """
    SELECT count(*), count(CASE WHEN next_attempt_at_ms <= {now} THEN 1 END) FROM (
        SELECT next_attempt_at_ms FROM delivery WHERE state = 'pending' AND owner IS NULL LIMIT :most) AS waiting
"""
_CLAIMED = "SELECT count(*) FROM (SELECT owner FROM delivery WHERE owner IS NOT NULL LIMIT :most) AS held"


def prune(before: datetime, limit: int, account_id: UUID | None) -> Work[int]:
    """See `Store.prune`. What belongs to no account goes with everybody's."""
    bound = {"bound": first_id(to_ms(before)), "limit": limit}
    old = {"before_ms": to_ms(before), "limit": limit}
    if account_id is None:
        rows = yield Query(_OLD, bound)
        calls = yield Query(_OLD_CALLS, old)
        for statement in _DROP_REST:
            yield Query(statement, bound | old)
    else:
        rows = yield Query(_OLD_OF_ACCOUNT, bound | {"account": account_id})
        calls = yield Query(_OLD_CALLS_OF_ACCOUNT, old | {"account": account_id})
    events = [to_uuid(id_) for (id_,) in rows]
    if events:
        deliveries = yield Query(_DELIVERIES, {"events": events})
        dropped = {"events": events, "deliveries": [to_uuid(id_) for (id_,) in deliveries]}
        for statement in _DROP:
            yield Query(statement, dropped)
    if calls:
        yield Query(_DROP_CALLS, {"calls": [to_uuid(id_) for (id_,) in calls]})
    return max(len(events), len(calls))


def backlog() -> Work[Mapping[str, int]]:
    """See `Store.backlog`. `pending` counts what is claimed, too."""
    ((waiting, due),) = yield Query(_PENDING, {"most": MOST_COUNTED})
    ((claimed,),) = yield Query(_CLAIMED, {"most": MOST_COUNTED})
    return {"pending": waiting + claimed, "due": due, "claimed": claimed}
