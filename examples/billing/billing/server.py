"""The program's HTTP: the webhook, the page, the export."""

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

from billing.book import Book, Kept
from billing.configuration import Configuration
from billing.database import Database, Trouble
from billing.ended import Ended, Unreadable
from billing.hook import Unsigned, check_signature, read_ended
from billing.page import View, page
from billing.periods import Period, period_of
from billing.rates import RateTable
from billing.table import as_csv

log = logging.getLogger("billing.server")

BODY_BYTES = 64 * 1024
SHOWN = 25
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_app(
    configuration: Configuration, rates: RateTable, *, home_url: str = "", clock: Callable[[], float] = time.time
) -> web.Application:
    """The program. `home_url`: where the page's link back leads to. `clock`: seconds since 1970."""
    program = _Program(configuration, rates, home_url, clock)
    app = web.Application(middlewares=[program.guard], client_max_size=BODY_BYTES)
    app.cleanup_ctx.append(program.running)
    app.add_routes(
        [
            web.post("/hook", program.hook),
            web.get("/", program.page),
            web.get("/records.csv", program.export),
            web.static("/static", Path(__file__).parent / "static"),
        ]
    )
    return app


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Program:
    def __init__(
        self, configuration: Configuration, rates: RateTable, home_url: str, clock: Callable[[], float]
    ) -> None:
        self._configuration = configuration
        self._rates = rates
        self._home_url = home_url
        self._clock = clock
        self._writing = asyncio.Lock()
        self._database: Database | None = None

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        with Database(self._configuration.database_url) as database:
            Book(database).create()
        yield
        if self._database is not None:
            self._database.close()

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The page asks for the password, if there is one; the webhook has its signature."""
        if request.path != "/hook" and not self._may_look(request):
            return web.Response(status=401, text="Password, please.", headers=HEADERS | {"WWW-Authenticate": "Basic"})
        try:
            answer = await handler(request)
        except Trouble as error:
            log.error("%s", error)
            answer = web.Response(status=503, text="The database does not answer.\n", headers={"Retry-After": "5"})
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
        """Rate it and keep it, then answer: what has a 2xx is in the database."""
        told = await request.read()
        try:
            account = check_signature(self._configuration.secrets, request.headers, told, now=self._clock())
            ended = read_ended(request.headers.get("Switchhook-Event", ""), told, account)
        except Unsigned as error:
            log.warning("a request was refused: %s", error)
            return web.Response(status=401, text=f"Refused: {error}.\n")
        except Unreadable as error:
            log.warning("a request was not understood: %s", error)
            return web.Response(status=400, text=f"Not understood: {error}.\n")
        if request.headers.get("Switchhook-Test") == "1":
            log.info("a test was understood and is not kept: %s", ended.call_uuid)
            return web.Response(text="A test: understood, and not kept.\n")
        async with self._writing:
            kept = await asyncio.to_thread(self._keep, ended)
        if kept not in (Kept.NEW, Kept.SAME):
            log.info("call %s leg %s was told again: %s", ended.call_uuid, ended.leg_id or "-", kept)
        return web.Response(status=409 if kept is Kept.FOREIGN else 200, text=f"{kept.capitalize()}.\n")

    def _keep(self, ended: Ended) -> Kept:
        """One connection for all; after trouble a new one."""
        if self._database is None:
            self._database = Database(self._configuration.database_url)
        try:
            return Book(self._database).keep(ended, self._rates.charge(ended))
        except Trouble:
            broken, self._database = self._database, None
            with suppress(Trouble):
                broken.close()
            raise

    async def page(self, request: web.Request) -> web.Response:
        view = await asyncio.to_thread(self._look, self._period(request))
        return web.Response(text=page(view), content_type="text/html")

    async def export(self, request: web.Request) -> web.Response:
        period = self._period(request)
        text = await asyncio.to_thread(self._as_csv, period)
        return web.Response(text=text, content_type="text/csv", headers={
            "Content-Disposition": f'attachment; filename="records-{period.name}.csv"'})

    def _period(self, request: web.Request) -> Period:
        wanted = request.query.get("day") or request.query.get("month") or self._now().strftime("%Y-%m")
        try:
            return period_of(wanted, self._configuration.time_zone)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).astimezone(self._configuration.time_zone)

    # -- in threads, each over a connection of its own: a large month does not hold up the webhook ----------

    def _look(self, period: Period) -> View:
        with Database(self._configuration.database_url) as database:
            book = Book(database)
            corrected = book.corrected(period, SHOWN)
            return View(
                period=period,
                today=self._now().date().isoformat(),
                currency=self._configuration.currency,
                decimals=self._rates.decimals,
                users=book.sums_by_user(period),
                call_types=book.sums_by_call_type(period),
                latest=book.latest(period, SHOWN),
                unrated=book.unrated(SHOWN),
                corrected=[book.versions(one.ended.call_uuid, one.ended.leg_id) for one in corrected],
                home_url=self._home_url,
            )

    def _as_csv(self, period: Period) -> str:
        with Database(self._configuration.database_url) as database:
            return as_csv(Book(database).records(period), self._configuration)
