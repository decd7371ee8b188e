"""The program's HTTP: the webhook, the dashboard, the export."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from nps.book import Book
from nps.configuration import Configuration
from nps.figures import PERIODS, figures, starts
from nps.hook import Unreadable, Unsigned, check_signature, read_choice
from nps.outbox import Outbox
from nps.page import View, as_csv, body, page
from nps.rules import Rules, judge, messages

log = logging.getLogger("nps.server")

BODY_BYTES = 64 * 1024
NOT_COUNTED_SHOWN = 10
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_app(
    configuration: Configuration, rules: Rules, *, home_url: str = "", clock: Callable[[], float] = time.time
) -> web.Application:
    """The program. `home_url`: where the page's link back leads to. `clock`: seconds since 1970."""
    program = _Program(configuration, rules, home_url, clock)
    app = web.Application(middlewares=[program.guard], client_max_size=BODY_BYTES)
    app.cleanup_ctx.append(program.running)
    app.add_routes(
        [
            web.post("/hook", program.hook),
            web.get("/", program.dashboard),
            web.get("/figures", program.figures),
            web.get("/scores.csv", program.export),
            web.static("/static", Path(__file__).parent / "static"),
        ]
    )
    return app


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Program:
    def __init__(self, configuration: Configuration, rules: Rules, home_url: str, clock: Callable[[], float]) -> None:
        self._configuration = configuration
        self._rules = rules
        self._home_url = home_url
        self._clock = clock
        self._book: Book
        self._outbox: Outbox

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        self._configuration.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Book(self._configuration.book) as self._book:
            self._outbox = Outbox(self._configuration, self._book, self._clock)
            sending = asyncio.create_task(self._outbox.run(), name="outbox")
            sending.add_done_callback(_ended)
            yield
            self._outbox.stop()
            await sending  # bounded by the outbox's time-outs

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The dashboard asks for the password, if there is one; the webhook has its signature."""
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
        """Keep what was chosen, answer at once; what is to be sent is sent afterwards."""
        told = await request.read()
        now = self._clock()
        try:
            id_ = check_signature(self._configuration.secrets, request.headers, told, now=now)
            choice = read_choice(id_, told, is_test=request.headers.get("Switchhook-Test") == "1")
        except Unsigned as error:
            log.warning("a request was refused: %s", error)
            return web.Response(status=401, text=f"Refused: {error}.\n")
        except Unreadable as error:
            log.warning("a request was not understood: %s", error)
            return web.Response(status=400, text=f"Not understood: {error}.\n")
        score, why = judge(choice, self._rules)
        owed = (
            []
            if score is None
            else messages(
                choice,
                score,
                self._rules,
                mails=bool(self._configuration.smtp_url),
                crm_url=self._configuration.crm_url,
            )
        )
        if self._book.keep(choice, score, why, owed, now=now):  # a few milliseconds, on the disk when we answer
            self._outbox.wake()
        return web.Response(status=204)

    async def dashboard(self, request: web.Request) -> web.Response:
        return web.Response(text=page(await self._view(request)), content_type="text/html")

    async def figures(self, request: web.Request) -> web.Response:
        return web.Response(text=body(await self._view(request)), content_type="text/html")

    async def export(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        return web.Response(
            text=as_csv(view.scores, view.zone),
            content_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="nps-{view.period}.csv"'},
        )

    async def _view(self, request: web.Request) -> View:
        period = request.query.get("period", "month")
        return await asyncio.to_thread(
            self._look, period if period in PERIODS else "month", request.query.get("menu", "")
        )

    def _look(self, period: str, menu: str) -> View:
        """Read in a thread, over a connection of its own: a large year does not hold up the webhook."""
        zone, now = self._configuration.time_zone, datetime.fromtimestamp(self._clock(), UTC)
        since_ms = int(starts(PERIODS[period], now, zone)[0].timestamp() * 1000)
        with Book(self._configuration.book) as book:
            scores, menus = book.scores(since_ms, menu), book.menus()
            return View(
                period=period,
                menu=menu,
                menus=menus,
                figures=figures(scores, PERIODS[period], now, zone),
                scores=scores,
                not_counted=book.not_counted(NOT_COUNTED_SHOWN),
                zone=zone,
                home_url=self._home_url,
            )


def _ended(sending: asyncio.Task[None]) -> None:
    if not sending.cancelled() and sending.exception():
        log.critical("the outbox has ended", exc_info=sending.exception())
        raise SystemExit(1)
