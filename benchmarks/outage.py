"""W4: a receiver fails for 60 s, then recovers. Is it overrun? Does all arrive? Does a neighbour notice?"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.rig import Arrival, Figures, Rig, quantiles, rig

EVENTS_PER_SECOND = 40
NORMAL_SECONDS = 10
OUTAGE_SECONDS = 60
DRAIN_SECONDS = 600  # at most
WATCH_SECONDS = 60  # new events go on coming after the recovery
OWED = 2 * EVENTS_PER_SECOND * (NORMAL_SECONDS + OUTAGE_SECONDS + WATCH_SECONDS)


async def measure(database_url: str, count: int) -> Figures:
    """Arrivals a second at the receiver after it has recovered, against what is normal."""
    async with rig(database_url, ["/outage", "/hook"]) as two:
        before = quantiles(await two.open_loop(EVENTS_PER_SECOND, NORMAL_SECONDS))
        await two.sink.answer_outage(down=True)
        during = quantiles(await two.open_loop(EVENTS_PER_SECOND, OUTAGE_SECONDS))
        began = time.monotonic()
        await two.sink.answer_outage(down=False)
        await two.sink.arrivals()
        arrived = await _recovering(two)
        seconds = Counter(int(arrival.at - began) for arrival in arrived if arrival.path == "/outage")
        return {
            "normal_per_second": EVENTS_PER_SECOND,
            "most_per_second_after": max(seconds.values()),
            "ratio": max(seconds.values()) / EVENTS_PER_SECOND,
            "drained_after_seconds": max(seconds) + 1,
            "never_arrived": OWED // 2 - two.delivered() // 2,
            "neighbour_p99_ms": {"before": before["p99"], "during": during["p99"]},
        }


async def _recovering(two: Rig) -> Sequence[Arrival]:
    """What came from the recovery until all was delivered, while new events went on coming for a while."""
    waiting = []
    begin = time.monotonic()
    for number in range(EVENTS_PER_SECOND * WATCH_SECONDS):
        await asyncio.sleep(max(0.0, begin + number / EVENTS_PER_SECOND - time.monotonic()))
        waiting.append(two.delivery.accept([two.event(number)]))
    await asyncio.gather(*waiting)
    while two.delivered() < OWED and time.monotonic() - begin < DRAIN_SECONDS:
        await asyncio.sleep(0.5)
    return await two.sink.arrivals()


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"after an outage       at most {figures['most_per_second_after']} arrivals/s, "
           f"{figures['ratio']:.2f} of normal; drained after {figures['drained_after_seconds']} s, "
           f"{figures['never_arrived']} never arrived")
    neighbour = figures["neighbour_p99_ms"]
    yield f"its neighbour         p99 {neighbour['before']:.1f} ms before, {neighbour['during']:.1f} ms during it"
