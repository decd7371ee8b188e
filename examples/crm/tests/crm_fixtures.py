"""Fixtures: the program as it runs, without a CRM that answers or with a real Tryton."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from crm import tryton_server
from crm.book import Book, Line
from crm.configuration import HERE, Configuration, configuration
from crm.hook import Kind
from crm.server import make_app
from crm.tryton import Tryton, TrytonAccess

sys.path.append(str(HERE.parents[1]))  # the repository: for its tests' browser and simulated calls

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOBODY = TrytonAccess(url="http://127.0.0.1:1/crm", user="admin", password="-", account_manager="Sam Example")


@dataclass
class Clock:
    """Seconds since 1970, as the test says."""

    now: float = field(default_factory=lambda: datetime.now(UTC).timestamp())

    def __call__(self) -> float:
        return self.now


@dataclass
class Program:
    """The running program, and the CRM that it talks to."""

    url: str
    ours: Configuration
    clock: Clock
    session: aiohttp.ClientSession
    crm: Tryton

    async def tell(self, kind: Kind, id_: str, *, secret: str = SECRET, test: bool = False, **values: object) -> int:
        """What Switchhook would send; the status that came back."""
        return (await self.post(json.dumps(example(kind, **values)), kind, id_, secret=secret, test=test))[0]

    async def post(
        self, body: str, event: str, id_: str = "msg_1", *, secret: str = SECRET, test: bool = False
    ) -> tuple[int, str]:
        """A request, signed by the public library; status and text that came back."""
        at = datetime.fromtimestamp(self.clock.now, UTC)
        headers = {"webhook-id": id_, "webhook-timestamp": str(int(self.clock.now)),
                   "webhook-signature": Webhook(secret).sign(id_, at, body), "Switchhook-Event": event}
        headers |= {"Switchhook-Test": "1"} if test else {}
        async with self.session.post(f"{self.url}/hook", data=body.encode(), headers=headers) as answer:
            return answer.status, await answer.text()

    async def look(self, path: str, status: int = 200) -> str:
        async with self.session.get(self.url + path) as answer:
            assert answer.status == status
            return await answer.text()

    async def look_until(self, path: str, text: str) -> None:
        """Look again and again until the page says it; TimeoutError after 20 s."""
        async with asyncio.timeout(20):
            while text not in await self.look(path):
                await asyncio.sleep(0.02)

    def lines(self) -> list[Line]:
        """What is to go into the CRM, the newest first."""
        with Book(self.ours.book) as book:
            return list(book.latest(100))


def example(kind: Kind, **values: object) -> dict[str, object]:
    """The body of an event, under the fields' own names."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    user: dict[str, object] = {"extension_number": "201", "name": "Ada Example", "date_time": now}
    call = {"call_uuid": "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77", "source_number": "12025550171",
            "source_e164": "+12025550171", "destination_number": "12025550101", "direction": "inbound"}
    match kind:
        case Kind.USER_CREATED:
            return user | {"outbound_phone_number": "12025550100", "service_friendly_name": "Head Office"} | values
        case Kind.RECEIVED:
            return call | {"date_time": now} | values
        case Kind.ENDED:
            return user | call | {"disposition": "answered", "billable_seconds": 128} | values
        case _:
            return user | call | values


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def program(tmp_path: Path, clock: Clock) -> AsyncIterator[Program]:
    """With a CRM that does not answer."""
    async with running(tmp_path, clock, NOBODY) as one:
        yield one


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonAccess]:
    """A real Tryton, empty."""
    with tryton_server.running(tryton_server.prepare(), tmp_path_factory.mktemp("tryton")) as access:
        yield access


@asynccontextmanager
async def running(state: Path, clock: Clock, access: TrytonAccess, **settings: str) -> AsyncIterator[Program]:
    ours = replace(configuration({"CRM_SECRET": SECRET, "CRM_STATE": str(state), "CRM_LISTEN": "127.0.0.1:0",
                                  "CRM_TRYTON_URL": access.url} | settings), tryton=access)
    async with (
        Tryton(access) as crm,
        serving(make_app(ours, crm, clock=clock)) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Program(url, ours, clock, session, crm)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def until(true: Callable[[], object]) -> None:
    """Let everything else run until it is true; TimeoutError after 20 s."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)
