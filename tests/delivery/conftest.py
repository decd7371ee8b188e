"""A DeliveryEngine on a real database, with one account that may call loopback."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import pytest

from switchhook.delivery.engine import DeliveryEngine
from switchhook.delivery.lanes import Lanes
from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event, timed_id
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Accepted, Store
from tests.fixtures.databases import KEYS
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed


@dataclass
class Bench:
    """An engine that delivers, and what a test says to it."""

    database_url: str
    seed: Seed
    store: Store
    account_id: UUID
    service_id: UUID
    engine_id: UUID = field(default_factory=uuid4)
    _calls: int = 0

    current: CurrentConfiguration = field(init=False)
    engine: DeliveryEngine = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(init=False, default_factory=list)

    def integration(self, receiver: Receiver | str, **columns: Any) -> UUID:
        """An integration of the service that calls the receiver; written before `start`, or followed by `reload`."""
        url = receiver if isinstance(receiver, str) else receiver.url()
        service_id = columns.pop("service_id", self.service_id)
        return self.seed.integration(self.account_id, service_id, request_url=url, **columns)

    async def start(self, **options: Any) -> DeliveryEngine:
        """Begin an incarnation and deliver."""
        await self.store.begin_incarnation(self.engine_id, "test", 1)
        self.current = CurrentConfiguration(self.store)
        await self.current.load()
        self.engine = DeliveryEngine(
            store=self.store, engine_id=self.engine_id, current=self.current, **{"jitter": lambda: 0.0} | options)
        self._tasks = [asyncio.create_task(self.engine.run()), asyncio.create_task(self.current.watch())]
        return self.engine

    async def reload(self) -> None:
        """What was changed in the configuration is in force."""
        self.seed.touch()
        await self.current.refresh()

    async def stop(self, grace_seconds: float = 10.0) -> None:
        if self._tasks:
            await self.engine.stop(grace_seconds)
            await self.end()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def event(
        self, type_: EventType = EventType.INBOUND_RECEIVED, *, call: str = "", sequence: int = 1, **fields: Any
    ) -> Event:
        """An event of now; without `call` of a call of its own."""
        self._calls += 1
        call = call or f"call {self._calls}"
        at = datetime.now(UTC)
        known = {Field.SOURCE_NUMBER: "12025550171", Field.DESTINATION_NUMBER: "12025550101", Field.DIRECTION: "inbound"}
        return Event(
            id=timed_id(int(at.timestamp() * 1000), self.service_id, call, type_, sequence), type=type_,
            account_id=self.account_id, service_id=self.service_id, at=at, order_key=call, sequence=sequence,
            fields=known | {Field(name): value for name, value in fields.items()}, native_call_id=call)

    async def accept(self, *events: Event) -> Accepted:
        """Accept them; committed when this returns."""
        return await self.engine.accept(events)

    def deliveries(self) -> list[dict[str, Any]]:
        """The deliveries as they stand in the database, the oldest first."""
        return self.seed.rows("SELECT * FROM delivery ORDER BY id")

    def states(self) -> list[str]:
        return [row["state"] for row in self.deliveries()]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until that is so in the database: the engine writes soon, and nobody is told when."""
        async with asyncio.timeout(15):
            while not holds():
                await self.engine.recorder.drain()
                await asyncio.sleep(0.01)

    async def settled(self, count: int) -> None:
        """Wait until so many deliveries are no longer pending."""
        await self.until(lambda: sum(state != "pending" for state in self.states()) >= count)


@pytest.fixture
async def open_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    """Opens stores of the test's database: each as another engine would. None waits long for somebody's lock."""
    monkeypatch.setattr("switchhook.store.sqlite.BUSY_SECONDS", 0.5)
    stores: list[Store] = []

    async def open_() -> Store:
        store = open_store(database_url, KEYS)
        await store.open()
        stores.append(store)
        return store

    yield open_
    for store in stores:
        with suppress(Exception):
            await store.close()


@pytest.fixture
async def bench(
    database_url: str, seed: Seed, open_database: Callable[[], Awaitable[Store]]
) -> AsyncIterator[Bench]:
    account_id = seed.account(allowed_networks=["127.0.0.0/8"])
    one = Bench(database_url, seed, await open_database(), account_id, seed.service(account_id))
    yield one
    await one.stop(0)


def small_lanes(**bounds: int) -> Lanes:
    """Lanes with little room."""
    return Lanes(**{"max_in_flight": 64} | bounds)


@pytest.fixture
def database_away(
    request: pytest.FixtureRequest, database_url: str, seed: Seed
) -> Callable[[], AbstractContextManager[None]]:
    """`with database_away():` nobody but the test's seed gets an answer of the database."""
    if database_url.startswith("sqlite"):

        @contextmanager
        def away() -> Iterator[None]:
            locker = sqlite3.connect(unquote(urlsplit(database_url).path), isolation_level=None, timeout=10)
            locker.execute("BEGIN IMMEDIATE")  # another program that holds the pen and does not let go
            try:
                yield
            finally:
                locker.execute("ROLLBACK")
                locker.close()

        return away

    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = urlsplit(database_url).path[1:]

    @contextmanager
    def away_on_postgres() -> Iterator[None]:
        (own,) = seed.rows("SELECT pg_backend_pid() AS pid")
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       f"WHERE datname = '{name}' AND pid <> {own['pid']}")
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return away_on_postgres
