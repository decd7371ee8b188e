"""W3: of twenty integrations one stalls 10 s on every request. What do the other nineteen notice?"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.rig import Figures, quantiles, rig

NEIGHBOURS = 19
EVENTS_PER_SECOND = 15
SECONDS = 12
ROUNDS = 3  # with and without by turns, for a single slow fsync makes a p99


async def measure(database_url: str, count: int) -> Figures:
    """p50 and p99 of the nineteen (medians of the rounds), beside a twentieth that answers at once and beside one
    that stalls."""
    good = [f"/hook/{number}" for number in range(NEIGHBOURS)]
    rounds: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(ROUNDS):
        for name, twentieth in (("without", "/hook/last"), ("with", "/stall")):
            async with rig(database_url, [*good, twentieth]) as twenty:
                await twenty.open_loop(EVENTS_PER_SECOND, 2)  # warm
                rounds[name].append(quantiles(await twenty.open_loop(EVENTS_PER_SECOND, SECONDS)))
    latency = {
        name: {key: statistics.median(one[key] for one in of) for key in ("p50", "p99")} for name, of in rounds.items()}
    return {**latency, "rounds": rounds, "ratio": latency["with"]["p99"] / latency["without"]["p99"]}


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"one of twenty stalls  p99 of the others {figures['with']['p99']:.1f} ms, {figures['ratio']:.2f} of the "
           f"{figures['without']['p99']:.1f} ms without it")
