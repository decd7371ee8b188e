"""W1: each event goes to one integration. How many a second, how soon, with how much memory; beside a bare client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from random import Random
from uuid import uuid4

from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed
from tests.pbx.fake_pbx import fake_pbx, inbound

from benchmarks.rig import Arrival, Figures, bare_client, quantiles, resident_mib, rig
from switchhook.pbx.fleet import Fleet
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration

AMI_CALLS = 60
RATES_PER_SECOND = (200, 500)
OPEN_SECONDS = 8


async def measure(database_url: str, count: int) -> Figures:
    """All figures of one database; `count` events in the closed loop."""
    async with rig(database_url) as one:
        await one.closed_loop(count // 5)  # warm
        bare_before = await bare_client(count)
        rate = await one.closed_loop(count)
        bare_after = await bare_client(count)
        latency = {f"{rate}/s": quantiles(await one.open_loop(rate, OPEN_SECONDS)) for rate in RATES_PER_SECOND}
    bare = (bare_before + bare_after) / 2
    return {
        "deliveries_per_second": rate,
        "bare_client_per_second": bare,
        "ratio": rate / bare,
        "accept_to_first_byte_ms": latency,
        "ami_to_first_byte_ms": quantiles(await ami_to_first_byte(database_url)),
        "engine_resident_mib": resident_mib(),
    }


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"accepted → recorded   {figures['deliveries_per_second']:8.0f} deliveries/s, "
           f"{figures['ratio']:.2f} of the bare client's {figures['bare_client_per_second']:.0f}/s")
    for rate, of in figures["accept_to_first_byte_ms"].items():
        yield f"accept → first byte   p50 {of['p50']:6.1f} ms   p99 {of['p99']:6.1f} ms   at {rate}"
    ami = figures["ami_to_first_byte_ms"]
    yield f"AMI → first byte      p50 {ami['p50']:6.1f} ms   p99 {ami['p99']:6.1f} ms   idle"
    yield f"engine (with the load's own part) {figures['engine_resident_mib']:.0f} MiB resident"


async def ami_to_first_byte(database_url: str) -> list[float]:
    """Milliseconds from an AMI message written to the socket to the first byte at the receiver, when all is idle."""
    async with fake_pbx() as pbx, rig(database_url) as one:
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
            arrived: list[Arrival] = []
            while not arrived:
                await asyncio.sleep(0.01)
                arrived = await one.sink.arrivals()
            milliseconds.append((min(arrival.at for arrival in arrived) - written) * 1000)
        fleet.cancel()
        await asyncio.gather(fleet, return_exceptions=True)
        await store.close()
    return milliseconds
