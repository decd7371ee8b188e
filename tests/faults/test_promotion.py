"""The primary dies while 500 events/s arrive, and its synchronous replica is promoted: nothing that was accepted is
lost, and everybody finds the new primary by themselves."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.load import Load
from tests.faults.test_postgres_faults import all_recorded_once
from tests.fixtures.databases import migrate
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half, wait_until
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed

PER_SECOND = 500


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path / "primary", options=("shared_buffers=32MB",))
    server.start()
    migrate(server.url(), tmp_path)
    yield server
    server.stop()


@pytest.fixture
def replica(primary: PostgresServer, tmp_path: Path) -> Iterator[PostgresServer]:
    """It has every commit before its primary says that it is one."""
    server = PostgresServer(tmp_path / "replica", options=("shared_buffers=32MB",), primary=primary)
    server.start()
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.execute("SELECT pg_reload_conf()")
    yield server
    server.stop()


@pytest.fixture
def database_url(primary: PostgresServer, replica: PostgresServer) -> str:
    """Both, and whichever of them is the primary is meant."""
    return (f"postgresql://postgres@127.0.0.1:{primary.port},127.0.0.1:{replica.port}/postgres"
            "?target_session_attrs=read-write")


@pytest.mark.long
async def test_a_promoted_replica_has_all_that_was_accepted_and_everybody_finds_it(
    primary: PostgresServer, replica: PostgresServer, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    load = Load(seed, receiver, max_in_flight=100)
    engines = [half("engine") for _ in range(2)]
    web = half("web")
    for one in (*engines, web):
        await asyncio.to_thread(one.start)
    async with load.told_to(*engines, per_second=PER_SECOND):
        await load.accepts(5 * PER_SECOND)
        await asyncio.to_thread(primary.kill)
        await load.answered(503)
        await asyncio.to_thread(replica.promote)
        await load.accepts(5 * PER_SECOND)
    assert set((await load.has_arrived(more=engines[0].log)).values()) == {1}
    await all_recorded_once(replica, load)
    assert [one.runs for one in engines] == [True, True]
    await asyncio.to_thread(wait_until, lambda: status_of_api(web) == 401, "the web looks tokens up again", 30, web.log)


def status_of_api(web: Half) -> int:
    """What the API says to an unknown token, which it looks for in the database."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{web.web_port}/api/v1/services", headers={"Authorization": "Bearer unknown"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
