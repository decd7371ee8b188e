"""Errands: taking up what people asked for, and saying what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Errand
from switchhook.store.rows import from_ms, to_uuid, to_uuid_or_none

_CLAIM = """
    UPDATE errand SET state = 'working', owner = :engine WHERE id IN (
        SELECT id FROM errand WHERE state = 'asked' ORDER BY created_at_ms LIMIT :limit {skip locked})
    RETURNING id, account_id, kind, args, created_at_ms
"""
_FINISH = """
    UPDATE errand SET state = :state, result = :result, owner = NULL, finished_at_ms = {now}
    WHERE id = :id AND state IN ('asked', 'working')
"""


def claim(engine_id: UUID, limit: int) -> Work[list[Errand]]:
    """See `Store.claim_errands`. Arguments that are no JSON object are none: who does the errand will miss them."""
    rows = yield Query(_CLAIM, {"engine": engine_id, "limit": limit})
    errands = [
        Errand(
            id=to_uuid(id_), account_id=to_uuid_or_none(account), kind=kind, args=_args(args),
            created_at=from_ms(at_ms))
        for id_, account, kind, args, at_ms in rows]
    return sorted(errands, key=lambda one: (one.created_at, one.id))


def finish(errand_id: UUID, ok: bool, result: Mapping[str, object]) -> Work[None]:
    """See `Store.finish_errand`."""
    yield Query(_FINISH, {
        "id": errand_id, "state": "done" if ok else "failed", "result": json.dumps(result, default=str)})


def _args(text: str) -> dict[str, Any]:
    try:
        args = json.loads(text)
    except ValueError:
        return {}
    return args if isinstance(args, dict) else {}
