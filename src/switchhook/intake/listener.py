"""Intake's HTTP server: events from elsewhere, `/healthz`, `/readyz` and `/metrics`.

`POST /v1/services/{service UUID}/events` answers 202 once the events are committed, never before; the same event
(by the caller's id) is accepted once, however often it is sent. While the database is away it answers 503 at once.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from aiohttp import web

from switchhook.domain.allowance import Allowances
from switchhook.domain.errors import StoreUnavailable
from switchhook.domain.event import Event
from switchhook.domain.service import Account, Service
from switchhook.intake.metrics import exposition
from switchhook.intake.problems import Problem, problems
from switchhook.intake.sequences import Sequences
from switchhook.intake.told import MAX_EVENTS, Told, read_events
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Accepted

MAX_BODY_BYTES = 1024 * 1024
READ_SECONDS = 10.0  # a body must be here by then
AT_ONCE = 200  # requests
RETRY_AFTER_SECONDS = 5


class Accept(Protocol):
    """Takes events from intake (`DeliveryEngine.accept`, `patient` false): done when they are committed."""

    def __call__(
        self, events: Sequence[Event], *, intake_keys: Sequence[str], patient: bool
    ) -> asyncio.Future[Accepted]: ...


class Intake:
    """The listener. `start()` it once the configuration is loaded."""

    def __init__(
        self, *, current: CurrentConfiguration, accept: Accept, not_ready: Callable[[], Sequence[str]] = tuple,
        measure: Callable[[], Mapping[str, float]] = dict, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        account_per_second: int = 500, seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`not_ready`: why this engine is not ready, in words; nothing when it is. `measure`: samples for metrics.
        `account_per_second`: events that an account without a quota of its own may tell. `seconds`: since whenever."""
        self._current = current
        self._accept = accept
        self._not_ready = not_ready
        self._measure = measure
        self._clock = clock
        self._sequences = Sequences()
        self._account_per_second = account_per_second
        self._seconds = seconds
        self._allowances = Allowances(at_once=MAX_EVENTS)
        self._in_work = 0
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen. Returns the port (0 takes a free one)."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[problems])
        app.router.add_post("/v1/services/{service}/events", self._events)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        listening: int = self._runner.addresses[0][1]
        return listening

    async def stop(self) -> None:
        """Take no more requests; those that are here get their answers."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- events --------------------------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.Response:
        service = self._service(request)
        account = self._account(service)
        if self._in_work >= AT_ONCE:
            raise _busy("too_many_requests_at_once", "Too many requests at once: send this one again in a moment.")
        self._in_work += 1
        try:
            told = read_events(
                await _body(request), service, now=self._clock(), sequence_of=self._sequences.place)
            self._spend(account, len(told))
            accepted = await self._accept(
                [one.event for one in told], intake_keys=[one.caller_id for one in told], patient=False)
        except StoreUnavailable as error:
            raise _busy("database_away", "The database is away, and nothing was accepted: send it again.") from error
        finally:
            self._in_work -= 1
        return web.json_response({"events": [_outcome(one, accepted) for one in told]}, status=202)

    def _service(self, request: web.Request) -> Service:
        """The service of the address, if the token is its own."""
        try:
            service = self._current.value.services.get(UUID(request.match_info["service"]))
        except ValueError:
            service = None
        if service is None or not service.intake_token_hash:
            raise Problem(404, "unknown_service", "There is no service with this UUID that takes events by intake.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, service.intake_token_hash.lower()):
            raise Problem(401, "wrong_token", "Send the service's intake token: `Authorization: Bearer …`.",
                          headers={"WWW-Authenticate": "Bearer"})
        return service

    def _account(self, service: Service) -> Account:
        account = self._current.value.accounts.get(service.account_id)
        if account is None or account.suspended:
            raise Problem(403, "account_suspended", "The account is suspended: nothing is accepted. Ask its operator.")
        return account

    def _spend(self, account: Account, events: int) -> None:
        """No account tells so much that others cannot."""
        per_second = account.max_events_per_second or self._account_per_second
        wait_seconds = self._allowances.spend(account.id, events, per_second, self._seconds())
        if wait_seconds:
            raise Problem(
                429, "too_many_events", f"This account may tell {per_second} events a second, and nothing was "
                f"accepted: send it again in {wait_seconds} seconds.", headers={"Retry-After": str(wait_seconds)})

    # -- health --------------------------------------------------------------------------------------------

    async def _healthz(self, _request: web.Request) -> web.Response:
        """The process lives: its loop answers."""
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        reasons = list(self._not_ready())
        if not self._current.loaded:
            reasons.append("the configuration is not loaded yet")
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text=exposition(self._measure()), content_type="text/plain", charset="utf-8")


async def _body(request: web.Request) -> object:
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "Send the events as JSON, with `Content-Type: application/json`.")
    try:
        async with asyncio.timeout(READ_SECONDS):
            raw = await request.read()
    except TimeoutError as error:
        raise Problem(408, "too_slow", f"The body was not here within {READ_SECONDS:g} seconds.") from error
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "not_json", "The body is not JSON (in UTF-8).") from error


def _outcome(told: Told, accepted: Accepted) -> dict[str, str]:
    event_id = accepted.known.get(told.event.id, told.event.id)
    status = "accepted" if told.event.id in accepted.new else "already known"
    return {"id": told.caller_id, "event_id": str(event_id), "status": status}


def _busy(code: str, detail: str) -> Problem:
    return Problem(503, code, detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
