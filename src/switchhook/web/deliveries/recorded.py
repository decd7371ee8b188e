"""What the engine recorded, in the domain's words: events, and attempts with what was sent and what came back.

The engine and the web share the database and no code for it; the JSON texts are described at store/rows.py.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from switchhook.domain.catalogue import FIELDS, EventType, Field, Value
from switchhook.domain.delivery import Answer, NoAnswer, Problem, Request, Responded, Timing
from switchhook.domain.event import Event
from switchhook.domain.explaining import advice, explain
from switchhook.web.deliveries import models
from switchhook.web.deliveries.shown import as_curl, masked, pretty, text
from switchhook.web.saying import said

#: Fields whose values are words of code, and have a name in every language.
_WORDS_OF_CODE = (Field.DIRECTION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBody:
    """A body for people: as it was, and indented when it is JSON."""

    raw: str
    indented: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A value of an event for people. `meaning`: what a word of code is called in the reader's language."""

    label: str
    value: Value
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAttempt:
    """One attempt for its page. `unknown`: it was begun, but what came of it was never recorded."""

    number: int
    unknown: bool = False
    row: models.Attempt | None = None
    request: Request | None = None
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: ShownBody | None = None
    curl: str = ""
    answer: Answer | None = None
    answer_body: ShownBody | None = None
    said: str = ""
    advice: str = ""
    body_dropped: bool = False  # bodies and the query string were kept long enough

    @property
    def succeeded(self) -> bool:
        return isinstance(self.answer, Responded) and 200 <= self.answer.status <= 299


def event_of(row: models.Event) -> Event:
    """The event of a row. Fields and types of another release are left out."""
    values: dict[str, Value] = json.loads(row.fields)
    return Event(
        id=row.id, type=EventType(row.type), account_id=row.account_id, service_id=row.service_id,
        at=datetime.fromtimestamp(row.at_ms / 1000, UTC), order_key=row.order_key, sequence=row.sequence,
        fields={Field(name): value for name, value in values.items() if name in FIELDS},
        call_uuid=row.call_uuid, native_call_id=row.native_call_id, is_test=row.is_test)


def shown_fields(row: models.Event) -> list[ShownField]:
    """What an event says, under the catalogue's labels and in its order."""
    values = json.loads(row.fields)
    known = [
        ShownField(label=said(spec.label), value=values[field], meaning=_meaning(field, values[field]))
        for field, spec in FIELDS.items() if field in values]
    return known + [ShownField(label=name, value=value) for name, value in values.items() if name not in FIELDS]


def _meaning(field: Field, value: Value) -> str:
    """What a word of code is called in the reader's language, where that is another word."""
    english = str(value).capitalize()
    return said(english) if field in _WORDS_OF_CODE and said(english) != english else ""


def attempts_of(delivery: models.Delivery) -> list[ShownAttempt]:
    """All attempts that were begun, the newest first; those under way are not unknown yet."""
    recorded = {row.number: row for row in delivery.recorded.all()}
    latest = max([delivery.attempts, *recorded])
    under_way = delivery.attempts if delivery.owner is not None and delivery.state == "pending" else 0
    return [
        attempt_of(recorded[number]) if number in recorded else ShownAttempt(number=number, unknown=True)
        for number in range(latest, 0, -1) if number in recorded or number != under_way]


def attempt_of(row: models.Attempt) -> ShownAttempt:
    """One attempt as it was recorded."""
    request, answer = request_of(row.request), answer_of(row.answer)
    return ShownAttempt(
        number=row.number, row=row, request=request,
        request_headers=() if request is None else masked(request),
        request_body=None if request is None or request.body is None else shown_body(request.body),
        curl="" if request is None else as_curl(request), answer=answer,
        answer_body=shown_body(answer.body, truncated=answer.body_truncated) if isinstance(answer, Responded) else None,
        said=explain(answer), advice=advice(answer), body_dropped=body_dropped(row))


def body_dropped(row: models.Attempt) -> bool:
    """Whether the bodies of the attempt were kept long enough, and are there no more."""
    return any((json.loads(recorded) or {}).get("body_dropped") for recorded in (row.request, row.answer))


def request_of(recorded: str) -> Request | None:
    """The request of an attempt; None when it could not be rendered. Its secrets were masked when it was recorded."""
    told = json.loads(recorded)
    if told is None:
        return None
    return Request(method=told["method"], url=told["url"], headers=_headers(told), body=_body(told["body"]))


def answer_of(recorded: str) -> Answer:
    """What came back, or why nothing did."""
    told = json.loads(recorded)
    timing = Timing(**told["timing"])
    if "problem" in told:
        return NoAnswer(problem=Problem(told["problem"]), detail=told["detail"], timing=timing)
    return Responded(
        status=told["status"], headers=_headers(told), body=_body(told["body"]) or b"",
        body_truncated=told["truncated"], timing=timing)


def shown_body(body: bytes, *, truncated: bool = False) -> ShownBody:
    """A body for people."""
    raw, indented = text(body), pretty(body) or ""
    return ShownBody(raw=raw, indented=indented if indented != raw else "", truncated=truncated)


def _headers(told: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in told["headers"])


def _body(told: str | dict[str, str] | None) -> bytes | None:
    if told is None:
        return None
    return told.encode() if isinstance(told, str) else b64decode(told["base64"])
