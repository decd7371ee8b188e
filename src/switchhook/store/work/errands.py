"""Errands: taking up what people asked for, and saying what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Errand
from switchhook.store.rows import from_ms, to_uuid, to_uuid_or_none

#: Of an account's changed users the earlier one goes first, whoever does it: a Modify must not overtake its Create.
#: What is to be done at a PBX is done by the engine that owns the Connection, if one does: PBXs permit addresses.
_CLAIM = """
    UPDATE errand SET state = 'working', owner = :engine WHERE id IN (
        SELECT id FROM errand AS one WHERE state = 'asked' AND NOT EXISTS (
            SELECT 1 FROM connection_state AS held WHERE held.connection_id = one.connection_id
                AND held.owner <> :engine) AND (kind <> 'user_changed' OR NOT EXISTS (
            SELECT 1 FROM errand AS other WHERE other.state IN ('asked', 'working') AND other.kind = 'user_changed'
                AND other.account_id = one.account_id AND (other.created_at_ms < one.created_at_ms
                    OR other.created_at_ms = one.created_at_ms AND other.id < one.id)))
        ORDER BY created_at_ms LIMIT :limit {skip locked})
    RETURNING id, account_id, kind, args, result, created_at_ms
"""
_PROGRESS = """
    UPDATE errand SET result = :result
    WHERE id = :id AND (owner = :engine AND state = 'working' OR owner IS NULL AND state = 'paused') RETURNING state
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
            id=to_uuid(id_), account_id=to_uuid_or_none(account), kind=kind, args=_object(args),
            progress=_object(result), created_at=from_ms(at_ms))
        for id_, account, kind, args, result, at_ms in rows]
    return sorted(errands, key=lambda one: (one.created_at, one.id))


def finish(errand_id: UUID, ok: bool, result: Mapping[str, object]) -> Work[None]:
    """See `Store.finish_errand`."""
    yield Query(_FINISH, {
        "id": errand_id, "state": "done" if ok else "failed", "result": json.dumps(result, default=str)})


def progress(engine_id: UUID, errand_id: UUID, told: Mapping[str, object]) -> Work[bool]:
    """See `Store.progress_errand`. What was done while a person paused it is known, too."""
    rows = yield Query(_PROGRESS, {"id": errand_id, "engine": engine_id, "result": json.dumps(told, default=str)})
    return [state for (state,) in rows] == ["working"]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
