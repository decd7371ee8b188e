"""The users of a real Asterisk: as FreePBX keeps them in AstDB, and a plain one's mailboxes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from switchhook.pbx.directories import NOBODY_LISTED, Directories, Rhythm
from switchhook.pbx.fleet import Fleet
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from tests.fixtures.databases import KEYS
from tests.fixtures.lab import Asterisk
from tests.fixtures.seed import Seed

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
OFTEN = Rhythm(period_seconds=0.2, settle_seconds=1.0, failed_seconds=0.2, reload_seconds=0.1)
RARELY = Rhythm(period_seconds=3600.0, settle_seconds=0.1, failed_seconds=3600.0, reload_seconds=0.1)


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchhook.pbx.directories.LOOK_SECONDS", 0.05)


class Users:
    """What is here of a service's users, and what was told of them."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed

    @property
    def names(self) -> dict[str, str]:
        return {row["extension_number"]: row["name"] for row in self._seed.rows("SELECT * FROM pbx_user")}

    @property
    def told(self) -> list[dict[str, Any]]:
        rows = self._seed.rows("SELECT args FROM errand WHERE kind = 'user_changed' ORDER BY created_at_ms")
        return [json.loads(row["args"]) for row in rows]

    @property
    def state(self) -> dict[str, Any]:
        rows = self._seed.rows("SELECT * FROM directory_state")
        return rows[0] if rows else {"problem": "", "users": 0, "tried_at_ms": 0}

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                await asyncio.sleep(0.05)

    async def another_reading(self) -> None:
        """The PBX has been read once more, from now on."""
        for _ in range(2):  # the first may have begun before
            before = self.state["tried_at_ms"]
            await self.until(lambda b=before: self.state["tried_at_ms"] > b)  # type: ignore[misc]


@asynccontextmanager
async def read_from(
    asterisk: Asterisk, database_url: str, seed: Seed, source: str, rhythm: Rhythm = OFTEN, **columns: Any
) -> AsyncIterator[Users]:
    connection = seed.connection(host=asterisk.ami.host, port=asterisk.ami.port, username=asterisk.ami.user,
                                 secret=asterisk.ami.secret)
    seed.service(seed.account(), connection_id=connection, directory_source=source, **columns)
    store, engine = open_store(database_url, KEYS), uuid4()
    await store.open()
    await store.begin_incarnation(engine, "host", 1)
    current = CurrentConfiguration(store)
    await current.load()

    async def accept(*_: object) -> None: ...

    fleet = Fleet(store, current, accept, engine, random=Random(1))
    directories = Directories(store, current, lambda: fleet.lines, rhythm)
    tasks = [asyncio.create_task(one) for one in (fleet.run(), directories.run(), current.watch())]
    try:
        yield Users(seed)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()


def put(asterisk: Asterisk, extension: str, name: str, **more: str) -> None:
    """Save an extension, key by key, as FreePBX does."""
    for key, value in {"cidname": name, "voicemail": "novm", **more}.items():
        asterisk.cli(f'database put AMPUSER {extension}/{key} "{value}"')


async def test_freepbx_users_are_imported_silently_and_then_followed(
    asterisk: Asterisk, database_url: str, seed: Seed
) -> None:
    put(asterisk, "201", "Ada Example", outboundcid="12025550100", voicemail="default")
    put(asterisk, "202", "Ben Sample")
    async with read_from(asterisk, database_url, seed, "freepbx") as users:
        await users.until(lambda: users.names == {"201": "Ada Example", "202": "Ben Sample"})
        assert users.told == []

        put(asterisk, "203", "Cid Example")
        await users.until(lambda: len(users.told) == 1)
        assert (users.told[0]["type"], users.told[0]["user"]["name"]) == ("user.created", "Cid Example")

        asterisk.cli("database deltree AMPUSER/201")  # FreePBX saves by deleting and making anew
        put(asterisk, "201", "Ada Renamed", outboundcid="12025550199", voicemail="default")
        await users.until(lambda: len(users.told) == 2)
        modified = users.told[1]
        assert modified["type"] == "user.modified"
        assert (modified["before"]["name"], modified["user"]["name"]) == ("Ada Example", "Ada Renamed")
        assert modified["user"]["outbound_phone_number"] == "12025550199"
        assert modified["user"]["has_voicemail"]

        asterisk.cli("database deltree AMPUSER/202")
        await users.until(lambda: len(users.told) == 3)
        assert (users.told[2]["type"], users.told[2]["user"]["name"]) == ("user.deleted", "Ben Sample")


async def test_a_list_of_nobody_and_a_pbx_that_is_away_delete_nobody(
    asterisk: Asterisk, database_url: str, seed: Seed
) -> None:
    put(asterisk, "201", "Ada Example")
    async with read_from(asterisk, database_url, seed, "freepbx") as users:
        await users.until(lambda: users.names == {"201": "Ada Example"})
        asterisk.cli("database deltree AMPUSER")
        await users.until(lambda: users.state["problem"] == NOBODY_LISTED)
        await users.another_reading()
        asterisk.kill()
        asterisk.launch()
        put(asterisk, "202", "Ben Sample")
        put(asterisk, "201", "Ada Example")
        await users.until(lambda: "202" in users.names)
        assert users.names["201"] == "Ada Example"
        assert [one["type"] for one in users.told] == ["user.created"]


async def test_a_reload_of_the_pbx_has_it_read_at_once(asterisk: Asterisk, database_url: str, seed: Seed) -> None:
    put(asterisk, "201", "Ada Example")
    async with read_from(asterisk, database_url, seed, "freepbx", RARELY) as users:
        await users.until(lambda: "201" in users.names)
        put(asterisk, "202", "Ben Sample")
        asterisk.cli("core reload")  # Apply Config
        await users.until(lambda: "202" in users.names)
        assert [one["type"] for one in users.told] == ["user.created"]


async def test_who_has_a_mailbox_on_a_plain_asterisk_is_a_user(
    asterisk: Asterisk, database_url: str, seed: Seed
) -> None:
    async with read_from(asterisk, database_url, seed, "voicemail") as users:
        await users.until(lambda: users.names == {"201": "Desk 201", "202": "Desk 202"})
        assert [row["has_voicemail"] for row in seed.rows("SELECT has_voicemail FROM pbx_user")] == [1, 1]
        asterisk.configure("voicemail.conf", "[branch]", ["201 => 1,Somebody Else"])
        asterisk.cli("voicemail reload")
        await users.until(lambda: "say whose are meant" in users.state["problem"])
        assert len(users.names) == 2


async def test_of_several_contexts_of_mailboxes_the_named_one_counts(
    asterisk: Asterisk, database_url: str, seed: Seed
) -> None:
    asterisk.configure("voicemail.conf", "[branch]", ["301 => 1,Somebody Else"])
    asterisk.cli("voicemail reload")
    async with read_from(asterisk, database_url, seed, "voicemail", directory_scope="branch") as users:
        await users.until(lambda: users.names == {"301": "Somebody Else"})
        assert users.state["users"] == 1
