"""The loads: an engine of real parts in this process, a sink in another one, and a bare client as the limit.

Run by `benchmarks/__main__.py` in a process of its own for each database, so that memory can be told apart.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import aiohttp
import uvloop
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import free_port
from tests.fixtures.seed import Seed
from tests.pbx.fake_pbx import fake_pbx, inbound

from switchhook.delivery.engine import DeliveryEngine
from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event, delivery_id, timed_id
from switchhook.pbx.fleet import Fleet
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration

BODY_BYTES = 1024
OUTSTANDING = 400  # events in the closed loop that are not yet delivered
AMI_CALLS = 60


class SinkProcess:
    """The receiver, in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sink", str(self.port)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    async def arrivals(self) -> dict[str, float]:
        """webhook-id → when its first byte came, since last asked."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/-/arrivals") as answer,
        ):
            lines = (await answer.text()).splitlines()
        return {name: float(at) for at, name in (line.split(" ", 1) for line in lines)}

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Bench:
    """One engine's worth of parts, on one database, with one integration (or several) pointed at the sink."""

    def __init__(
        self,
        store: object,
        delivery: DeliveryEngine,
        sink: SinkProcess,
        account: UUID,
        service: UUID,
        integrations: Sequence[UUID],
    ) -> None:
        self.store, self.delivery, self.sink = store, delivery, sink
        self.account, self.service, self.integrations = account, service, integrations

    def event(self, number: int) -> Event:
        now = datetime.now(UTC)
        call = uuid4()
        return Event(
            id=timed_id(int(now.timestamp() * 1000), "bench", number, call),
            type=EventType.INBOUND_RECEIVED,
            account_id=self.account,
            service_id=self.service,
            at=now,
            order_key=str(call),
            sequence=1,
            call_uuid=call,
            native_call_id=f"bench.{number}",
            fields={Field.SOURCE_NUMBER: "12025550171", Field.DESTINATION_NUMBER: "12025550101"},
        )

    def delivered(self) -> int:
        return int(self.delivery.measurements().get('switchhook_attempts_total{verdict="delivered"}', 0))

    async def closed_loop(self, count: int) -> float:
        """Accept `count` events, so many outstanding; deliveries/s until the last is recorded."""
        began, before = time.monotonic(), self.delivered()
        owed = len(self.integrations)
        accepted: list[asyncio.Future[object]] = []
        for number in range(count):
            while number * owed - (self.delivered() - before) > OUTSTANDING * owed:
                await asyncio.sleep(0.001)
            accepted.append(self.delivery.accept([self.event(number)]))  # type: ignore[arg-type]
            if number % 20 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*accepted)
        while self.delivered() - before < count * owed:
            await asyncio.sleep(0.002)
        await self.delivery.recorder.drain()
        return count * owed / (time.monotonic() - began)

    async def open_loop(self, per_second: float, seconds: float) -> list[float]:
        """Accept at a steady rate; milliseconds from accept to the first byte at the receiver."""
        await self.sink.arrivals()
        accepted_at: dict[str, float] = {}
        waiting: list[asyncio.Future[object]] = []
        begin = time.monotonic()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            event = self.event(number)
            accepted_at[str(delivery_id(event.id, self.integrations[0]))] = time.monotonic()
            waiting.append(self.delivery.accept([event]))  # type: ignore[arg-type]
        await asyncio.gather(*waiting)
        await self.delivery.recorder.drain()
        await asyncio.sleep(0.3)
        arrived = await self.sink.arrivals()
        return [(arrived[name] - at) * 1000 for name, at in accepted_at.items() if name in arrived]


@asynccontextmanager
async def bench(database_url: str, integrations: int = 1) -> AsyncIterator[Bench]:
    """A Bench that runs."""
    sink = SinkProcess()
    with Seed(database_url, KEYS) as seed:
        account = seed.account(allowed_networks=["127.0.0.0/8"])
        service = seed.service(account)
        ids = [
            seed.integration(
                account,
                service,
                event_type=EventType.INBOUND_RECEIVED,
                request_url=sink.url,
                max_in_flight=64,
                signing=["whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="],
                body_keys=[
                    {"key": "source", "field": "source_number"},
                    {"key": "call", "field": "call_uuid"},
                    {"key": "text", "text": "x" * (BODY_BYTES - 110)},
                ],
            )
            for _ in range(integrations)
        ]
    store = open_store(database_url, KEYS)
    await store.open()
    engine_id = uuid4()
    await store.begin_incarnation(engine_id, "bench", 1)
    current = CurrentConfiguration(store)
    await current.load()
    delivery = DeliveryEngine(store=store, engine_id=engine_id, current=current)
    running = asyncio.create_task(delivery.run())
    try:
        yield Bench(store, delivery, sink, account, service, ids)
    finally:
        await delivery.stop(5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.end_incarnation(engine_id)
        await store.close()
        sink.stop()


async def bare_client(count: int, concurrency: int = 64) -> float:
    """Requests/s of the HTTP client alone, with the same body, to the same sink: the limit."""
    sink = SinkProcess()
    body = json.dumps({"source": "12025550171", "call": str(uuid4()), "text": "x" * (BODY_BYTES - 110)}).encode()
    numbers = iter(range(count))

    async def one_after_the_other(session: aiohttp.ClientSession) -> None:
        for _ in numbers:
            async with session.post(sink.url, data=body, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()

    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
            began = time.monotonic()
            await asyncio.gather(*(one_after_the_other(session) for _ in range(concurrency)))
            return count / (time.monotonic() - began)
    finally:
        sink.stop()


async def ami_to_first_byte(database_url: str) -> list[float]:
    """Milliseconds from an AMI message written to the socket to the first byte at the receiver, when all is idle."""
    async with fake_pbx() as pbx, bench(database_url) as one:
        with Seed(database_url, KEYS) as seed:
            connection = seed.connection(port=pbx.connection.port)
            seed.execute("UPDATE service SET connection_id = ? WHERE id = ?", connection, one.service)
        store = open_store(database_url, KEYS)
        await store.open()
        current = CurrentConfiguration(store)
        await current.load()
        engine_id = uuid4()
        await store.begin_incarnation(engine_id, "bench", 2)
        fleet = asyncio.create_task(Fleet(store, current, one.delivery.accept, engine_id, random=Random(1)).run())
        writer = await pbx.connected.get()
        milliseconds = []
        for number in range(AMI_CALLS):
            await asyncio.sleep(0.05)
            written = time.monotonic()
            writer.write(inbound(number))
            arrived: dict[str, float] = {}
            while not arrived:
                await asyncio.sleep(0.01)
                arrived = await one.sink.arrivals()
            milliseconds.append((min(arrived.values()) - written) * 1000)
        fleet.cancel()
        await asyncio.gather(fleet, return_exceptions=True)
        await store.close()
    return milliseconds


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p99, in the values' unit."""
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]}


def resident_mib(pid: str = "self") -> float:
    """A process's resident memory, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def measure(database_url: str, count: int) -> dict[str, object]:
    """All figures of one database."""
    async with bench(database_url) as one:
        await one.closed_loop(count // 5)  # warm
        bare_before = await bare_client(count)
        rate = await one.closed_loop(count)
        bare_after = await bare_client(count)
        latency = {f"{per_second}/s": quantiles(await one.open_loop(per_second, 8)) for per_second in (200, 500)}
    bare = (bare_before + bare_after) / 2
    return {
        "deliveries_per_second": rate,
        "bare_client_per_second": bare,
        "ratio": rate / bare,
        "accept_to_first_byte_ms": latency,
        "ami_to_first_byte_ms": quantiles(await ami_to_first_byte(database_url)),
        "engine_resident_mib": resident_mib(),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(sys.argv[1], int(sys.argv[2])))))
