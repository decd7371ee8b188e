"""The program's HTTP: the webhook, and the pages."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from crm.board import Board, Call
from crm.book import Book
from crm.clerk import Clerk
from crm.configuration import Configuration
from crm.contacts import Crm, CrmFailed
from crm.entries import entry_of
from crm.hook import Unreadable, Unsigned, check_signature, read_happening
from crm.page import home_page, pop, pop_page

log = logging.getLogger("crm.server")

BODY_BYTES = 64 * 1024
LINES_SHOWN = 30
EXTENSION = "[A-Za-z0-9*#_-]{1,32}"
WAIT_SECONDS = 25
LOOK_UP_AFTER_SECONDS = (0, 1, 3, 10)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_app(configuration: Configuration, crm: Crm, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The program. `clock`: seconds since 1970."""
    program = _Program(configuration, crm, clock)
    app = web.Application(middlewares=[program.guard], client_max_size=BODY_BYTES)
    app.cleanup_ctx.append(program.running)
    app.on_shutdown.append(program.let_go)
    app.add_routes(
        [
            web.post("/hook", program.hook),
            web.get("/", program.home),
            web.get("/pop", program.choose),
            web.get(f"/pop/{{extension:{EXTENSION}}}", program.pop_page),
            web.get(f"/pop/{{extension:{EXTENSION}}}/now", program.pop),
            web.static("/static", Path(__file__).parent / "static"),
        ]
    )
    return app


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Program:
    def __init__(self, configuration: Configuration, crm: Crm, clock: Callable[[], float]) -> None:
        self._configuration = configuration
        self._crm = crm
        self._clock = clock
        self._board = Board()
        self._changed = asyncio.Event()
        self._stopping = False
        self._lookups: set[asyncio.Task[None]] = set()
        self._book: Book
        self._clerk: Clerk

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        self._configuration.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Book(self._configuration.book) as self._book:
            self._clerk = Clerk(self._crm, self._book, self._clock)
            working = asyncio.create_task(self._clerk.run(), name="clerk")
            working.add_done_callback(_ended)
            yield
            for lookup in self._lookups:
                lookup.cancel()
            self._clerk.stop()
            await working  # bounded by the CRM's time-out

    async def let_go(self, app: web.Application) -> None:
        """Answer the pages that wait for a call."""
        self._stopping = True
        self._tell_pages()

    def _tell_pages(self) -> None:
        """Something on the board is new: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The pages ask for the password, if there is one; the webhook has its signature."""
        if request.path != "/hook" and not self._may_look(request):
            return web.Response(status=401, text="Password, please.", headers=HEADERS | {"WWW-Authenticate": "Basic"})
        try:
            answer = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(HEADERS)
            raise
        answer.headers.update(HEADERS)
        return answer

    def _may_look(self, request: web.Request) -> bool:
        if not self._configuration.password:
            return True
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        with suppress(ValueError):
            password = base64.b64decode(given, validate=True).partition(b":")[2]
            return scheme.lower() == "basic" and hmac.compare_digest(password, self._configuration.password.encode())
        return False

    async def hook(self, request: web.Request) -> web.Response:
        """Keep what is to go into the CRM, show the call, answer at once; the CRM is asked afterwards."""
        told, now = await request.read(), self._clock()
        try:
            id_ = check_signature(self._configuration.secrets, request.headers, told, now=now)
            event, is_test = request.headers.get("Switchhook-Event", ""), request.headers.get("Switchhook-Test") == "1"
            happening = read_happening(id_, event, told, is_test=is_test)
        except Unsigned as error:
            log.warning("a request was refused: %s", error)
            return web.Response(status=401, text=f"Refused: {error}.\n")
        except Unreadable as error:
            log.warning("a request was not understood: %s", error)
            return web.Response(status=400, text=f"Not understood: {error}.\n")
        entry = entry_of(happening)
        if entry and self._book.keep(entry, now=now):  # a few milliseconds, on the disk when we answer
            self._clerk.wake()
        if call := self._board.take(happening, now=datetime.fromtimestamp(now, UTC)):
            lookup = asyncio.create_task(self._look_up(call), name="look up")
            self._lookups.add(lookup)
            lookup.add_done_callback(self._lookups.discard)
        self._tell_pages()
        return web.Response(status=204)

    async def home(self, request: web.Request) -> web.Response:
        return web.Response(text=home_page(self._book.latest(LINES_SHOWN)), content_type="text/html")

    async def choose(self, request: web.Request) -> web.Response:
        extension = request.query.get("extension", "").strip()
        if not re.fullmatch(EXTENSION, extension):
            raise web.HTTPBadRequest(text="An extension is like 201: letters, digits, *, #, _ and -.")
        raise web.HTTPSeeOther(f"/pop/{quote(extension)}")

    async def pop_page(self, request: web.Request) -> web.Response:
        extension = request.match_info["extension"]
        return web.Response(text=pop_page(extension, self._board.shown(extension)), content_type="text/html")

    async def pop(self, request: web.Request) -> web.Response:
        """What an extension's page shows: once it differs from what the page has, or after a while."""
        extension, seen = request.match_info["extension"], request.query.get("seen")
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                while _mark(self._popped(extension)) == seen and not self._stopping:
                    await self._changed.wait()
        text = self._popped(extension)
        return web.Response(text=text, content_type="text/html", headers={"Shown": _mark(text)})

    def _popped(self, extension: str) -> str:
        return pop(extension, self._board.shown(extension))

    async def _look_up(self, call: Call) -> None:
        """Find the caller in the CRM. While a phone rings there is time for few tries only."""
        for wait_seconds in LOOK_UP_AFTER_SECONDS:
            await asyncio.sleep(wait_seconds)
            try:
                call.contact = await self._crm.find_contact(call.number)
                call.looked_up, call.problem = True, ""
            except CrmFailed as error:
                call.problem = str(error)
                log.warning("the caller of %s could not be looked up: %s", call.uuid, error)
            self._tell_pages()
            if call.looked_up:
                return


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _ended(working: asyncio.Task[None]) -> None:
    if not working.cancelled() and working.exception():
        log.critical("the clerk has ended", exc_info=working.exception())
        raise SystemExit(1)
