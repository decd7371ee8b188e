"""Manners: what is the same for every request to the API, around all of it.

Who asks and how often, what may be sent, one transaction for each change, a Problem for whatever goes wrong. A
middleware, because also what no operation answers (a wrong address, a wrong method, a bug) is answered so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from switchhook.web.api import limits
from switchhook.web.api.problems import CONTENT_TYPE, Problem, answer
from switchhook.web.oversized import is_too_large

log = logging.getLogger(__name__)

ROOT = "/api/v1/"

#: What needs no token: the description of the API, and its page (for which one logs in).
_OPEN = (f"{ROOT}openapi.json", f"{ROOT}asyncapi.json", f"{ROOT}docs")
_SAFE = frozenset({"GET", "HEAD"})

_DETAILS = {
    404: "There is nothing at this address.", 405: "This method does nothing here.",
    500: "Something is broken on our side. The request_id helps to find it.",
}


class Manners:
    """The middleware. What is not of the API goes through it as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT) or (request.path in _OPEN and request.method in _SAFE):
            return self.get_response(request)
        try:
            response = self._options(request) if request.method == "OPTIONS" else self._answered(request)
        except Problem as problem:
            response = answer(request, problem)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answered(self, request: HttpRequest) -> HttpResponse:
        from switchhook.web.api.bearer import access_of_token, authenticated  # models are not loaded any sooner

        token = authenticated(request)
        allowance = limits.count(token.id)
        try:
            if allowance.exceeded:
                raise Problem(429, f"More than {allowance.limit} requests a minute.",
                              headers={"Retry-After": str(allowance.reset_seconds)})
            request.api_token, request.access = token, access_of_token(token)  # type: ignore[attr-defined]
            _check_body(request)
            response = self._told(request) if request.method in _SAFE else self._changed(request)
        except Problem as problem:
            response = answer(request, problem)
        for name, value in allowance.headers().items():
            response[name] = value
        return response

    def _changed(self, request: HttpRequest) -> HttpResponse:
        """One request is one transaction: what is answered with a problem has done nothing."""
        from switchhook.web.api.once import once

        with transaction.atomic():
            if request.method == "POST" and "Idempotency-Key" in request.headers:
                response = once(request, request.api_token, self._told)  # type: ignore[attr-defined]
            else:
                response = self._told(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def _told(self, request: HttpRequest) -> HttpResponse:
        """The operation's answer; what is no problem of ours yet becomes one."""
        method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        response = self.get_response(request)
        request.method = method  # of HEAD's answer the server leaves the body out
        status = response.status_code
        if status < 400 or response["Content-Type"] == CONTENT_TYPE:
            return response
        headers = {"Allow": response["Allow"]} if "Allow" in response else {}
        return answer(request, Problem(status, _DETAILS.get(status, response.reason_phrase), headers=headers))

    def _options(self, request: HttpRequest) -> HttpResponse:
        """What can be done at this address; anybody may know."""
        response = self.get_response(request)
        if response.status_code != 405:
            return answer(request, Problem(404, _DETAILS[404]))
        methods = {one.strip() for one in response["Allow"].split(",")}
        methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        return HttpResponse(status=204, headers={"Allow": ", ".join(sorted(methods))})


def _check_body(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH", "")
    if is_too_large(length):
        raise Problem(413, "A body has at most 1 MiB: send less at once, in several requests.")
    if int(length or 0) and request.content_type != "application/json":
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
