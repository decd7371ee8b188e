"""Being woken when somebody else has written, and opening what is not of our schema."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from switchhook.domain.errors import SchemaMismatch, StoreUnavailable
from switchhook.store import open_store
from switchhook.store.ports import Store
from switchhook.store.sqlstore import SCHEMA_NUMBER
from tests.contracts.making import accept_one
from tests.fixtures.databases import KEYS
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.seed import Seed


@pytest.fixture
def web_writes(seed: Seed, database_url: str) -> Callable[[], None]:
    """What the web does with every change: it raises the version and, on PostgreSQL, notifies."""

    def write() -> None:
        seed.touch()
        if database_url.startswith("postgresql"):
            seed.execute("NOTIFY switchhook")

    return write


async def settle(store: Store) -> None:
    """Until there is nothing left to be woken by."""
    for _ in range(2):
        await store.wait_for_change(0.01)


async def test_we_are_woken_when_the_web_writes(store: Store, web_writes: Callable[[], None]) -> None:
    await settle(store)
    started = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(store.wait_for_change(10))
    await asyncio.sleep(0)
    web_writes()
    await waiting
    assert asyncio.get_running_loop().time() - started < 0.9


async def test_what_was_written_while_nobody_waited_is_not_missed(store: Store, web_writes: Callable[[], None]) -> None:
    await settle(store)
    web_writes()
    started = asyncio.get_running_loop().time()
    await store.wait_for_change(10)
    assert asyncio.get_running_loop().time() - started < 0.9


async def test_one_write_wakes_us_once(store: Store, web_writes: Callable[[], None]) -> None:
    await settle(store)
    web_writes()
    await store.wait_for_change(10)
    started = asyncio.get_running_loop().time()
    await store.wait_for_change(0.2)
    assert asyncio.get_running_loop().time() - started >= 0.19


async def test_our_own_writes_do_not_wake_us(store: Store, engine: UUID) -> None:
    await settle(store)
    started = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(store.wait_for_change(0.2))
    await accept_one(store, engine)
    await waiting
    assert asyncio.get_running_loop().time() - started >= 0.19


async def test_a_wait_that_is_cancelled_does_no_harm(store: Store, web_writes: Callable[[], None]) -> None:
    await settle(store)
    waiting = asyncio.create_task(store.wait_for_change(10))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await settle(store)
    web_writes()
    await store.wait_for_change(10)


@pytest.mark.parametrize(("number", "fits"), [
    (SCHEMA_NUMBER - 1, False), (SCHEMA_NUMBER, True), (SCHEMA_NUMBER + 1, True), (SCHEMA_NUMBER + 2, False)])
async def test_this_release_runs_on_its_schema_and_on_the_next_ones(
    database_url: str, seed: Seed, number: int, fits: bool,
) -> None:
    seed.execute("UPDATE engine_schema SET number = ?", number)
    store = open_store(database_url, KEYS)
    if fits:
        await store.open()
        assert await store.configuration_version() == 0
    else:
        with pytest.raises(SchemaMismatch, match=r"switchhook migrate"):
            await store.open()
    await store.close()


async def test_an_empty_database_asks_to_be_migrated(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite3"
    path.touch()
    store = open_store(f"sqlite://{path}", KEYS)
    with pytest.raises(SchemaMismatch, match=r"switchhook migrate"):
        await store.open()
    await store.close()


async def test_an_empty_database_on_postgresql_asks_to_be_migrated(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.url("postgres"), KEYS)
    with pytest.raises(SchemaMismatch, match=r"switchhook migrate"):
        await store.open()
    await store.close()


@pytest.mark.parametrize("url", ["sqlite:///nowhere/at/all.sqlite3", "postgresql://postgres@127.0.0.1:1/nothing"])
async def test_a_database_that_is_away_may_come_back(url: str) -> None:
    store = open_store(url, KEYS)
    with pytest.raises(StoreUnavailable):
        await store.open()
    await store.close()
