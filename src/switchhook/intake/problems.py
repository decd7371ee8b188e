"""Problem documents (RFC 9457): what was wrong with a request, which item of it, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in the body. `pointer` is a JSON pointer to it; `code` is stable, `detail` is for people."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A request that cannot be done. Its answer is a problem document."""

    def __init__(
        self, status: int, code: str, detail: str, *, faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}


def problem_response(problem: Problem) -> web.Response:
    """The document. `code` is stable; `title` and `detail` are for people."""
    document: dict[str, object] = {
        "type": "about:blank", "title": HTTPStatus(problem.status).phrase, "status": problem.status,
        "code": problem.code, "detail": problem.detail}
    if problem.faults:
        document["errors"] = [
            {"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in problem.faults]
    return web.Response(
        status=problem.status, headers=problem.headers, content_type="application/problem+json",
        text=json.dumps(document))


@web.middleware
async def problems(request: web.Request, handler: web.Handler) -> web.StreamResponse:  # type: ignore[name-defined]
    """Every error is a problem document, also those that aiohttp finds itself."""
    try:
        response: web.StreamResponse = await handler(request)
    except Problem as problem:
        return problem_response(problem)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        return problem_response(Problem(error.status, code, _ADVICE.get(error.status, error.reason), headers=allow))
    return response


_ADVICE = {
    404: "There is nothing at this address. Events go to /v1/services/{service UUID}/events.",
    405: "This address takes another method: events are posted.",
    413: "The body is larger than 1 MiB: send fewer events at once.",
}
