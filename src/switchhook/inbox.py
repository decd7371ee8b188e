"""The request inbox's listener: a receiver of one's own. It keeps what it gets and answers as its owner set it.

`ANY /{inbox UUID}` and everything below it. Whoever knows the UUID may write into the inbox, so that what is kept
is bounded, and so is how often (429). Waiting is, too: of the requests to be answered late so many wait, and the others
are answered at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiohttp import web

from switchhook.domain.allowance import Allowances
from switchhook.domain.errors import StoreUnavailable
from switchhook.domain.event import timed_id
from switchhook.store.ports import InboxRequest, Store

KEPT_BYTES = 64 * 1024
READ_BYTES = 1024 * 1024  # of a longer body so much is read, that its sender hears the answer
READ_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 10.0
DELAYED_AT_ONCE = 20
PER_SECOND = 25.0  # requests to one inbox; ten seconds' worth of them at once


class InboxListener:
    """The listener."""

    def __init__(
        self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        delayed_at_once: int = DELAYED_AT_ONCE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._delayed_at_once = delayed_at_once
        self._delayed = 0
        self._allowances = Allowances()
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen. Returns the port (0 takes a free one)."""
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None), handle_signals=False, shutdown_timeout=2.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        listening: int = self._runner.addresses[0][1]
        return listening

    async def stop(self) -> None:
        """Close."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        began = time.monotonic()
        try:
            inbox = await self._store.inbox(UUID(request.path.split("/")[1]))
        except ValueError:
            inbox = None
        except StoreUnavailable:
            return _answer(503, "the database is away")
        if inbox is None:
            return _answer(404, "there is no such inbox")
        if wait_seconds := self._allowances.spend(inbox.id, 1, PER_SECOND, began):
            return _answer(429, "it gets too much", {"Retry-After": str(wait_seconds)})
        body, truncated = await _read(request)
        at = self._clock()
        headers = tuple(
            (name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in request.raw_headers)
        kept = InboxRequest(
            id=timed_id(int(at.timestamp() * 1000), "inbox", inbox.id, uuid4()), inbox_id=inbox.id, at=at,
            method=request.method, url=request.raw_path, headers=headers, body=body, body_truncated=truncated,
            answered_status=inbox.answer_status)
        try:
            await self._store.keep_inbox_request(kept)
        except StoreUnavailable:
            return _answer(503, "the database is away")
        await self._delay(min(inbox.answer_delay_ms / 1000, LONGEST_DELAY_SECONDS) - (time.monotonic() - began))
        return _answer(inbox.answer_status, "kept")

    async def _delay(self, seconds: float) -> None:
        if seconds <= 0 or self._delayed >= self._delayed_at_once:
            return
        self._delayed += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._delayed -= 1


async def _read(request: web.BaseRequest) -> tuple[bytes, bool]:
    """What is kept of the body, and whether there was more. What does not come in time is not waited for."""
    kept, size = bytearray(), 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            while size <= READ_BYTES and (chunk := await request.content.readany()):
                size += len(chunk)
                kept += chunk[: KEPT_BYTES - len(kept)]
    except (TimeoutError, ConnectionError):  # too slow, or gone
        return bytes(kept), True
    return bytes(kept), size > len(kept)


def _answer(status: int, word: str, headers: Mapping[str, str] | None = None) -> web.Response:
    if status in (204, 304) or status < 200:
        return web.Response(status=max(status, 200))
    return web.json_response({"inbox": word}, status=status, headers=headers)
