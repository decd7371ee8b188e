"""Behind PgBouncer in transaction mode everything works that works without it; a session of its own wakes sooner."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from switchhook.store import open_store
from tests.faults.load import Load
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed


@pytest.fixture
def database_url(pooled_url: str) -> str:
    return pooled_url


@pytest.fixture
def seed(postgres_url: str) -> Iterator[Seed]:
    with Seed(postgres_url, KEYS) as seed:
        yield seed


async def test_two_engines_deliver_and_follow_the_configuration(
    half: Callable[..., Half], seed: Seed, receiver: Receiver, postgres_url: str
) -> None:
    load = Load(seed, receiver)
    engines = [half("engine"), half("engine", database_listen_url=postgres_url)]
    for one in engines:
        await asyncio.to_thread(one.start)
    async with load.told_to(*engines):
        await load.accepts(600)
    assert set((await load.has_arrived(more=engines[0].log)).values()) == {1}
    seed.execute("UPDATE integration SET request_url = ? WHERE id = ?", receiver.url("/new"), load.integration)
    seed.touch()
    seed.execute("NOTIFY switchhook")
    came, began = len(receiver.requests), monotonic()
    async with load.told_to(*engines, per_second=40):
        while {"/new"} != {got.target for got in receiver.requests[came:]}:
            assert monotonic() - began < 5, "a saved integration is in force within 2 s"
            came = len(receiver.requests)
            await load.accepts(8)
    await load.has_arrived()
    assert [await asyncio.to_thread(one.stop) for one in engines] == [0, 0]
    assert not seed.rows("SELECT 1 FROM delivery WHERE state <> 'delivered'")


def test_the_portal_serves_many_at_once(half: Callable[..., Half]) -> None:
    web = half("web")
    web.start()

    def login_page(_: int) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{web.web_port}/", timeout=20) as answer:
            return int(answer.status)

    with ThreadPoolExecutor(16) as many:
        assert set(many.map(login_page, range(64))) == {200}
    assert web.stop() == 0


def test_two_who_migrate_an_empty_database_at_once_wait_for_each_other(
    postgres_url: str, pooled_url: str, tmp_path: Path
) -> None:
    name = "migrated_behind_pgbouncer"
    empty_url = pooled_url.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        with ThreadPoolExecutor() as both:
            assert list(both.map(lambda _: migrated(empty_url, tmp_path), range(2))) == ["", ""]
        with psycopg.connect(empty_url) as through:
            assert through.execute("SELECT count(*) FROM engine_schema").fetchone() == (1,)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrated(url: str, state_dir: Path) -> str:
    """`switchhook migrate`; what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "switchhook", "migrate"], capture_output=True, text=True, timeout=100,
        env=os.environ | {
            "DATABASE_URL": url, "SWITCHHOOK_STATE_DIR": str(state_dir), "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS)})
    return "" if done.returncode == 0 else done.stderr


async def test_nobody_listens_on_a_connection_that_belongs_to_all(pooled_url: str) -> None:
    store = open_store(pooled_url, KEYS)
    await store.open()
    await store.wait_for_change(0.01)
    with psycopg.connect(pooled_url, autocommit=True, prepare_threshold=None) as connection:
        listening = [connection.execute("SELECT pg_listening_channels()").fetchall() for _ in range(4)]
    assert listening == [[]] * 4
    began = monotonic()
    await store.wait_for_change(0.2)
    assert 0.19 <= monotonic() - began < 1.5
    await store.close()


async def test_a_session_of_its_own_is_woken(pooled_url: str, postgres_url: str) -> None:
    store = open_store(pooled_url, KEYS, listen_url=postgres_url)
    await store.open()
    await store.wait_for_change(0.01)
    waiting = asyncio.create_task(store.wait_for_change(10))
    await asyncio.sleep(0)
    began = monotonic()
    with psycopg.connect(pooled_url, autocommit=True) as connection:
        connection.execute("NOTIFY switchhook")
    await waiting
    assert monotonic() - began < 0.9
    await store.close()
