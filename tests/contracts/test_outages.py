"""While the database is away nothing is lost and nothing hangs; when it is back, the next call works."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from switchhook.domain.errors import StoreUnavailable
from switchhook.store import open_store, sqlite
from switchhook.store.ports import Store
from switchhook.store.postgres import heeding_cancellation
from tests.contracts.making import accept_one, acceptance
from tests.fixtures.databases import KEYS, migrate
from tests.fixtures.postgres import PostgresServer


class TestPostgres:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[PostgresServer]:
        """A server of the test's own, that keeps what it has committed."""
        server = PostgresServer(tmp_path, options=())
        server.start()
        yield server
        server.stop()

    @pytest.fixture
    async def store(self, server: PostgresServer, tmp_path: Path) -> AsyncIterator[Store]:
        migrate(server.url(), tmp_path)
        store = open_store(server.url(), KEYS)
        await store.open()
        yield store
        await store.close()

    async def test_what_was_accepted_survives_a_crash_and_the_store_comes_back_by_itself(
        self, server: PostgresServer, store: Store,
    ) -> None:
        engine = uuid4()
        await asyncio.gather(*(accept_one(store, engine) for _ in range(20)))  # so that the pool has grown
        await store.wait_for_change(0.01)

        server.kill()
        with pytest.raises(StoreUnavailable):
            await accept_one(store, engine)
        with pytest.raises(StoreUnavailable):
            await store.backlog()
        await store.wait_for_change(0.01)

        server.start()
        await accept_one(store, engine)
        assert (await store.backlog())["claimed"] == 21
        await store.wait_for_change(0.01)

    async def test_a_restart_between_two_calls_is_noticed_once_at_most(
        self, server: PostgresServer, store: Store,
    ) -> None:
        engine = uuid4()
        await asyncio.gather(*(accept_one(store, engine) for _ in range(20)))
        server.stop()
        server.start()
        with pytest.raises(StoreUnavailable):
            await accept_one(store, engine)
        await asyncio.gather(*(accept_one(store, engine) for _ in range(20)))
        assert (await store.backlog())["claimed"] == 40

    async def test_a_cancellation_is_heard_although_an_error_takes_its_place(self) -> None:
        """As when a connection breaks while it is given back: whoever insists would never end."""
        async def insist() -> None:
            while True:
                with suppress(StoreUnavailable), heeding_cancellation():
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        raise StoreUnavailable from None

        task = asyncio.create_task(insist())
        await asyncio.wait([task], timeout=0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()


class TestSqlite:
    @pytest.fixture
    async def store(self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
        monkeypatch.setattr("switchhook.store.sqlite.BUSY_SECONDS", 0.05)
        store = open_store(sqlite_url, KEYS)
        await store.open()
        yield store
        await store.close()

    async def test_a_database_that_somebody_has_locked_may_be_tried_again(self, store: Store, sqlite_url: str) -> None:
        somebody = sqlite3.connect(urlsplit(sqlite_url).path, isolation_level=None)
        somebody.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await accept_one(store, uuid4())
        assert (await store.backlog())["pending"] == 0  # reading goes on
        somebody.execute("COMMIT")
        somebody.close()
        await accept_one(store, uuid4())
        assert (await store.backlog())["pending"] == 1

    async def test_a_batch_is_written_whole_or_not_at_all(self, store: Store, sqlite_url: str) -> None:
        """The second statement fails: the first is undone with it."""
        with sqlite3.connect(urlsplit(sqlite_url).path) as somebody:
            somebody.execute("ALTER TABLE delivery RENAME TO away")
        somebody.close()
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await store.accept(uuid4(), [acceptance()])
        with sqlite3.connect(urlsplit(sqlite_url).path) as somebody:
            assert somebody.execute("SELECT count(*) FROM event").fetchone() == (0,)
            somebody.execute("ALTER TABLE away RENAME TO delivery")
        somebody.close()
        await accept_one(store, uuid4())

    async def test_a_file_that_was_away_is_found_again(self, tmp_path: Path, sqlite_template: Path) -> None:
        path = tmp_path / "late.sqlite3"
        store = open_store(f"sqlite://{path}", KEYS)
        with pytest.raises(StoreUnavailable):
            await store.open()
        shutil.copy(sqlite_template, path)
        await store.open()
        await accept_one(store, uuid4())
        await store.close()

    async def test_a_full_database_may_be_tried_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, sqlite_url: str
    ) -> None:
        """As when the disk is full, but told by SQLite itself."""
        with sqlite3.connect(urlsplit(sqlite_url).path) as somebody:
            (pages,) = somebody.execute("PRAGMA page_count").fetchone()
        somebody.close()
        monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, f"PRAGMA max_page_count={pages + 40}"))
        limited = open_store(sqlite_url, KEYS)
        await limited.open()
        engine = uuid4()
        with pytest.raises(StoreUnavailable, match="full"):
            await accept_many(limited, engine)
        accepted = await limited.held(engine)
        with pytest.raises(StoreUnavailable, match="full"):
            await accept_one(limited, engine)
        monkeypatch.undo()
        await limited.close()
        again = open_store(sqlite_url, KEYS)
        await again.open()
        await accept_one(again, engine)
        assert len(await again.held(engine)) == len(accepted) + 1
        await again.close()


async def accept_many(store: Store, engine: UUID) -> None:
    """More than there is room for."""
    for _ in range(10_000):
        await accept_one(store, engine)
