"""Record: what was attempted and what became of it; and what people decide about a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never
from uuid import UUID

from switchhook.domain.delivery import Delivered, DeliveryState, DisableIntegration, GiveUp, TryAgain
from switchhook.store.dialect import Each, Query, Work, insert
from switchhook.store.ports import Recording
from switchhook.store.rows import ATTEMPT, Columns, attempt_row, problem_of, status_of, to_ms, to_uuid
from switchhook.store.work.bodies import walk_again_from
from switchhook.store.work.grouping import group_failures
from switchhook.store.work.tallying import tally

_OUTCOME: Columns = {
    "id": "uuid", "owner": "uuid", "number": "integer", "state": "text", "due_ms": "bigint", "status": "integer",
    "problem": "text",
}
_INSERT_ATTEMPT = insert("attempt", ATTEMPT)
_SETTLE = """
    UPDATE delivery SET
        state = CASE WHEN :state = 'pending' AND :due_ms > delivery.expires_at_ms THEN 'expired' ELSE :state END,
        owner = NULL, tried = true, manual = false,
        next_attempt_at_ms = CASE WHEN :state = 'pending' THEN :due_ms ELSE delivery.next_attempt_at_ms END,
        finished_at_ms = CASE WHEN :state = 'pending' AND :due_ms <= delivery.expires_at_ms THEN NULL ELSE {now} END,
        last_status = :status, last_problem = :problem
    {rows} WHERE delivery.id = :id {pruned delivery.id}
        AND delivery.owner = :owner AND delivery.attempts = :number AND delivery.state = 'pending'
    RETURNING delivery.id, delivery.attempts
"""
_CANCEL = """
    UPDATE delivery SET state = 'cancelled', owner = NULL, finished_at_ms = {now}, last_problem = :why
    WHERE id IN :ids AND state = 'pending'
"""
_REDELIVER = """
    UPDATE delivery SET state = 'pending', manual = true, next_attempt_at_ms = {now}, finished_at_ms = NULL,
        expires_at_ms = {now} + 1000 * CAST(COALESCE(
            (SELECT expiry_seconds FROM integration WHERE integration.id = delivery.integration_id),
            (SELECT CASE WHEN substr(delivery.event_type, 1, 5) = 'user.'
                    THEN user_expiry_seconds ELSE call_expiry_seconds END
             FROM account WHERE account.id = delivery.account_id),
            86400) AS bigint)
    WHERE id IN :ids AND account_id = :account AND owner IS NULL
    RETURNING id
"""


def record(batch: Sequence[Recording]) -> Work[list[bool]]:
    """See `Store.record`. Attempts are kept in any case; a Delivery changes only while it is ours at that number."""
    by_delivery = sorted(batch, key=lambda one: (one.attempt.delivery_id, one.attempt.number))
    attempts = [attempt_row(one.attempt, one.owner) for one in by_delivery]
    yield Each(_INSERT_ATTEMPT, ATTEMPT, attempts, key="delivery_id")
    settled = yield Each(_SETTLE, _OUTCOME, [_outcome(one) for one in by_delivery])
    ours = {(to_uuid(id_), number) for id_, number in settled}
    counted = [one for one in batch if (one.attempt.delivery_id, one.attempt.number) in ours]
    yield from tally(counted)
    yield from group_failures(counted)
    return [(one.attempt.delivery_id, one.attempt.number) in ours for one in batch]


def _outcome(recording: Recording) -> dict[str, Any]:
    attempt = recording.attempt
    due_ms = None
    match attempt.verdict:
        case Delivered():
            state = DeliveryState.DELIVERED
        case TryAgain(at=at):
            state, due_ms = DeliveryState.PENDING, to_ms(at)
        case GiveUp(state=state):
            pass
        case DisableIntegration():
            state = DeliveryState.FAILED
        case _:
            assert_never(attempt.verdict)
    return {
        "id": attempt.delivery_id, "owner": recording.owner, "number": attempt.number, "state": state.value,
        "due_ms": due_ms, "status": status_of(attempt.answer), "problem": problem_of(attempt.verdict)}


def cancel(delivery_ids: Sequence[UUID], why: str, account_id: UUID | None) -> Work[int]:
    """See `Store.cancel`."""
    of_account = "" if account_id is None else "AND account_id = :account"
    rows = yield Query(f"{_CANCEL} {of_account} RETURNING id", {
        "ids": list(delivery_ids), "why": why, "account": account_id})
    return len(rows)


def redeliver(delivery_ids: Sequence[UUID], account_id: UUID) -> Work[int]:
    """See `Store.redeliver`. The new expiry is that of a new delivery, by the settings of today."""
    rows = yield Query(_REDELIVER, {"ids": list(delivery_ids), "account": account_id})
    if rows:
        yield from walk_again_from(account_id, min(delivery_ids))
    return len(rows)
