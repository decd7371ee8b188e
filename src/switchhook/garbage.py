"""Garbage: when Python looks for objects that keep each other alive. An engine makes next to none, as long as nobody
sends it nonsense."""

from __future__ import annotations

import asyncio
import gc

COLLECT_SECONDS = 0.25


def collect_seldom() -> None:
    """Have Python look less often: a delivery leaves nothing, and looking for it cost a tenth of its time. What was
    made until now is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def collect_young() -> None:
    """Look at what was made lately, again and again, until cancelled: few objects can hold much. aiohttp 3.14 leaves a
    request that it refused, all its bytes, in a cycle."""
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        gc.collect(0)
