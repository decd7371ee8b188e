"""Bodies: what was sent and what came back, dropped before the rest where an account keeps it shorter.

An account's deliveries are walked through by id, a stretch at a time; how far that has come is remembered. An old
delivery may be attempted once more: the next walk begins with the oldest that is still owed, or that was made owed
again (`walk_again_from`). What the query string said goes with the body: a QUERY integration has its values there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from switchhook.store.dialect import Each, Query, Work
from switchhook.store.rows import Columns, first_id, to_ms, to_uuid

_UP_TO = "SELECT up_to FROM body_retention WHERE account_id = :account"
_STRETCH = """
    SELECT id FROM delivery WHERE account_id = :account AND id > :after AND id < :bound ORDER BY id LIMIT :limit
"""
_ATTEMPTS = "SELECT delivery_id, number, request, answer FROM attempt WHERE delivery_id IN :deliveries"
_WENT_ON = """
    INSERT INTO body_retention (account_id, up_to) VALUES (:account, :up_to)
    ON CONFLICT (account_id) DO UPDATE SET up_to = excluded.up_to
"""
_AGAIN = "UPDATE body_retention SET up_to = :up_to WHERE account_id = :account AND up_to > :up_to"
_OF_ACCOUNT = """
    state = 'pending' AND owner IS NULL AND tried = {}
    AND integration_id IN (SELECT id FROM integration WHERE account_id = :account)
"""
#: By the indexes of what is owed. As text, for PostgreSQL knows no least UUID.
_OLDEST_OWED = f"""
    SELECT min(CAST(id AS text)) FROM (
        SELECT id FROM delivery WHERE {_OF_ACCOUNT.format("true")}
        UNION ALL SELECT id FROM delivery WHERE {_OF_ACCOUNT.format("false")}
        UNION ALL SELECT id FROM delivery WHERE owner IS NOT NULL AND account_id = :account) AS owed
"""  # noqa: S608
_STRIPPED: Columns = {"delivery_id": "uuid", "number": "integer", "request": "text", "answer": "text"}
_STRIP = """
    UPDATE attempt SET request = :request, answer = :answer
    {rows} WHERE attempt.delivery_id = :delivery_id {pruned attempt.delivery_id} AND attempt.number = :number
"""


def drop_bodies(before: datetime, limit: int, account_id: UUID) -> Work[int]:
    """See `Store.drop_bodies`."""
    known = yield Query(_UP_TO, {"account": account_id})
    rows = yield Query(_STRETCH, {
        "account": account_id, "after": to_uuid(known[0][0]) if known else UUID(int=0),
        "bound": first_id(to_ms(before)), "limit": limit})
    ids = [to_uuid(id_) for (id_,) in rows]
    if not ids:
        ((oldest,),) = yield Query(_OLDEST_OWED, {"account": account_id})
        if oldest is not None:
            yield from walk_again_from(account_id, to_uuid(oldest))
        return 0
    attempts = yield Query(_ATTEMPTS, {"deliveries": ids})
    stripped = [
        {"delivery_id": to_uuid(id_), "number": number, "request": without[0], "answer": without[1]}
        for id_, number, *told in attempts
        if (without := [_without_body(told[0], None), _without_body(told[1], "")]) != told]
    if stripped:
        yield Each(_STRIP, _STRIPPED, stripped, key="delivery_id")
    yield Query(_WENT_ON, {"account": account_id, "up_to": ids[-1]})
    return len(ids)


def walk_again_from(account_id: UUID, delivery_id: UUID) -> Work[None]:
    """That delivery may be attempted once more: what is sent then is to go, too."""
    yield Query(_AGAIN, {"account": account_id, "up_to": UUID(int=delivery_id.int - 1)})


def _without_body(recorded: str, empty: str | None) -> str:
    """A request or an answer (their shape: rows.py) without its body and query string, and saying so."""
    told: dict[str, Any] | None = json.loads(recorded)
    if told is None or "body" not in told or told.get("body_dropped"):
        return recorded
    told |= {"body": empty, "body_dropped": True}
    if "?" in told.get("url", ""):
        told["url"] = told["url"].partition("?")[0] + "?…"
    return json.dumps(told)
