"""Tally: how integrations do. Counted as attempts are recorded, an upsert for each integration and hour of a batch,
so that no page ever counts history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from switchhook.domain.delivery import Delivered
from switchhook.domain.event import timed_id
from switchhook.domain.failing import Failing, NoticeKind
from switchhook.domain.histogram import BOUNDS_MS, bucket_of
from switchhook.store.dialect import Each, Query, Work, insert
from switchhook.store.ports import Recording
from switchhook.store.rows import Columns, from_ms, to_ms, to_uuid

HOUR_MS = 3_600_000
_BUCKETS = (*(f"up_to_{bound}_ms" for bound in BOUNDS_MS), "slower")
_COUNTS = ("delivered", "failed", "total_ms", *_BUCKETS)

_HOUR: Columns = {"integration_id": "uuid", "hour_ms": "bigint", **dict.fromkeys(_COUNTS, "bigint")}
_ADD_HOUR = insert("integration_hour", _HOUR, on_conflict="(integration_id, hour_ms) DO UPDATE SET " + ", ".join(
    f"{name} = integration_hour.{name} + excluded.{name}" for name in _COUNTS))

_FAILURE: Columns = {
    "integration_id": "uuid", "failing_since_ms": "bigint", "last_failure_ms": "bigint", "failures": "integer"}
_FAIL = insert("integration_health", _FAILURE, on_conflict="""(integration_id) DO UPDATE SET
    failing_since_ms = COALESCE(integration_health.failing_since_ms, excluded.failing_since_ms),
    last_failure_ms = excluded.last_failure_ms, failures = integration_health.failures + excluded.failures""")
_SUCCEED = """
    UPDATE integration_health SET failing_since_ms = NULL, failures = 0
    WHERE integration_id IN :ids AND failures > 0
"""
_REST = """
    INSERT INTO integration_health (integration_id, failures, resting_since_ms, probe_at_ms)
    VALUES (:id, 0, :since_ms, :probe_at_ms)
    ON CONFLICT (integration_id) DO UPDATE SET
        resting_since_ms = excluded.resting_since_ms, probe_at_ms = excluded.probe_at_ms
"""
_FAILING = """
    SELECT integration.id, integration.account_id, failing_since_ms, last_failure_ms, failures
    FROM integration_health JOIN integration ON integration.id = integration_health.integration_id
    WHERE integration.enabled AND failing_since_ms IS NOT NULL AND failures >= :at_least
"""
_NOTICE = """
    INSERT INTO notice (id, account_id, integration_id, kind, detail, created_at_ms, due_ms, problem)
    SELECT :id, account_id, id, :kind, :detail, {now}, {now}, '' FROM integration WHERE id = :integration
    ON CONFLICT DO NOTHING
"""


def tally(settled: Sequence[Recording]) -> Work[None]:
    """Count these attempts: those that changed their Delivery, so that none counts twice. Tests count for nothing."""
    hours: dict[tuple[UUID, int], list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
    failures: dict[UUID, list[int]] = {}
    succeeded: set[UUID] = set()
    for one in sorted(settled, key=lambda recording: recording.attempt.started_at):
        id_, attempt = one.integration_id, one.attempt
        if id_ is None:
            continue
        at_ms = to_ms(attempt.started_at)
        counts = hours[id_, at_ms // HOUR_MS * HOUR_MS]
        if isinstance(attempt.verdict, Delivered):
            took_ms = attempt.answer.timing.total_ms
            counts[0] += 1
            counts[2] += took_ms
            counts[3 + bucket_of(took_ms)] += 1
            succeeded.add(id_)
            failures.pop(id_, None)
        else:
            counts[1] += 1
            failures.setdefault(id_, []).append(at_ms)
    if hours:
        yield Each(_ADD_HOUR, _HOUR, [
            {"integration_id": id_, "hour_ms": hour_ms, **dict(zip(_COUNTS, counts, strict=True))}
            for (id_, hour_ms), counts in sorted(hours.items())], key="integration_id")
    if succeeded:
        yield Query(_SUCCEED, {"ids": sorted(succeeded)})
    if failures:
        yield Each(_FAIL, _FAILURE, [_failure(id_, at) for id_, at in sorted(failures.items())], key="integration_id")


def _failure(integration_id: UUID, at_ms: Sequence[int]) -> dict[str, Any]:
    return {
        "integration_id": integration_id, "failing_since_ms": at_ms[0], "last_failure_ms": at_ms[-1],
        "failures": len(at_ms)}


def rest(integration_id: UUID, since: datetime | None, probe_at: datetime | None) -> Work[None]:
    """See `Store.rest`."""
    yield Query(_REST, {
        "id": integration_id, "since_ms": None if since is None else to_ms(since),
        "probe_at_ms": None if probe_at is None else to_ms(probe_at)})


def failing(at_least: int) -> Work[list[Failing]]:
    """See `Store.failing`."""
    rows = yield Query(_FAILING, {"at_least": at_least})
    return [
        Failing(integration_id=to_uuid(id_), account_id=to_uuid(account), since=from_ms(since_ms),
                last=from_ms(last_ms), failures=failures)
        for id_, account, since_ms, last_ms, failures in rows]


def give_notice(integration_id: UUID, kind: NoticeKind, since: datetime, detail: str) -> Work[None]:
    """See `Store.give_notice`. Its name follows from what it is about: whoever says it again says nothing new."""
    yield Query(_NOTICE, {
        "id": timed_id(to_ms(since), "notice", kind.value, integration_id), "kind": kind.value, "detail": detail,
        "integration": integration_id})
