"""Patience: how long the database may be busy with one request. A heavy search must not hold a thread of the web, and
the database, for minutes after whoever asked has gone.

A thread watches the requests under way, and has the database break off what one that takes too long is asking for. It
is not PostgreSQL's own `statement_timeout`: behind PgBouncer that would stay with a connection that an engine gets
next, and SQLite has none. Migrations and erasing are no requests, and what is sent piece by piece (files of rows, an
account's archive) is asked for when its request is answered already: these take the time that they take (streams.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from switchhook.web.api.problems import Problem, answer

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
CANCEL_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Watched:
    """One request under way, with the database connection of its thread."""

    until: float
    connection: Any
    broken_off: bool = False
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        """From here on nothing is broken off: the connection may serve another request."""
        with self.lock:
            self.over = True

    def break_off(self) -> None:
        """Break off what the database does for it at this moment; nothing happens if that is nothing."""
        with self.lock:
            wire = self.connection.connection
            if self.over or wire is None:
                return
            self.broken_off = True
            if self.connection.vendor == "sqlite":
                wire.interrupt()
            else:
                wire.cancel_safe(timeout=CANCEL_SECONDS)


class Watch:
    """The requests of this process that are under way, and the thread that looks after them."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._lock = threading.Lock()
        self._looking = False

    @contextmanager
    def over(self, watched: Watched) -> Iterator[None]:
        """Watch it meanwhile."""
        with self._lock:
            self._watched.add(watched)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="patience", daemon=True).start()
        try:
            yield
        finally:
            watched.end()
            with self._lock:
                self._watched.discard(watched)

    def _look(self) -> None:
        """Look again and again, as long as the process lives."""
        while True:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                late = [one for one in self._watched if one.until < now]
            for one in late:
                try:
                    one.break_off()
                except Exception as error:  # of the database's driver: it is tried again
                    log.warning("web.not_broken_off %s: %s", type(error).__name__, error)


_watch = Watch()


class Patience:
    """The middleware by which requests are watched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        until = time.monotonic() + settings.SWITCHHOOK.web_request_seconds
        watched = Watched(until=until, connection=connections["default"])
        request.watched = watched  # type: ignore[attr-defined]
        with _watch.over(watched):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What was broken off is answered with what to do."""
        watched: Watched = request.watched  # type: ignore[attr-defined]
        if not (isinstance(exception, OperationalError) and watched.broken_off):
            return None
        watched.end()
        words = _("This took longer than %(seconds)s seconds and was broken off. Ask for less at once: a shorter time, "
                  "one PBX, one integration.") % {"seconds": f"{settings.SWITCHHOOK.web_request_seconds:g}"}
        if request.path.startswith("/api/"):
            return answer(request, Problem(503, words, code="took_too_long"))
        return render(request, "errors/quota.html", {"message": words}, status=503)
