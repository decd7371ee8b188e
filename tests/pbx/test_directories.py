"""Reading users from a FreeSWITCH with many domains, and what becomes of a list that does not come (synthetic)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.pbx import connector, directories
from switchhook.pbx.directories import NOBODY_LISTED, Directories, Rhythm
from switchhook.pbx.fleet import Fleet
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed
from tests.pbx.fake_freeswitch import PASSWORD, FakeFreeSwitch, fake_freeswitch

pytestmark = pytest.mark.timeout(60)
OFTEN = Rhythm(period_seconds=0.05, settle_seconds=0.2, failed_seconds=0.05)


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(directories, "LOOK_SECONDS", 0.02)


def listing(*users: str) -> str:
    """`list_users` of users written as 201@acme.example:Ada Example."""
    rows = [(one.split("@")[0], *one.split("@")[1].split(":")) for one in users]
    head = "userid|context|domain|group|contact|callgroup|effective_caller_id_name|effective_caller_id_number"
    body = [f"{number}|{domain}|{domain}|default|error/user_not_registered||{name}|{number}"
            for number, domain, name in rows]
    return "\n".join([head, *body, "", "+OK"])


@asynccontextmanager
async def at_work(
    pbx: FakeFreeSwitch, database_url: str, seed: Seed, *tenants: str
) -> AsyncIterator[dict[str, UUID]]:
    """A service of each tenant on the one PBX, their users read from it."""
    connection = seed.connection(platform="freeswitch", port=pbx.connection.port, username="", secret=PASSWORD)
    account = seed.account()
    services = {one: seed.service(account, connection_id=connection, tenant_key=one, directory_source="freeswitch")
                for one in tenants}
    store, engine = open_store(database_url, KEYS), uuid4()
    await store.open()
    await store.begin_incarnation(engine, "host", 1)
    current = CurrentConfiguration(store)
    await current.load()

    async def accept(*_: object) -> None: ...

    fleet = Fleet(store, current, accept, engine, random=Random(1))
    reader = Directories(store, current, lambda: fleet.lines, OFTEN)
    tasks = [asyncio.create_task(one) for one in (fleet.run(), reader.run(), current.watch())]
    try:
        yield services
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


def names(seed: Seed, service: UUID) -> list[str]:
    rows = seed.rows("SELECT name FROM pbx_user WHERE service_id = ? ORDER BY extension_number", service)
    return [row["name"] for row in rows]


def told(seed: Seed) -> list[dict[str, Any]]:
    return [json.loads(row["args"]) for row in seed.rows("SELECT args FROM errand ORDER BY created_at_ms")]


async def test_each_tenant_gets_the_users_of_its_own_domain(database_url: str, seed: Seed) -> None:
    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": listing("201@a.example:Ada", "201@b.example:Ben", "202@b.example:Cid")}
        async with at_work(pbx, database_url, seed, "a.example", "b.example") as services:
            await until(lambda: names(seed, services["b.example"]) == ["Ben", "Cid"])
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            assert told(seed) == []
            pbx.apis = {"list_users": listing("201@a.example:Ada", "201@b.example:Ben Renamed", "202@b.example:Cid")}
            await until(lambda: told(seed))
            (one,) = told(seed)
            assert (one["type"], one["user"]["name"], one["before"]["name"]) == ("user.modified", "Ben Renamed", "Ben")
            assert UUID(one["service_id"]) == services["b.example"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_list_that_is_refused_or_empty_removes_nobody(database_url: str, seed: Seed) -> None:
    def problem() -> str:
        rows = seed.rows("SELECT problem FROM directory_state")
        return rows[0]["problem"] if rows else ""

    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": listing("201@a.example:Ada", "201@b.example:Ben")}
        async with at_work(pbx, database_url, seed, "a.example") as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            pbx.apis = {}
            await until(lambda: "permission denied" in problem())
            pbx.apis = {"list_users": listing("201@b.example:Ben")}
            await until(lambda: problem() == NOBODY_LISTED)
            pbx.apis = {"list_users": listing("201@a.example:Ada", "202@a.example:Cid")}
            await until(lambda: names(seed, services["a.example"]) == ["Ada", "Cid"])
            assert [one["type"] for one in told(seed)] == ["user.created"]
            assert problem() == ""
