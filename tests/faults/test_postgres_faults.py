"""A real PostgreSQL that dies, freezes or fills up in the middle of it all: what was accepted arrives, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.load import Load
from tests.fixtures.databases import KEYS, migrate
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed

SHORT = {"heartbeat_seconds": 0.2, "dead_after_seconds": 2.0, "database_timeout_seconds": 1.0}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server of the test's own, that keeps what it has committed."""
    server = PostgresServer(tmp_path, options=("shared_buffers=32MB",))
    server.start()
    migrate(server.url(), tmp_path)
    yield server
    server.stop()


@pytest.fixture
def database_url(server: PostgresServer) -> str:
    return server.url()


async def test_a_killed_postgresql_loses_and_repeats_nothing(
    server: PostgresServer, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    load = Load(seed, receiver)
    engine = half("engine", **SHORT)
    await asyncio.to_thread(engine.start)
    async with load.told_to(engine):
        for _ in range(2):
            await load.accepts(300)
            await asyncio.to_thread(server.kill)
            await load.answered(503)
            await asyncio.to_thread(server.start)
            await load.accepts(300)
    assert set((await load.has_arrived(more=engine.log)).values()) == {1}
    await all_recorded_once(server, load)


async def test_a_frozen_postgresql_is_away_and_comes_back(
    server: PostgresServer, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    load = Load(seed, receiver)
    engines = [half("engine", **SHORT) for _ in range(2)]
    for one in engines:
        await asyncio.to_thread(one.start)
    async with load.told_to(*engines):
        await load.accepts(300)
        server.freeze()
        try:
            await load.answered(503)
            await asyncio.sleep(2 * SHORT["dead_after_seconds"])  # nobody may be buried for the database's silence
        finally:
            server.thaw()
        await load.accepts(300)
    assert set((await load.has_arrived(more=engines[0].log)).values()) == {1}
    await all_recorded_once(server, load)
    assert [one.runs for one in engines] == [True, True]
    assert "ownership_lost" not in engines[0].log() + engines[1].log()


async def all_recorded_once(server: PostgresServer, load: Load) -> None:
    """In the database, every one of them is delivered, at its first attempt."""
    with Seed(server.url(), KEYS) as seed:
        async with asyncio.timeout(10):
            while seed.rows("SELECT 1 FROM delivery WHERE state <> 'delivered' LIMIT 1"):
                await asyncio.sleep(0.05)
        rows = seed.rows("SELECT event_id FROM delivery WHERE tried AND state = 'delivered'")
        assert {row["event_id"] for row in rows} == set(load.accepted.values())
        assert not seed.rows("SELECT delivery_id FROM attempt GROUP BY delivery_id HAVING count(*) > 1")
