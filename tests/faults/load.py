"""A load for tests of faults: programs that tell intake of events and do not give up, and who counts ids in the end.

Each event is told again and again, to one engine after the other, until somebody says 202: so everything that was
told was accepted in the end, and what was accepted must arrive. `webhook-id` tells which arrived, and how often.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, Self
from uuid import UUID

import aiohttp

from switchhook.domain.catalogue import EventType
from switchhook.domain.event import delivery_id
from tests.fixtures.processes import Half
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed

TOKEN = "intake-token"
AT_ONCE = 16
CUT_SECONDS = 5.0  # who gets no answer for so long asks somebody else
PAUSE_SECONDS = 0.05


class Load:
    """Told to the engines, by programs at once; `accepted` grows."""

    def __init__(self, seed: Seed, receiver: Receiver, **columns: Any) -> None:
        """An account, a service and an integration that calls the receiver, put into the database."""
        account = seed.account(allowed_networks=["127.0.0.0/8"])
        self.service = seed.service(account, intake_token_hash=hashlib.sha256(TOKEN.encode()).hexdigest())
        self.integration = seed.integration(
            account, self.service, event_type=EventType.INBOUND_RECEIVED, request_url=receiver.url(),
            **{"max_in_flight": 50} | columns)
        self.receiver = receiver
        self.accepted: dict[str, UUID] = {}
        self.answers: Counter[int] = Counter()
        self._more = asyncio.Condition()
        self._told = 0

    @asynccontextmanager
    async def told_to(self, *engines: Half, per_second: float | None = None) -> AsyncIterator[Self]:
        """While this is open, events are told to these engines; when it is left, all that were told are accepted."""
        stop = asyncio.Event()
        urls = [f"http://127.0.0.1:{one.intake_port}/v1/services/{self.service}/events" for one in engines]
        every_seconds = None if per_second is None else AT_ONCE / per_second
        session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})
        async with session, asyncio.TaskGroup() as programs:
            for number in range(AT_ONCE):
                first = number % len(urls)
                programs.create_task(self._program(session, urls[first:] + urls[:first], stop, every_seconds))
            try:
                yield self
            finally:
                stop.set()

    async def accepts(self, more: int, seconds: float = 60.0) -> None:
        """Wait until so many more have been accepted."""
        wanted = len(self.accepted) + more
        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(lambda: len(self.accepted) >= wanted)

    async def answered(self, status: int, seconds: float = 30.0) -> None:
        """Wait until some engine gives this answer once more."""
        before = self.answers[status]
        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(lambda: self.answers[status] > before)

    async def has_arrived(self, seconds: float = 60.0, more: Callable[[], str] = str) -> Counter[str]:
        """Wait until everything that was accepted has arrived; how often each did. Nothing else has."""
        wanted = {str(delivery_id(event, self.integration)) for event in self.accepted.values()}
        assert len(wanted) == len(self.accepted)
        end = asyncio.get_running_loop().time() + seconds
        while missing := wanted - self._arrived().keys():
            assert asyncio.get_running_loop().time() < end, f"{len(missing)} of {len(wanted)} are missing\n{more()}"
            await asyncio.sleep(0.05)
        arrived = self._arrived()
        assert arrived.keys() == wanted
        return arrived

    def _arrived(self) -> Counter[str]:
        return Counter(got.header("webhook-id") or "" for got in self.receiver.requests)

    async def _program(
        self, session: aiohttp.ClientSession, urls: Sequence[str], stop: asyncio.Event, every_seconds: float | None
    ) -> None:
        at = asyncio.get_running_loop().time()
        while not stop.is_set():
            self._told += 1
            await self._tell(session, urls, self._told)
            if every_seconds is not None:
                at += every_seconds
                await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))

    async def _tell(self, session: aiohttp.ClientSession, urls: Sequence[str], number: int) -> None:
        body = {"id": f"event-{number}", "type": "call.inbound_received", "call_id": f"call-{number}",
                "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}
        for url in cycle(urls):
            status, answer = await _post(session, url, body)
            async with self._more:
                self.answers[status] += 1
                if status == 202:
                    self.accepted[f"event-{number}"] = UUID(answer["events"][0]["event_id"])
                self._more.notify_all()
            if status == 202:
                return
            assert status in (0, 503), answer
            await asyncio.sleep(PAUSE_SECONDS)


async def _post(session: aiohttp.ClientSession, url: str, body: dict[str, object]) -> tuple[int, Any]:
    """(status, answer); status 0: nobody answered."""
    try:
        async with session.post(url, json=body, timeout=aiohttp.ClientTimeout(total=CUT_SECONDS)) as response:
            return response.status, await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError) as error:
        return 0, str(error)
