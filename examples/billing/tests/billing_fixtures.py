"""Fixtures: the program as it runs, on SQLite and on a real PostgreSQL, and requests as Switchhook sends them."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from billing.book import Book, Record
from billing.configuration import HERE, Configuration, configuration
from billing.database import Database
from billing.periods import Period, period_of
from billing.rates import load_rates
from billing.server import make_app

sys.path.append(str(HERE.parents[1]))  # the repository: for its tests' PostgreSQL

from tests.fixtures.postgres import PostgresServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALL = "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_databases = count(1)


@dataclass
class Clock:
    """Seconds since 1970, as the test says."""

    now: float = field(default_factory=NOON.timestamp)

    def __call__(self) -> float:
        return self.now


@dataclass
class Program:
    """The running program."""

    url: str
    ours: Configuration
    clock: Clock
    session: aiohttp.ClientSession

    async def tell(self, event: str = "call.leg_ended", *, secret: str = SECRET, **values: object) -> str:
        """What Switchhook would send; what came back, with its status when that is no 200."""
        body = leg(**values) if event == "call.leg_ended" else call(**values)
        return await self.post(json.dumps(body), secret=secret, **{"Switchhook-Event": event})

    async def post(self, body: str, *, secret: str = SECRET, **headers: str) -> str:
        """A request, signed by the public library."""
        at = datetime.fromtimestamp(self.clock.now, UTC)
        signed = {"webhook-id": "msg_1", "webhook-timestamp": str(int(self.clock.now)),
                  "webhook-signature": Webhook(secret).sign("msg_1", at, body)}
        async with self.session.post(f"{self.url}/hook", data=body.encode(), headers=signed | headers) as answer:
            text = (await answer.text()).strip()
            return text if answer.status == 200 else f"{answer.status} {text}"

    async def look(self, path: str = "/?month=2026-11", status: int = 200, **headers: str) -> str:
        async with self.session.get(self.url + path, headers=headers) as answer:
            assert answer.status == status
            return await answer.text()

    def records(self, period: str = "2026-11", *, calls: bool = True) -> list[Record]:
        with Database(self.ours.database_url) as database:
            return Book(database).records(period_of(period, self.ours.time_zone), calls=calls)

    def legs(self) -> list[Record]:
        return self.records(calls=False)

    def period(self, period: str = "2026-11") -> Period:
        return period_of(period, self.ours.time_zone)


def leg(**values: object) -> dict[str, object]:
    """Every field of a Call Leg Ended: 201 was called, and is forwarded to a mobile in the United Kingdom."""
    return call(leg_id="1772580115.43", trunk="trunk-provider", destination_number="447700900123",
                destination_e164="+447700900123", source_number="201", source_e164=None, direction="outbound") | values


def call(**values: object) -> dict[str, object]:
    """The fields of a Call Ended that concern us, and some that do not."""
    return {
        "extension_number": "201", "name": "Ada Example", "outbound_phone_number": "12025550100", "has_voicemail": True,
        "enabled_calls": "Local,National,Mobile", "date_time": "2026-11-22T10:44:03+00:00",
        "service_uuid": "5f0c1b52-6c0f-4c39-9d9f-1f7a5b0c9a11", "service_name": "pbx-0001",
        "service_friendly_name": "Head Office", "source_number": "12025550171", "destination_number": "12025550101",
        "call_uuid": CALL, "direction": "inbound", "dialled_number": "12025550101", "source_e164": "+12025550171",
        "destination_e164": "+12025550101", "trunk": "trunk-provider", "queue": None, "native_call_id": "1772580115.42",
        "answered_at": "2026-11-22T10:41:55+00:00", "ended_at": "2026-11-22T10:44:03+00:00", "duration": 133,
        "billable_seconds": 128, "disposition": "answered", "event_id": "019cb6d0-1a2b-8c3d-9e4f-5a6b7c8d9e0f",
        "sequence": 1} | values


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("billing"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path / 'billing.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"billing_{next(_databases)}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture
async def program(tmp_path: Path, clock: Clock) -> AsyncIterator[Program]:
    async with running(f"sqlite://{tmp_path / 'billing.sqlite3'}", clock) as one:
        yield one


@asynccontextmanager
async def running(database_url: str, clock: Clock, **settings: str) -> AsyncIterator[Program]:
    ours = configuration({"BILLING_SECRET": SECRET, "BILLING_DATABASE_URL": database_url} | settings)
    rates = load_rates(ours.rates, charged=ours.charged, decimals=ours.decimals)
    async with serving(make_app(ours, rates, clock=clock)) as url, aiohttp.ClientSession() as session:
        yield Program(url, ours, clock, session)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()
