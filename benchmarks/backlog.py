"""A backlog of pending deliveries that nobody holds: is it drained as fast at its end as at its start?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from benchmarks.database_cpu import database_cpu_seconds
from benchmarks.rig import Figures, Rig, resident_mib, rig
from switchhook.delivery.dispatcher import Dispatcher

PENDING = 1_000_000
PER_COMMIT = 1000
EDGE = 0.1  # the part of the backlog that counts as its start, and as its end


@dataclass(frozen=True, slots=True)
class _Mark:
    """How much had been used when so many were delivered, in seconds."""

    at: float
    cpu: float

    def since(self, earlier: _Mark) -> _Mark:
        return _Mark(self.at - earlier.at, self.cpu - earlier.cpu)


async def measure(database_url: str, count: int, pending: int = PENDING) -> Figures:
    """Deliveries a second over the first tenth and over the last tenth, what one costs in CPU (engine and database)
    there, and the engine's memory."""
    begin = asyncio.Event()
    async with rig(database_url, begin=begin) as one:
        await _owe(one, pending)
        owing_mib = resident_mib()
        marks = [_mark(database_url)]
        begin.set()
        for part in (EDGE, 1 - EDGE, 1.0):
            while one.delivered() < pending * part:
                await asyncio.sleep(0.01)
            marks.append(_mark(database_url))
        first, last = marks[1].since(marks[0]), marks[3].since(marks[2])
        edge = pending * EDGE
        return {
            "pending": pending, "first_tenth_per_second": edge / first.at, "last_tenth_per_second": edge / last.at,
            "ratio": first.at / last.at, "first_tenth_us": first.cpu / edge * 1e6,
            "last_tenth_us": last.cpu / edge * 1e6, "cost_ratio": last.cpu / first.cpu,
            "engine_resident_mib": resident_mib(), "engine_before_mib": owing_mib}


def _mark(database_url: str) -> _Mark:
    return _Mark(time.monotonic(), time.process_time() + database_cpu_seconds(database_url))


async def _owe(one: Rig, pending: int) -> None:
    """Accept events on behalf of an engine that has no room, so that nobody holds their deliveries."""
    full = Dispatcher(one.current, lambda *_: False, lambda: datetime.now(UTC))
    nobody = uuid4()
    for start in range(0, pending, PER_COMMIT):
        numbers = range(start, min(start + PER_COMMIT, pending))
        await one.store.accept(nobody, [full.dispatch(one.event(number)) for number in numbers])


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"backlog of {figures['pending']:,}   {figures['first_tenth_per_second']:.0f} deliveries/s at its start, "
           f"{figures['last_tenth_per_second']:.0f}/s at its end ({figures['ratio']:.2f})")
    yield (f"                       a delivery costs {figures['first_tenth_us']:.0f} µs of CPU at its start, "
           f"{figures['last_tenth_us']:.0f} µs at its end ({figures['cost_ratio']:.2f}); "
           f"engine {figures['engine_resident_mib']:.0f} MiB")
