"""Problem: what went wrong, as RFC 9457 tells it. Every answer of 400 and above is one.

`code` is stable, for programs; `detail` is for people and may change. Where a request was understood and cannot be
done as it is (422), `errors` has a place (`headers.0.name`) and a sentence for each mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from switchhook.domain.checks import Mistake

CONTENT_TYPE = "application/problem+json"

#: The codes of answers that are the same everywhere.
CODES: Mapping[int, str] = {
    400: "malformed", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 412: "changed_meanwhile", 413: "too_large", 415: "not_json", 422: "invalid",
    429: "too_many_requests", 500: "broken", 503: "unavailable",
}

#: How pydantic says what is wrong with a value, without saying which.
_PYDANTIC = re.compile(r"\w+ (should .+?)(?: after validation, not \d+)?")


class Problem(Exception):
    """Raised anywhere below an operation; becomes the answer."""

    def __init__(
        self, status: int, detail: str, *, code: str = "", errors: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None, **more: object,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code or CODES.get(status, "error")
        self.errors, self.headers, self.more = tuple(errors), dict(headers or {}), more


def not_found(what: str) -> Problem:
    """There is no such thing, or it is none of this token's business."""
    return Problem(404, f"There is no such {what}.")


def conflict(detail: str) -> Problem:
    """It cannot be done as things are, however it is asked."""
    return Problem(409, detail)


def invalid(errors: Sequence[Mistake]) -> Problem:
    """It cannot be done as it was asked."""
    return Problem(422, " ".join(one.message for one in errors[:3]), errors=errors)


def mistake_of(told: dict[str, Any]) -> Mistake:
    """pydantic's error in our words; what was sent is not quoted: it may be a secret."""
    source, *rest = told["loc"]
    place = rest[1:] if source == "body" else rest[-1:]
    where = ".".join(map(str, place)) or str(source)
    names = [one for one in place if isinstance(one, str)]
    return Mistake(where=where, message=_sentence(told, f"“{names[-1]}”" if names else "The body"))


def _sentence(told: dict[str, Any], subject: str) -> str:
    text = str(told["msg"])
    match told["type"]:
        case "extra_forbidden":
            return f"There is no {subject} here."
        case "missing":
            return "A JSON body is missing." if subject == "The body" else f"{subject} is missing."
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{subject} should be a JSON object."
        case "uuid_parsing" | "uuid_type":
            return f"{subject} should be a UUID."
        case "too_long" | "too_short" if told.get("ctx", {}).get("field_type") == "Value":  # a text
            text = text.replace(" item", " character")
    if (should := _PYDANTIC.fullmatch(text)) is None:
        return text.removeprefix("Value error, ")
    return f"{subject} {should[1].replace('a valid ', 'a ')}."


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    told: dict[str, Any] = {
        "type": f"urn:switchhook:problem:{problem.code}", "title": HTTPStatus(problem.status).phrase,
        "status": problem.status, "code": problem.code, "detail": problem.detail, **problem.more,
        "request_id": getattr(request, "request_id", ""),
    }
    if problem.errors:
        told["errors"] = [{"where": one.where, "message": one.message} for one in problem.errors]
    response = HttpResponse(json.dumps(told, ensure_ascii=False), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    return response
