"""Streams: answers that are sent piece by piece, as recordings and files of rows are.

Each holds a thread of the web until the asker has read most of it, and that may read slowly. So one account has half of
the threads for them at once, and all together leave some for pages.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from switchhook.web.api.problems import Problem, answer

LEFT_FOR_PAGES = 2  # threads
AGAIN_SECONDS = 10


class Places:
    """Who streams at this moment, in this process."""

    def __init__(self) -> None:
        self._taken: Counter[UUID | None] = Counter()
        self._lock = threading.Lock()

    def take(self, account_id: UUID | None) -> bool:
        """Take a place for that account; whether there was one."""
        threads = settings.SWITCHHOOK.web_threads
        with self._lock:
            free = self._taken.total() < max(1, threads - LEFT_FOR_PAGES)
            if free and self._taken[account_id] < max(1, threads // 2):
                self._taken[account_id] += 1
                return True
            return False

    def give_back(self, account_id: UUID | None) -> None:
        with self._lock:
            self._taken[account_id] -= 1
            self._taken += Counter()  # without those who have none


class Stream:
    """The pieces of one answer. Its place is given back when it is closed, or forgotten."""

    def __init__(self, pieces: Iterator[bytes], give_back: Callable[[], None]) -> None:
        self._pieces = pieces
        self._finalizer = weakref.finalize(self, give_back)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._finalizer()


class Streams:
    """The middleware that has a stream take a place, or refuses it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._places = Places()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse):
            return response
        account_id = _account_of(request)
        if not self._places.take(account_id):
            response.close()
            return _refused(request)
        places = self._places
        response.streaming_content = Stream(iter(response), lambda: places.give_back(account_id))
        return response


def stream_of(request: HttpRequest, account_id: UUID) -> None:
    """Say whose the stream is that answers this, where nobody is logged in."""
    request.stream_of = account_id  # type: ignore[attr-defined]


def _account_of(request: HttpRequest) -> UUID | None:
    access = getattr(request, "access", None)
    return access.account.id if access is not None else getattr(request, "stream_of", None)


def _refused(request: HttpRequest) -> HttpResponse:
    words = _("So many recordings and files of this account are being sent that this one has to wait. Try again in a "
              "moment.")
    retry = {"Retry-After": str(AGAIN_SECONDS)}
    if request.path.startswith("/api/"):
        return answer(request, Problem(429, words, code="too_many_streams", headers=retry))
    response = render(request, "errors/quota.html", {"message": words}, status=429)
    response["Retry-After"] = retry["Retry-After"]
    return response
