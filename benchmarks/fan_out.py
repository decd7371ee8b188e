"""W2: each event goes to ten integrations. Deliveries a second should be no fewer than one to one."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.rig import Figures, rig

RECEIVERS = 10


async def measure(database_url: str, count: int) -> Figures:
    """`count` deliveries one to one, then as many by fan-out."""
    async with rig(database_url) as one:
        await one.closed_loop(count // 5)  # warm
        single = await one.closed_loop(count)
    async with rig(database_url, [f"/hook/{number}" for number in range(RECEIVERS)]) as ten:
        await ten.closed_loop(count // 5 // RECEIVERS)
        fan_out = await ten.closed_loop(count // RECEIVERS)
    return {"deliveries_per_second": fan_out, "one_to_one_per_second": single, "ratio": fan_out / single}


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"fan-out {RECEIVERS}            {figures['deliveries_per_second']:8.0f} deliveries/s, "
           f"{figures['ratio']:.2f} of the {figures['one_to_one_per_second']:.0f}/s one to one")
