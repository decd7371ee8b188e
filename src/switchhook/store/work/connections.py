"""What engines tell of their Connections: state, gaps, and the calls that are open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from switchhook.domain.claiming import UnclaimedCall
from switchhook.domain.event import timed_id
from switchhook.store.dialect import Each, Query, Work, insert
from switchhook.store.ports import CallMemory, ConnectionReport, Gap
from switchhook.store.rows import Columns, from_ms, to_ms, to_uuid

_REPORT = """
    INSERT INTO connection_state
        (connection_id, state, since_ms, detail, last_message_at_ms, messages, messages_per_second, reconnects,
        unclaimed)
    VALUES (:connection, :state, :since_ms, :detail, :last_message_at_ms, :messages, :messages_per_second, :reconnects,
        :unclaimed)
    ON CONFLICT (connection_id) DO UPDATE SET
        state = excluded.state, since_ms = excluded.since_ms, detail = excluded.detail,
        last_message_at_ms = excluded.last_message_at_ms, messages = excluded.messages,
        messages_per_second = excluded.messages_per_second, reconnects = excluded.reconnects,
        unclaimed = excluded.unclaimed
"""
_LAST_HEARD = "SELECT last_message_at_ms FROM connection_state WHERE connection_id = :connection"
_RECORD_GAP = """
    INSERT INTO gap (id, connection_id, begin_ms, end_ms, reason, partial_calls)
    VALUES (:id, :connection, :begin_ms, :end_ms, :reason, :partial_calls) ON CONFLICT DO NOTHING
"""
_OPEN_CALLS = "SELECT key, memory FROM open_call WHERE connection_id = :connection ORDER BY key"
_FORGET_CALLS = "DELETE FROM open_call WHERE connection_id = :connection AND key IN :keys"
_UNCLAIMED_CALL: Columns = {
    "connection_id": "uuid", "native_call_id": "text", "at_ms": "bigint", "device": "text", "caller_number": "text",
    "dialled": "text", "tenant": "text", "place": "text", "account_code": "text",
}
_FORGET_UNCLAIMED = """
    DELETE FROM unclaimed_call WHERE connection_id = :connection AND native_call_id NOT IN (
        SELECT native_call_id FROM unclaimed_call WHERE connection_id = :connection
        ORDER BY at_ms DESC, native_call_id DESC LIMIT :keep)
"""


def report(told: ConnectionReport) -> Work[None]:
    """See `Store.report_connection`."""
    last = told.last_message_at
    yield Query(_REPORT, {
        "connection": told.connection_id, "state": told.state, "since_ms": to_ms(told.since), "detail": told.detail,
        "last_message_at_ms": None if last is None else to_ms(last), "messages": told.messages,
        "messages_per_second": told.messages_per_second, "reconnects": told.reconnects, "unclaimed": told.unclaimed})


def last_heard_at(connection_id: UUID) -> Work[datetime | None]:
    """See `Store.last_heard_at`."""
    rows = yield Query(_LAST_HEARD, {"connection": connection_id})
    return from_ms(rows[0][0]) if rows and rows[0][0] is not None else None


def record_gap(gap: Gap) -> Work[None]:
    """See `Store.record_gap`. The same gap twice is one."""
    begin_ms, end_ms = to_ms(gap.begin), to_ms(gap.end)
    yield Query(_RECORD_GAP, {
        "id": timed_id(end_ms, "gap", gap.connection_id, begin_ms), "connection": gap.connection_id,
        "begin_ms": begin_ms, "end_ms": end_ms, "reason": gap.reason, "partial_calls": gap.partial_calls})


def keep_unclaimed(connection_id: UUID, calls: Sequence[UnclaimedCall], keep: int) -> Work[None]:
    """See `Store.keep_unclaimed`. The same call twice is one."""
    yield Each(insert("unclaimed_call", _UNCLAIMED_CALL), _UNCLAIMED_CALL, [
        {"connection_id": connection_id, "native_call_id": one.call, "at_ms": to_ms(one.at), "device": one.device,
         "caller_number": one.caller_number, "dialled": one.dialled, "tenant": one.tenant, "place": one.place,
         "account_code": one.account_code} for one in calls], key="connection_id")
    yield Query(_FORGET_UNCLAIMED, {"connection": connection_id, "keep": keep})


def open_calls(connection_id: UUID) -> Work[list[CallMemory]]:
    """See `Store.open_calls`."""
    rows = yield Query(_OPEN_CALLS, {"connection": connection_id})
    return [CallMemory(connection_id=to_uuid(connection_id), key=key, memory=memory) for key, memory in rows]


def forget_calls(connection_id: UUID, keys: Sequence[str]) -> Work[None]:
    """See `Store.forget_calls`."""
    yield Query(_FORGET_CALLS, {"connection": connection_id, "keys": list(keys)})
