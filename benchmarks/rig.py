"""The rig of every load: an engine of real parts in this process, a sink in another one, a bare client as the limit."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import free_port
from tests.fixtures.seed import Seed

from switchhook.delivery.engine import DeliveryEngine
from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event, asterisk_call_uuid, delivery_id, timed_id
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Store

#: What a load comes to, by name; it goes through JSON.
Figures = dict[str, Any]

BODY_BYTES = 1024
OUTSTANDING = 400  # events in the closed loop that are not yet delivered
ARRIVE_SECONDS = 1.0  # after the last accept of an open loop
_SIGNING_SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request that came to the sink: the first byte's moment (monotonic seconds) and the answer's status."""

    at: float
    status: int
    path: str
    webhook_id: str


class SinkProcess:
    """The receiver, in a process of its own; `benchmarks/sink.py` says what each path answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sink", str(self.port)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    async def arrivals(self) -> list[Arrival]:
        """What came since last asked."""
        lines = (await self._get("/-/arrivals")).splitlines()
        return [
            Arrival(at=float(at), status=int(status), path=path, webhook_id=name)
            for at, status, path, name in (line.split(" ", 3) for line in lines)]

    async def answer_outage(self, *, down: bool) -> None:
        """From now on `/outage` answers 503, or 204 again."""
        await self._get("/-/down" if down else "/-/up")

    async def _get(self, path: str) -> str:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return await answer.text()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Rig:
    """One engine's worth of parts, on one database, with integrations pointed at paths of the sink."""

    def __init__(
        self, store: Store, current: CurrentConfiguration, delivery: DeliveryEngine, sink: SinkProcess,
        account: UUID, service: UUID, integrations: Sequence[UUID],
    ) -> None:
        self.store, self.current, self.delivery, self.sink = store, current, delivery, sink
        self.account, self.service, self.integrations = account, service, integrations

    def event(self, number: int) -> Event:
        now = datetime.now(UTC)
        call = asterisk_call_uuid(self.service, f"bench.{number}.{now.timestamp()}")
        return Event(
            id=timed_id(int(now.timestamp() * 1000), "bench", number, call),
            type=EventType.INBOUND_RECEIVED, account_id=self.account, service_id=self.service, at=now,
            order_key=str(call), sequence=1, call_uuid=call, native_call_id=f"bench.{number}",
            fields={Field.SOURCE_NUMBER: "12025550171", Field.DESTINATION_NUMBER: "12025550101"})

    def delivered(self) -> int:
        return self.delivery.delivered

    async def closed_loop(self, count: int) -> float:
        """Accept `count` events, so many outstanding; deliveries/s until the last is recorded."""
        began, before = time.monotonic(), self.delivered()
        owed = len(self.integrations)
        accepted: list[asyncio.Future[Any]] = []
        for number in range(count):
            while number * owed - (self.delivered() - before) > OUTSTANDING:
                await asyncio.sleep(0.001)
            accepted.append(self.delivery.accept([self.event(number)]))
            if number % 20 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*accepted)
        while self.delivered() - before < count * owed:
            await asyncio.sleep(0.002)
        await self.delivery.recorder.drain()
        return count * owed / (time.monotonic() - began)

    async def open_loop(self, per_second: float, seconds: float) -> list[float]:
        """Accept at a steady rate; milliseconds from each accept to the first byte at each receiver that answers."""
        await self.sink.arrivals()
        accepted_at: dict[str, float] = {}
        waiting: list[asyncio.Future[Any]] = []
        begin = time.monotonic()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            event, now = self.event(number), time.monotonic()
            accepted_at |= {str(delivery_id(event.id, integration)): now for integration in self.integrations}
            waiting.append(self.delivery.accept([event]))
        await asyncio.gather(*waiting)
        await asyncio.sleep(ARRIVE_SECONDS)
        return [
            (arrival.at - accepted_at[arrival.webhook_id]) * 1000 for arrival in await self.sink.arrivals()
            if arrival.webhook_id in accepted_at and not arrival.path.startswith("/stall")]


@asynccontextmanager
async def rig(
    database_url: str, paths: Sequence[str] = ("/hook",), *, begin: asyncio.Event | None = None,
) -> AsyncIterator[Rig]:
    """A Rig with an account of its own and an integration for each path of the sink. It delivers once it may."""
    sink = SinkProcess()
    with Seed(database_url, KEYS) as seed:
        account = seed.account(allowed_networks=["127.0.0.0/8"])
        service = seed.service(account)
        integrations = [
            seed.integration(
                account, service, event_type=EventType.INBOUND_RECEIVED, request_url=sink.url + path, max_in_flight=64,
                signing=[_SIGNING_SECRET], timeout_seconds=30.0,
                body_keys=[
                    {"key": "source", "field": "source_number"},
                    {"key": "call", "field": "call_uuid"},
                    {"key": "text", "text": "x" * (BODY_BYTES - 110)},
                ])
            for path in paths]
    store = open_store(database_url, KEYS)
    await store.open()
    engine_id = uuid4()
    await store.begin_incarnation(engine_id, "bench", 1)
    current = CurrentConfiguration(store)
    await current.load()
    delivery = DeliveryEngine(store=store, engine_id=engine_id, current=current)
    running = asyncio.create_task(_run(delivery, begin))
    try:
        yield Rig(store, current, delivery, sink, account, service, integrations)
    finally:
        await delivery.stop(5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.end_incarnation(engine_id)
        await store.close()
        sink.stop()
        with Seed(database_url, KEYS) as seed:  # the next one has nothing to do with what this one owed
            seed.execute("UPDATE delivery SET state = 'cancelled', owner = NULL "
                         "WHERE account_id = ? AND state = 'pending'", account)


async def _run(delivery: DeliveryEngine, begin: asyncio.Event | None) -> None:
    if begin is not None:
        await begin.wait()
    await delivery.run()


async def bare_client(count: int, concurrency: int = 64) -> float:
    """Requests/s of the HTTP client alone, with the same body, to the same sink: the limit."""
    sink = SinkProcess()
    body = json.dumps({"source": "12025550171", "call": str(uuid4()), "text": "x" * (BODY_BYTES - 110)}).encode()
    url, numbers = sink.url + "/hook", iter(range(count))

    async def one_after_the_other(session: aiohttp.ClientSession) -> None:
        for _ in numbers:
            async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()

    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
            began = time.monotonic()
            await asyncio.gather(*(one_after_the_other(session) for _ in range(concurrency)))
            return count / (time.monotonic() - began)
    finally:
        sink.stop()


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p99, in the values' unit."""
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]}


def resident_mib(pid: str = "self") -> float:
    """A process's resident memory, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
