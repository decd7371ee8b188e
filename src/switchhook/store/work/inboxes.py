"""Request inboxes: how one answers, and what it got."""

from __future__ import annotations

import json
from uuid import UUID

from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Inbox, InboxRequest
from switchhook.store.rows import to_ms, to_uuid

_INBOX = "SELECT id, account_id, answer_status, answer_delay_ms FROM inbox WHERE id = :id"
_KEEP = """
    INSERT INTO inbox_request (id, inbox_id, at_ms, method, url, headers, body, body_truncated, answered_status)
    VALUES (:id, :inbox, :at_ms, :method, :url, :headers, :body, :truncated, :status) ON CONFLICT DO NOTHING
"""
_DROP_OLDER = """
    DELETE FROM inbox_request WHERE inbox_id = :inbox AND id NOT IN (
        SELECT id FROM inbox_request WHERE inbox_id = :inbox ORDER BY at_ms DESC, id DESC LIMIT :keep)
"""


def inbox(inbox_id: UUID) -> Work[Inbox | None]:
    """See `Store.inbox`."""
    rows = yield Query(_INBOX, {"id": inbox_id})
    for id_, account_id, status, delay_ms in rows:
        return Inbox(id=to_uuid(id_), account_id=to_uuid(account_id), answer_status=status, answer_delay_ms=delay_ms)
    return None


def keep_request(request: InboxRequest, keep: int) -> Work[None]:
    """See `Store.keep_inbox_request`."""
    yield Query(_KEEP, {
        "id": request.id, "inbox": request.inbox_id, "at_ms": to_ms(request.at), "method": request.method,
        "url": request.url, "headers": json.dumps(request.headers), "body": request.body,
        "truncated": request.body_truncated, "status": request.answered_status})
    yield Query(_DROP_OLDER, {"inbox": request.inbox_id, "keep": keep})
