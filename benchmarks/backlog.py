"""A backlog of pending deliveries that nobody holds: is it drained as fast at its end as at its start?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from benchmarks.rig import Figures, Rig, resident_mib, rig
from switchhook.delivery.dispatcher import Dispatcher

PENDING = 100_000
PER_COMMIT = 1000
EDGE = 0.1  # the part of the backlog that counts as its start, and as its end


async def measure(database_url: str, count: int, pending: int = PENDING) -> Figures:
    """Deliveries a second over the first tenth and over the last tenth, and the engine's memory."""
    begin = asyncio.Event()
    async with rig(database_url, begin=begin) as one:
        await _owe(one, pending)
        began = time.monotonic()
        begin.set()
        marks = {}
        for part in (EDGE, 1 - EDGE, 1.0):
            while one.delivered() < pending * part:
                await asyncio.sleep(0.01)
            marks[part] = time.monotonic() - began
        first, last = pending * EDGE / marks[EDGE], pending * EDGE / (marks[1.0] - marks[1 - EDGE])
        return {"pending": pending, "first_tenth_per_second": first, "last_tenth_per_second": last,
                "ratio": last / first, "engine_resident_mib": resident_mib()}


async def _owe(one: Rig, pending: int) -> None:
    """Accept events on behalf of an engine that has no room, so that nobody holds their deliveries."""
    full = Dispatcher(one.current, lambda *_: False, lambda: datetime.now(UTC))
    nobody = uuid4()
    for start in range(0, pending, PER_COMMIT):
        numbers = range(start, min(start + PER_COMMIT, pending))
        await one.store.accept(nobody, [full.dispatch(one.event(number)) for number in numbers])


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"backlog of {figures['pending']:,}    {figures['first_tenth_per_second']:.0f} deliveries/s at its start, "
           f"{figures['last_tenth_per_second']:.0f}/s at its end ({figures['ratio']:.2f}); "
           f"engine {figures['engine_resident_mib']:.0f} MiB")
