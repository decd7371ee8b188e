"""Group: what an integration's attempts failed of, by hour, kind of answer and host: counted as they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from switchhook.domain.delivery import Attempt, Delivered, Responded
from switchhook.domain.explaining import explain
from switchhook.store.dialect import Each, Work, insert
from switchhook.store.ports import Recording
from switchhook.store.rows import Columns, to_ms

HOUR_MS = 3_600_000
LONGEST_SAID = 300

_GROUP: Columns = {
    "integration_id": "uuid", "hour_ms": "bigint", "answer": "text", "host": "text", "said": "text",
    "failed": "integer", "first_ms": "bigint", "last_ms": "bigint"}
_ADD = insert("integration_failure", _GROUP, on_conflict="""(integration_id, hour_ms, answer, host) DO UPDATE SET
    failed = integration_failure.failed + excluded.failed, said = excluded.said, last_ms = excluded.last_ms""")


def group_failures(settled: Sequence[Recording]) -> Work[None]:
    """Count what of these failed, each by its group. Tests count for nothing."""
    groups: dict[tuple[UUID, int, str, str], dict[str, Any]] = {}
    for one in sorted(settled, key=lambda recording: recording.attempt.started_at):
        if one.integration_id is None or isinstance(one.attempt.verdict, Delivered):
            continue
        at_ms = to_ms(one.attempt.started_at)
        key = (one.integration_id, at_ms // HOUR_MS * HOUR_MS, _answer(one.attempt), _host(one.attempt))
        group = groups.setdefault(key, {"failed": 0, "first_ms": at_ms})
        group["failed"] += 1
        group |= {"last_ms": at_ms, "said": explain(one.attempt.answer)[:LONGEST_SAID]}
    if groups:
        names = ("integration_id", "hour_ms", "answer", "host")
        yield Each(_ADD, _GROUP, [
            dict(zip(names, key, strict=True)) | group for key, group in sorted(groups.items())], key="integration_id")


def _answer(attempt: Attempt) -> str:
    """The kind of answer: the status that came back, or the name of the problem."""
    answer = attempt.answer
    return str(answer.status) if isinstance(answer, Responded) else answer.problem.value


def _host(attempt: Attempt) -> str:
    return "" if attempt.request is None else urlsplit(attempt.request.url).netloc
