"""An attempt as the API tells of it: what was sent, and what came back. Secrets were masked when it was recorded."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from switchhook.domain.delivery import Responded
from switchhook.web.api.shapes import Shape, moment
from switchhook.web.deliveries.recorded import ShownAttempt, ShownBody

Headers = list[tuple[str, str]]


class RequestShape(Shape):
    """What was sent. The body as text; what is no UTF-8 shows as U+FFFD."""

    method: str
    url: str
    headers: Headers
    body: str | None


class AnswerShape(Shape):
    """What came back."""

    status: int
    headers: Headers
    body: str
    body_truncated: bool


class AttemptShape(Shape):
    """One HTTP request of a delivery, numbered from 1."""

    number: int
    outcome_known: bool = Field(description="false: it was begun, and what came of it was never recorded")
    started_at: datetime | None
    duration_ms: int | None
    said: str = Field(description="What came of it, in words.")
    advice: str
    request: RequestShape | None
    body_dropped: bool = Field(description="true: bodies and the query string were kept long enough, and are gone")
    answer: AnswerShape | None = Field(description="null: there was none; `said` says why")


def attempt_shape(one: ShownAttempt) -> AttemptShape:
    """The attempt as the API tells of it."""
    request, answer = None, None
    if one.request is not None:
        request = RequestShape(method=one.request.method, url=one.request.url, headers=list(one.request_headers),
                               body=_raw(one.request_body))
    if isinstance(one.answer, Responded):
        answer = AnswerShape(status=one.answer.status, headers=list(one.answer.headers),
                             body=_raw(one.answer_body) or "", body_truncated=one.answer.body_truncated)
    return AttemptShape(
        number=one.number, outcome_known=not one.unknown, started_at=moment(one.row.started_at_ms) if one.row else None,
        duration_ms=one.row.duration_ms if one.row else None, said=one.said, advice=one.advice, request=request,
        answer=answer, body_dropped=one.body_dropped)


def _raw(body: ShownBody | None) -> str | None:
    return None if body is None else body.raw
