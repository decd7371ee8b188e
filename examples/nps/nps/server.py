"""The program's HTTP: the webhook, the dashboard, the export, the recordings."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from nps.book import Book
from nps.configuration import Configuration
from nps.crm import Crm, JsonCrm, JsonCrmAccess
from nps.figures import PERIODS, figures, starts
from nps.hook import Unreadable, Unsigned, check_signature, read_choice
from nps.outbox import Outbox
from nps.page import View, as_csv, body, page
from nps.recordings import Recordings
from nps.rounds import Rounds
from nps.rules import Rules, judge, messages
from nps.switchhook_api import ApiFailed, SwitchhookApi
from nps.tryton import Tryton, TrytonAccess

log = logging.getLogger("nps.server")

BODY_BYTES = 64 * 1024
NOT_COUNTED_SHOWN = 10
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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
    app[ROUNDS] = program.rounds
    app.cleanup_ctx.append(program.running)
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.post("/hook", program.hook),
            web.get("/", program.dashboard),
            web.get("/figures", program.figures),
            web.get("/scores.csv", program.export),
            web.get("/recordings/{call_uuid}/{number:[0-9]{1,3}}", program.recording),
            web.static("/static", Path(__file__).parent / "static"),
        ]
    )
    return app


#: What the program does by itself: waits for recordings, sends. Filled when it runs.
ROUNDS = web.AppKey("rounds", list[Rounds])

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Program:
    def __init__(self, configuration: Configuration, rules: Rules, home_url: str, clock: Callable[[], float]) -> None:
        self._configuration = configuration
        self._rules = rules
        self._home_url = home_url
        self._clock = clock
        self.rounds: list[Rounds] = []
        self._book: Book
        self._api: SwitchhookApi | None
        self._recordings: Recordings
        self._outbox: Outbox

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        ours = self._configuration
        ours.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with AsyncExitStack() as open_:
            self._book = open_.enter_context(Book(ours.book))
            self._api = SwitchhookApi(ours.api) if ours.api else None
            crm = _crm_of(ours)
            if self._api:
                open_.push_async_callback(self._api.close)
            if crm:
                open_.push_async_callback(crm.close)
            self._recordings = Recordings(self._api, self._book, lambda: self._outbox.rounds.wake(), self._clock)
            self._outbox = Outbox(ours, self._book, self._recordings, crm, self._clock)
            self.rounds += (self._recordings.rounds, self._outbox.rounds)
            tasks = [asyncio.create_task(one.run()) for one in self.rounds]
            for task in tasks:
                task.add_done_callback(_ended)
            yield
            for one in self.rounds:
                one.stop()
            await asyncio.gather(*tasks)  # bounded by the time-outs of what they have in hand

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The dashboard asks for the password, if there is one; the webhook has its signature."""
        if request.path != "/hook" and not self._may_look(request):
            return web.Response(status=401, text="Password, please.", headers={"WWW-Authenticate": "Basic"})
        return await handler(request)

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
                crm_url=self._configuration.crm.url if self._configuration.crm else "",
            )
        )
        listen_at = self._recordings.first_look()
        if self._book.keep(choice, score, why, owed, now=now, listen_at=listen_at):  # on the disk when we answer
            self._recordings.rounds.wake()
            self._outbox.rounds.wake()
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

    async def recording(self, request: web.Request) -> web.StreamResponse:
        """The sound of a call, or the part of it that the player asks for, handed on from Switchhook's API."""
        call_uuid, number = request.match_info["call_uuid"], int(request.match_info["number"])
        recorded = self._book.recorded(call_uuid)
        if self._api is None or recorded is None or number not in recorded.numbers:
            raise web.HTTPNotFound(text="There is no such recording.")
        range_ = request.headers.get("Range", "")
        try:
            async with self._api.media(recorded.service_id, call_uuid, number, range_=range_) as media:
                if media.status not in (200, 206):
                    return web.Response(status=media.status, text="The recording cannot be had now.")
                answer = web.StreamResponse(status=media.status, headers=media.headers)
                await answer.prepare(request)
                with suppress(ConnectionError):  # who listens has gone
                    async for chunk in media.chunks():
                        await answer.write(chunk)
                return answer
        except ApiFailed as error:
            log.warning("the recording of call %s: %s", call_uuid, error)
            if request.writer.output_size:
                raise  # in the middle of it: the connection is cut
            raise web.HTTPBadGateway(text="Switchhook does not hand the recording over now.") from error

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


def _crm_of(ours: Configuration) -> Crm | None:
    match ours.crm:
        case JsonCrmAccess() as access:
            return JsonCrm(access)
        case TrytonAccess() as access:
            return Tryton(access)
        case None:
            return None


async def _add_headers(request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(HEADERS)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        log.critical("what sends has ended", exc_info=task.exception())
        raise SystemExit(1)
