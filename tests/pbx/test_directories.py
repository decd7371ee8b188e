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

from switchhook.domain.service import UserDatabase
from switchhook.pbx import connector, directories
from switchhook.pbx.directories import NOBODY_LISTED, Directories, Rhythm
from switchhook.pbx.fleet import Fleet
from switchhook.pbx.user_listings import NO_DATABASE
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from tests.fixtures.databases import KEYS
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.seed import Seed
from tests.pbx.fake_freeswitch import PASSWORD, RUDE, FakeFreeSwitch, fake_freeswitch
from tests.pbx.made_up_fusionpbx import made_up_fusionpbx

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
    pbx: FakeFreeSwitch, database_url: str, seed: Seed, *tenants: str, most_users: int = 100,
    source: str = "freeswitch", reads: UserDatabase | None = None, rhythm: Rhythm = OFTEN,
) -> AsyncIterator[dict[str, UUID]]:
    """A service of each tenant on the one PBX, their users read from it."""
    connection = seed.connection(platform="freeswitch", port=pbx.connection.port, username="", secret=PASSWORD)
    account = seed.account()
    services = {one: seed.service(account, connection_id=connection, tenant_key=one, directory_source=source)
                for one in tenants}
    if reads is not None:
        seed.user_database(connection, reads)
    store, engine = open_store(database_url, KEYS), uuid4()
    await store.open()
    await store.begin_incarnation(engine, "host", 1)
    current = CurrentConfiguration(store)
    await current.load()

    async def accept(*_: object) -> None: ...

    fleet = Fleet(store, current, accept, engine, random=Random(1))
    reader = Directories(store, current, lambda: fleet.lines, rhythm, most_users=most_users)
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_list_without_many_is_held_until_a_person_says_that_they_are_gone(
    database_url: str, seed: Seed
) -> None:
    everybody = [f"{number}@a.example:User" for number in range(200, 220)]
    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": listing(*everybody)}
        async with at_work(pbx, database_url, seed, "a.example") as services:
            await until(lambda: len(names(seed, services["a.example"])) == 20)
            pbx.apis = {"list_users": listing(*everybody[:12], "300@a.example:New")}
            gone = [str(number) for number in range(212, 220)]
            await until(lambda: seed.rows("SELECT held FROM directory_state")[0]["held"] == json.dumps(gone))
            assert len(names(seed, services["a.example"])) == 20
            assert told(seed) == []
            seed.execute("UPDATE directory_state SET confirmed = ?", json.dumps(gone))
            seed.touch()
            await until(lambda: len(names(seed, services["a.example"])) == 13)
            assert sorted(one["type"] for one in told(seed)) == ["user.created"] + ["user.deleted"] * 8


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_account_that_may_have_no_more_users_is_told_so_and_nothing_fails(
    database_url: str, seed: Seed
) -> None:
    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": listing("201@a.example:Ada", "202@a.example:Ben")}
        async with at_work(pbx, database_url, seed, "a.example", most_users=1) as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            problem = seed.rows("SELECT problem FROM directory_state")[0]["problem"]
            assert "may have 1 users: 1 of those on the PBX were left out" in problem
            for _ in range(4):  # that is said as long as it is so
                tried = seed.rows("SELECT tried_at_ms FROM directory_state")[0]["tried_at_ms"]
                await until(lambda tried=tried: seed.rows(
                    "SELECT 1 FROM directory_state WHERE tried_at_ms > ?", tried))
                assert seed.rows("SELECT problem FROM directory_state")[0]["problem"] == problem
            seed.execute("UPDATE account SET max_users = 2")
            await until(lambda: names(seed, services["a.example"]) == ["Ada", "Ben"])


async def test_fusionpbxs_domains_are_read_from_its_database_also_while_the_event_socket_is_away(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    with made_up_fusionpbx(postgres_server) as fusionpbx:
        for domain, name in (("a.example", "Ada"), ("b.example", "Ben")):
            fusionpbx.extension(fusionpbx.domain(domain), "201", name)
        async with fake_freeswitch() as pbx:
            pbx.greeting = RUDE
            async with at_work(
                pbx, database_url, seed, "a.example", "b.example", source="fusionpbx", reads=fusionpbx.login,
            ) as services:
                await until(lambda: names(seed, services["a.example"]) == ["Ada"])
                await until(lambda: names(seed, services["b.example"]) == ["Ben"])
                fusionpbx.do("UPDATE v_extensions SET effective_caller_id_name = 'Ada Renamed' WHERE "
                             "effective_caller_id_name = 'Ada'")
                await until(lambda: told(seed))
                assert [one["user"]["name"] for one in told(seed)] == ["Ada Renamed"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_fusionpbx_logs_as_saved_is_read_soon_and_a_delete_and_create_is_one_modify(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    seldom = Rhythm(period_seconds=3600, settle_seconds=0.3, failed_seconds=3600, reload_seconds=0, log_seconds=0.05)
    with made_up_fusionpbx(postgres_server) as fusionpbx:
        domain = fusionpbx.domain("a.example")
        fusionpbx.extension(domain, "201", "Ada")
        fusionpbx.log()
        async with fake_freeswitch() as pbx, at_work(
            pbx, database_url, seed, "a.example", source="fusionpbx", reads=fusionpbx.login, rhythm=seldom,
        ) as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            fusionpbx.do("DELETE FROM v_extensions")
            fusionpbx.extension(domain, "201", "Ada Renamed")
            fusionpbx.log()
            await until(lambda: told(seed))
            (one,) = told(seed)
            assert (one["type"], one["before"]["name"], one["user"]["name"]) == ("user.modified", "Ada", "Ada Renamed")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_is_emptied_or_refuses_us_removes_nobody(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    def problem() -> str:
        rows = seed.rows("SELECT problem FROM directory_state")
        return rows[0]["problem"] if rows else ""

    with made_up_fusionpbx(postgres_server) as fusionpbx:
        fusionpbx.extension(fusionpbx.domain("a.example"), "201", "Ada")
        async with fake_freeswitch() as pbx, at_work(
            pbx, database_url, seed, "a.example", source="fusionpbx", reads=fusionpbx.login,
        ) as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            fusionpbx.do("DELETE FROM v_extensions")
            await until(lambda: problem() == NOBODY_LISTED)
            fusionpbx.do(f"ALTER ROLE {fusionpbx.username} NOLOGIN")
            await until(lambda: "refused the login" in problem())
            seed.execute("DELETE FROM user_database")
            seed.touch()
            await until(lambda: problem() == NO_DATABASE)
            assert names(seed, services["a.example"]) == ["Ada"]
            assert told(seed) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_in_step_is_read_often_and_written_seldom(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    seldom = Rhythm(period_seconds=3600, settle_seconds=0.1, failed_seconds=3600, reload_seconds=0, log_seconds=0.05)

    def tried() -> int:
        rows = seed.rows("SELECT tried_at_ms FROM directory_state")
        return rows[0]["tried_at_ms"] if rows else 0

    with made_up_fusionpbx(postgres_server) as fusionpbx:
        domain = fusionpbx.domain("a.example")
        fusionpbx.extension(domain, "201", "Ada")
        fusionpbx.log()
        async with fake_freeswitch() as pbx, at_work(
            pbx, database_url, seed, "a.example", source="fusionpbx", reads=fusionpbx.login, rhythm=seldom,
        ) as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])
            imported = tried()
            fusionpbx.log()
            await until(lambda: tried() > imported)  # that there is no difference is written once
            written, before = tried(), fusionpbx.reads()
            for more in (1, 2, 3):
                fusionpbx.log()
                await until(lambda more=more: fusionpbx.reads() >= before + more)
            assert tried() == written
            fusionpbx.extension(domain, "202", "Ben")
            fusionpbx.log()
            await until(lambda: names(seed, services["a.example"]) == ["Ada", "Ben"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_log_that_takes_long_to_read_keeps_nobody_from_reading_the_users(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    with made_up_fusionpbx(postgres_server) as fusionpbx:
        fusionpbx.extension(fusionpbx.domain("a.example"), "201", "Ada")
        fusionpbx.do("DROP TABLE v_database_transactions")
        fusionpbx.do("CREATE VIEW v_database_transactions AS SELECT now() AS transaction_date FROM pg_sleep(0.2)")
        fusionpbx.do(f"GRANT SELECT ON v_database_transactions TO {fusionpbx.username}")
        seldom = Rhythm(log_seconds=0.05)
        async with fake_freeswitch() as pbx, at_work(
            pbx, database_url, seed, "a.example", source="fusionpbx", reads=fusionpbx.login, rhythm=seldom,
        ) as services:
            await until(lambda: names(seed, services["a.example"]) == ["Ada"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_changed_while_the_users_are_read_has_them_read_again(
    postgres_server: PostgresServer, database_url: str, seed: Seed
) -> None:
    seldom = Rhythm(period_seconds=3600, failed_seconds=3600, log_seconds=3600)
    with made_up_fusionpbx(postgres_server) as fusionpbx:
        fusionpbx.extension(fusionpbx.domain("a.example"), "201", "Ada")
        fusionpbx.extension(fusionpbx.domain("b.example"), "201", "Ben")
        fusionpbx.do("BEGIN")
        fusionpbx.do("LOCK TABLE v_extensions")
        async with fake_freeswitch() as pbx, at_work(
            pbx, database_url, seed, "a.example", source="fusionpbx", reads=fusionpbx.login, rhythm=seldom,
        ) as services:
            await until(fusionpbx.waiting)
            seed.execute("UPDATE service SET directory_scope = 'b.example'")
            other = seed.connection(platform="simulator")
            seed.touch()
            await until(lambda: seed.rows("SELECT 1 FROM connection_state WHERE connection_id = ?", other))
            fusionpbx.do("COMMIT")
            await until(lambda: names(seed, services["a.example"]) == ["Ben"])
