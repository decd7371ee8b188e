"""Rows and what they mean: the domain's words as columns, and back.

Times are milliseconds since 1970. JSON is text. A row on its way in is a dict of column → value, with UUIDs as they
are; a row on its way out is a tuple in the order of the table's columns, with UUIDs as the database has them.

What an Attempt's JSON texts hold (the portal reads them by itself):

``request``  null when it could not be rendered, else
             {"method", "url", "headers": [[name, value], …], "body": null | text | {"base64": text}};
             the value of a header that is secret is `••••`.
``answer``   {"status", "headers": [[name, value], …], "body": text | {"base64": text}, "truncated": bool, "timing"}
             or {"problem", "detail", "timing"}, problem out of domain.delivery.Problem;
             timing is {"total_ms", "connect_ms", "first_byte_ms"}, null for what did not come to pass.
             Both have "body_dropped": true once the body, and of the request the query string, was kept long enough.
``verdict``  delivered · try_again · give_up · disable_integration.
``problem``  in plain words, empty when it was delivered.

A call's ``notes`` is one JSON object a line: {"at": milliseconds, "kind": "fact" | "told" | "withheld", "text",
"type"?: the event type that is meant, "event"?: the id of the event that was told}.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.delivery import (
    Answer,
    Attempt,
    Delivered,
    Delivery,
    DeliveryState,
    NoAnswer,
    Request,
    Responded,
    Verdict,
    name_of,
)
from switchhook.domain.event import Event
from switchhook.domain.masking import MASK
from switchhook.domain.notes import Note
from switchhook.store.json_text import json_text
from switchhook.store.ports import CallRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: A table's columns that we write, in order, with their types on PostgreSQL.
Columns = Mapping[str, str]

EVENT: Columns = {
    "id": "uuid", "account_id": "uuid", "service_id": "uuid", "type": "text", "at_ms": "bigint",
    "accepted_at_ms": "bigint", "order_key": "text", "sequence": "integer", "call_uuid": "uuid",
    "native_call_id": "text", "source_number": "text", "source_tail": "text", "destination_number": "text",
    "destination_tail": "text", "extension_number": "text", "fields": "text", "unwanted_reason": "text",
    "is_test": "boolean",
}
DELIVERY: Columns = {
    "id": "uuid", "event_id": "uuid", "account_id": "uuid", "integration_id": "uuid", "service_id": "uuid",
    "event_type": "text", "order_key": "text", "sequence": "integer", "state": "text", "attempts": "integer",
    "tried": "boolean", "manual": "boolean", "owner": "uuid", "next_attempt_at_ms": "bigint", "created_at_ms": "bigint",
    "expires_at_ms": "bigint", "finished_at_ms": "bigint", "last_status": "integer", "last_problem": "text",
    "is_test": "boolean",
}
ATTEMPT: Columns = {
    "delivery_id": "uuid", "number": "integer", "engine_id": "uuid", "started_at_ms": "bigint",
    "duration_ms": "integer", "status": "integer", "problem": "text", "verdict": "text", "request": "text",
    "answer": "text",
}

CALL: Columns = {
    "id": "uuid", "account_id": "uuid", "service_id": "uuid", "native_call_id": "text", "began_ms": "bigint",
    "ended_ms": "bigint", "direction": "text", "source_number": "text", "source_tail": "text",
    "destination_number": "text", "destination_tail": "text", "extension_number": "text", "state": "text",
    "partial": "boolean", "is_test": "boolean", "notes": "text", "recordings": "text",
}


# -- values ---------------------------------------------------------------------------------------


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware moment."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """That moment, in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def first_id(milliseconds: int) -> UUID:
    """The least timed id of that moment: all that begin earlier are less."""
    return UUID(int=max(0, milliseconds) << 80)


def to_uuid(value: UUID | str) -> UUID:
    """A UUID as PostgreSQL (itself) or SQLite (32 hex digits) gives it."""
    return value if isinstance(value, UUID) else UUID(hex=value)


def to_uuid_or_none(value: UUID | str | None) -> UUID | None:
    return None if value is None else to_uuid(value)


def to_json(value: Any) -> Any:
    """A JSON column: a text on SQLite and in the engine's tables; parsed already in PostgreSQL's jsonb."""
    return json.loads(value) if isinstance(value, str) else value


def tail(number: str) -> str:
    """The last eight digits of a number: what is the same however it is written."""
    return "".join(digit for digit in number if digit.isdecimal() and digit.isascii())[-8:]


# -- Event ------------------------------------------------------------------------------------------


def event_row(event: Event, accepted_at_ms: int, unwanted_reason: str) -> dict[str, Any]:
    source, destination = _number(event, Field.SOURCE_NUMBER), _number(event, Field.DESTINATION_NUMBER)
    return {
        "id": event.id, "account_id": event.account_id, "service_id": event.service_id, "type": event.type.value,
        "at_ms": to_ms(event.at), "accepted_at_ms": accepted_at_ms, "order_key": event.order_key,
        "sequence": event.sequence, "call_uuid": event.call_uuid, "native_call_id": event.native_call_id,
        "source_number": source, "source_tail": tail(source),
        "destination_number": destination, "destination_tail": tail(destination),
        "extension_number": _number(event, Field.EXTENSION_NUMBER),
        "fields": json_text({field.value: value for field, value in event.fields.items()}),
        "unwanted_reason": unwanted_reason, "is_test": event.is_test,
    }


EVENT_COLUMNS = (
    "id, type, account_id, service_id, at_ms, order_key, sequence, fields, call_uuid, native_call_id, is_test")


def event_of(row: Sequence[Any]) -> Event:
    """The Event in EVENT_COLUMNS. Raises ValueError for a type that only a newer release knows."""
    id_, type_, account_id, service_id, at_ms, order_key, sequence, fields, call_uuid, native_call_id, is_test = row
    known = frozenset(field.value for field in Field)
    return Event(
        id=to_uuid(id_), type=EventType(type_), account_id=to_uuid(account_id), service_id=to_uuid_or_none(service_id),
        at=from_ms(at_ms), order_key=order_key, sequence=sequence,
        fields={Field(name): value for name, value in json.loads(fields).items() if name in known},
        call_uuid=to_uuid_or_none(call_uuid), native_call_id=native_call_id, is_test=bool(is_test))


def _number(event: Event, field: Field) -> str:
    value = event.fields.get(field)
    return "" if value is None else str(value)


# -- Delivery ---------------------------------------------------------------------------------------


def delivery_row(delivery: Delivery, event: Event, owner: UUID | None) -> dict[str, Any]:
    """A new Delivery: its first attempt allotted to `owner`, or waiting since it was made for somebody to claim it."""
    created_at_ms = to_ms(delivery.created_at)
    return {
        "id": delivery.id, "event_id": delivery.event_id, "account_id": delivery.account_id,
        "integration_id": delivery.integration_id, "service_id": event.service_id, "event_type": event.type.value,
        "order_key": delivery.order_key, "sequence": event.sequence, "state": DeliveryState.PENDING.value,
        "attempts": 0 if owner is None else 1, "tried": False, "manual": False, "owner": owner,
        "next_attempt_at_ms": created_at_ms, "created_at_ms": created_at_ms,
        "expires_at_ms": to_ms(delivery.expires_at), "finished_at_ms": None, "last_status": None, "last_problem": "",
        "is_test": event.is_test,
    }


DELIVERY_COLUMNS = (
    "id, event_id, account_id, integration_id, order_key, created_at_ms, expires_at_ms, state, attempts, manual")


def delivery_of(row: Sequence[Any]) -> Delivery:
    """The Delivery in DELIVERY_COLUMNS."""
    id_, event_id, account_id, integration_id, order_key, created_at_ms, expires_at_ms, state, attempts, _ = row
    return Delivery(
        id=to_uuid(id_), event_id=to_uuid(event_id), account_id=to_uuid(account_id),
        integration_id=to_uuid(integration_id), order_key=order_key, created_at=from_ms(created_at_ms),
        expires_at=from_ms(expires_at_ms), state=DeliveryState(state), attempts=attempts)


# -- Attempt ----------------------------------------------------------------------------------------


def attempt_row(attempt: Attempt, engine_id: UUID) -> dict[str, Any]:
    return {
        "delivery_id": attempt.delivery_id, "number": attempt.number, "engine_id": engine_id,
        "started_at_ms": to_ms(attempt.started_at), "duration_ms": attempt.answer.timing.total_ms,
        "status": status_of(attempt.answer), "problem": problem_of(attempt.verdict),
        "verdict": name_of(attempt.verdict), "request": request_json(attempt.request),
        "answer": answer_json(attempt.answer),
    }


def status_of(answer: Answer) -> int | None:
    """The status that came back, if any did."""
    return answer.status if isinstance(answer, Responded) else None


def problem_of(verdict: Verdict) -> str:
    """What went wrong, in plain words."""
    return "" if isinstance(verdict, Delivered) else verdict.why


def request_json(request: Request | None) -> str:
    """The request as it is kept: secrets masked (shape: this module's docstring)."""
    if request is None:
        return "null"
    headers = [
        [name, MASK if name.lower() in request.secret_headers else value] for name, value in request.headers]
    return json_text({
        "method": request.method, "url": request.url, "headers": headers,
        "body": None if request.body is None else _body(request.body)})


def answer_json(answer: Answer) -> str:
    """The answer as it is kept (shape: this module's docstring)."""
    timing = {
        "total_ms": answer.timing.total_ms, "connect_ms": answer.timing.connect_ms,
        "first_byte_ms": answer.timing.first_byte_ms}
    match answer:
        case Responded():
            return json_text({
                "status": answer.status, "headers": answer.headers, "body": _body(answer.body),
                "truncated": answer.body_truncated, "timing": timing})
        case NoAnswer():  # the portal looks for `"problem": "…"` as json writes it
            return json.dumps({"problem": answer.problem.value, "detail": answer.detail, "timing": timing})
        case _:
            assert_never(answer)


def _body(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def call_row(record: CallRecord) -> dict[str, Any]:
    sheet = record.sheet
    return {
        "id": sheet.id, "account_id": sheet.account_id, "service_id": sheet.service_id,
        "native_call_id": sheet.native_call_id, "began_ms": record.began_ms, "ended_ms": record.ended_ms,
        "direction": sheet.direction.value, "source_number": sheet.source_number,
        "source_tail": tail(sheet.source_number), "destination_number": sheet.destination_number,
        "destination_tail": tail(sheet.destination_number), "extension_number": sheet.extension_number,
        "state": sheet.state.value, "partial": sheet.partial, "is_test": False,
        "notes": "".join(_note_line(note) for note in record.notes),
        "recordings": json.dumps(sheet.recordings),
    }


def _note_line(note: Note) -> str:
    at_ms = 0 if note.at is None else to_ms(note.at)
    line: dict[str, object] = {"at": at_ms, "kind": note.kind.value, "text": note.text}
    if note.type is not None:
        line["type"] = note.type.value
    if note.event_id is not None:
        line["event"] = str(note.event_id)
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
