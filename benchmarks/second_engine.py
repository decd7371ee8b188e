"""What a delivery costs in CPU, of engine and of database, with one engine and with two on one PostgreSQL.

The engines are processes of their own (`python -m benchmarks.second_engine URL COUNT`), each with its own account and
receiver. CPU seconds are the kernel's.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.database_cpu import database_cpu_seconds
from benchmarks.rig import Figures, rig


async def measure(database_url: str, count: int) -> Figures:
    """CPU microseconds a delivery, one engine and two; each engine delivers `count`."""
    figures = {}
    for engines in (1, 2):
        database_before, began = database_cpu_seconds(database_url), time.monotonic()
        running = [
            subprocess.Popen([sys.executable, "-m", "benchmarks.second_engine", database_url, str(count)],
                             stdout=subprocess.PIPE, text=True)
            for _ in range(engines)]
        engine_cpu_seconds = sum(json.loads(process.communicate()[0]) for process in running)
        deliveries = count * engines
        figures[f"{engines}"] = {
            "engine_us": engine_cpu_seconds / deliveries * 1e6,
            "database_us": (database_cpu_seconds(database_url) - database_before) / deliveries * 1e6,
            "seconds": time.monotonic() - began,
        }
    both = {engines: of["engine_us"] + of["database_us"] for engines, of in figures.items()}
    return {**figures, "ratio": both["2"] / both["1"]}


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    for engines in ("1", "2"):
        of = figures[engines]
        yield (f"{engines} engine(s)           a delivery costs {of['engine_us']:.0f} µs of engine "
               f"and {of['database_us']:.0f} µs of database")
    yield f"second engine         a delivery costs {figures['ratio']:.2f} of what it costs with one"


async def one_engine(database_url: str, count: int) -> float:
    """CPU seconds of this process for `count` deliveries, the start not counted."""
    async with rig(database_url) as one:
        await one.closed_loop(count // 10)
        before = time.process_time()
        await one.closed_loop(count)
        return time.process_time() - before


if __name__ == "__main__":
    print(json.dumps(asyncio.run(one_engine(sys.argv[1], int(sys.argv[2])))))
