"""A disk that fills up in the middle of it all: intake says so, nothing is lost, and once there is room all goes on."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.load import Load
from tests.faults.small_disk import SmallDisk, small_disk
from tests.fixtures.databases import migrate
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed


class TestSqlite:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[SmallDisk]:
        with small_disk(tmp_path / "disk", megabytes=48) as disk:
            yield disk

    @pytest.fixture
    def database_url(self, disk: SmallDisk, sqlite_template: Path) -> str:
        shutil.copy(sqlite_template, disk.path / "switchhook.sqlite3")
        return f"sqlite://{disk.path / 'switchhook.sqlite3'}"

    async def test_what_was_accepted_arrives_once(
        self, disk: SmallDisk, half: Callable[..., Half], seed: Seed, receiver: Receiver
    ) -> None:
        load = Load(seed, receiver)
        engine = half("engine")
        await asyncio.to_thread(engine.start)
        async with load.told_to(engine):
            for _ in range(2):
                await load.accepts(300)
                await asyncio.to_thread(disk.fill, lambda: [engine.pid])
                await load.answered(503)
                disk.free(lambda: [engine.pid])
            await load.accepts(300)
        assert set((await load.has_arrived(more=engine.log)).values()) == {1}
        assert await asyncio.to_thread(engine.stop) == 0
        assert not seed.rows("SELECT 1 FROM delivery WHERE state <> 'delivered'")


class TestPostgres:
    @pytest.fixture
    def disk(self) -> Iterator[SmallDisk]:
        directory = Path(tempfile.mkdtemp(prefix="switchhook-disk-"))  # PostgreSQL may not enter pytest's as `nobody`
        directory.chmod(0o755)
        with small_disk(directory / "disk", megabytes=160) as disk:
            yield disk
        shutil.rmtree(directory, ignore_errors=True)

    @pytest.fixture
    def server(self, disk: SmallDisk, tmp_path: Path) -> Iterator[PostgresServer]:
        server = PostgresServer(disk.path / "server", options=("shared_buffers=32MB", "max_wal_size=64MB"))
        server.start()
        migrate(server.url(), tmp_path)
        yield server
        server.stop()

    @pytest.fixture
    def database_url(self, server: PostgresServer) -> str:
        return server.url()

    async def test_what_was_accepted_arrives_once(
        self, disk: SmallDisk, server: PostgresServer, half: Callable[..., Half], seed: Seed, receiver: Receiver
    ) -> None:
        """It may be the table that finds no room, which is an error, or the log of writes: then the server stops."""
        load = Load(seed, receiver)
        engine = half("engine")
        await asyncio.to_thread(engine.start)
        async with load.told_to(engine):
            await load.accepts(300)
            await asyncio.to_thread(disk.fill, server.pids)
            await load.answered(503, seconds=60)
            await asyncio.to_thread(disk.free, server.pids)
            await asyncio.to_thread(server.answers_again)
            await load.accepts(300)
        assert set((await load.has_arrived(more=engine.log)).values()) == {1}
