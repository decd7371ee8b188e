"""Back-up and restoring as docs/operating.md describes them: a copy made beside a busy engine, the database lost, the
copy in its place. What was accepted is there; what was owed goes out, as the same messages."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from switchhook.domain.signing import signatures
from tests.faults.load import TOKEN, Load
from tests.faults.test_kill_engine import an_event, ids_of
from tests.fixtures.databases import KEYS
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half, post_json, wait_until
from tests.fixtures.receiver import Got, Receiver, after, answering
from tests.fixtures.seed import Seed

SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
RESTORED = "restored"


@pytest.fixture
def postgres(request: pytest.FixtureRequest, database_url: str) -> PostgresServer | None:
    """The server, where the database is on one."""
    return None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")


@pytest.fixture
def back_up(database_url: str, postgres: PostgresServer | None, tmp_path: Path) -> Callable[[], None]:
    """What docs/operating.md says under "to back up"."""
    if postgres is not None:
        return lambda: postgres.run("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", database_url)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")} | {
        "DATABASE_URL": database_url, "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS), "SWITCHHOOK_STATE_DIR": str(tmp_path)}

    def copy() -> None:
        subprocess.run([sys.executable, "-m", "switchhook", "backup", tmp_path / "dump"], env=environment, check=True)

    return copy


@pytest.fixture
def restored_url(postgres: PostgresServer | None, tmp_path: Path) -> Iterator[str]:
    """Where it is restored to."""
    if postgres is None:
        yield f"sqlite://{tmp_path / 'restored.sqlite3'}"
        return
    yield postgres.url(RESTORED)
    postgres.execute(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")


@pytest.fixture
def restore(restored_url: str, postgres: PostgresServer | None, tmp_path: Path) -> Callable[[], None]:
    """What docs/operating.md says under "to restore"."""

    def put() -> None:
        if postgres is None:
            (tmp_path / "dump").rename(urlsplit(restored_url).path)
        else:
            postgres.run("createdb", f"--maintenance-db={postgres.url()}", RESTORED)
            postgres.run("pg_restore", "--no-owner", f"--dbname={restored_url}", str(tmp_path / "dump"))

    return put


async def test_the_copy_of_a_busy_engine_goes_on_where_it_was(
    half: Callable[..., Half], seed: Seed, receiver: Receiver, back_up: Callable[[], None],
    restore: Callable[[], None], restored_url: str, tmp_path: Path,
) -> None:
    load = Load(seed, receiver, signing=[SECRET])
    lost = half("engine")
    await asyncio.to_thread(lost.start)
    async with load.told_to(lost):
        await load.accepts(200)
        opened = asyncio.Event()
        receiver.behave(after(opened, answering(204)))  # from now on nobody answers: there is something owed
        await load.accepts(200)
        before = dict(load.accepted)
        await asyncio.to_thread(back_up)
        await load.accepts(100)  # it went on meanwhile, and goes on
    await asyncio.to_thread(lost.kill)
    sent_before = {got.header("webhook-id") for got in receiver.requests}

    await asyncio.to_thread(restore)
    with Seed(restored_url, KEYS) as copy:
        there = {str(row["id"]).replace("-", "") for row in copy.rows("SELECT id FROM event")}
        assert {event.hex for event in before.values()} <= there
        assert there < {event.hex for event in load.accepted.values()}  # and nothing of what came later
        owed = ids_of(copy, "pending")
        assert len(owed) >= 50
        receiver.requests.clear()
        opened.set()
        engine = Half("engine", restored_url, tmp_path / "state-0", dead_after_seconds=1.5, heartbeat_seconds=0.2)
        try:
            await asyncio.to_thread(engine.start)
            await asyncio.to_thread(wait_until, lambda: not ids_of(copy, "pending"), "nothing is owed", 60, engine.log)
            assert ids_of(copy, "delivered") == ids_of(copy)
            assert {hexed(got) for got in receiver.requests} == owed
            assert sent_before & {got.header("webhook-id") for got in receiver.requests}  # who got it knows it again
            assert all(is_signed(got) for got in receiver.requests)
            told_again = [an_event(int(name.removeprefix("event-"))) for name in [*before][:100]]
            url = f"http://127.0.0.1:{engine.intake_port}/v1/services/{load.service}/events"
            status, answer = await asyncio.to_thread(
                post_json, url, json.dumps(told_again).encode(), {"Authorization": f"Bearer {TOKEN}"})
            assert status == 202, answer
            assert [one["event_id"] for one in json.loads(answer)["events"]] == [*map(str, before.values())][:100]
        finally:
            assert await asyncio.to_thread(engine.stop) == 0


def hexed(got: Got) -> str:
    return (got.header("webhook-id") or "").replace("-", "")


def is_signed(got: Got) -> bool:
    """With the secret that was sealed in the copy."""
    id_, timestamp = got.header("webhook-id") or "", int(got.header("webhook-timestamp") or 0)
    return got.header("webhook-signature") == signatures(
        [SECRET], message_id=id_, timestamp=timestamp, payload=got.body)
