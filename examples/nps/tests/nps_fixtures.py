"""Fixtures: the program as it runs, with a mail server and a CRM that are real enough to take, refuse and vanish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from email.policy import default
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from nps.configuration import HERE, Configuration, configuration
from nps.rules import load_rules
from nps.server import make_app

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class MailServer:
    """SMTP, as small as it gets. `answers`: what it says to the next messages instead of taking them."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1

        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say("220 mail.example.com ESMTP")
        while line := (await reader.readline()).decode().strip():
            match line.upper().split()[0]:
                case "DATA":
                    say("354 go on")
                    lines = []
                    while (told := (await reader.readline()).decode()) != ".\r\n":
                        lines.append(told.removeprefix("."))
                    if self.answers:
                        say(self.answers.pop(0))
                    else:
                        self.mails.append(message_from_string("".join(lines), policy=default))
                        say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 fine")
        writer.close()
        await writer.wait_closed()
        self.open -= 1


@dataclass
class Crm:
    """Takes JSON. `statuses`: what it answers to the next requests."""

    url: str = ""
    entries: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.Response(status=status)
        self.entries.append(json.loads(await request.read()))
        return web.Response()


@dataclass
class Clock:
    """Seconds since 1970, as the test says."""

    now: float = field(default_factory=lambda: datetime.now(UTC).timestamp())

    def __call__(self) -> float:
        return self.now


@dataclass
class Program:
    """The running program."""

    url: str
    ours: Configuration
    clock: Clock
    session: aiohttp.ClientSession

    async def tell(self, id_: str = "msg_1", *, secret: str = SECRET, test: bool = False, **values: object) -> int:
        """What Switchhook would send; the status that came back."""
        return (await self.post(json.dumps(example(**values)), id_, secret=secret, test=test))[0]

    async def post(self, body: str, id_: str = "msg_1", *, secret: str = SECRET, test: bool = False) -> tuple[int, str]:
        """A request, signed by the public library; status and text that came back."""
        at = datetime.fromtimestamp(self.clock.now, UTC)
        headers = {"webhook-id": id_, "webhook-timestamp": str(int(self.clock.now)),
                   "webhook-signature": Webhook(secret).sign(id_, at, body)}
        headers |= {"Switchhook-Test": "1"} if test else {}
        async with self.session.post(f"{self.url}/hook", data=body.encode(), headers=headers) as answer:
            return answer.status, await answer.text()

    async def look(self, path: str = "/", status: int = 200, **headers: str) -> str:
        async with self.session.get(self.url + path, headers=headers) as answer:
            assert answer.status == status
            return await answer.text()


def example(**values: object) -> dict[str, object]:
    """The body that the integration of the README sends."""
    return {
        "ivr_name": "NPS", "option_selected": "9", "call_uuid": "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77",
        "source_number": "12025550171", "destination_number": "12025550101", "name": "Ada Example",
        "extension_number": "201", "date_time": datetime.now(UTC).isoformat(timespec="seconds")} | values


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    ours = MailServer()
    server = await asyncio.start_server(ours.serve, "127.0.0.1", 0)
    ours.port = server.sockets[0].getsockname()[1]
    async with server:
        yield ours
        await until(lambda: not ours.open)


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    ours = Crm()
    app = web.Application()
    app.router.add_post("/entries", ours.take)
    async with serving(app) as url:
        ours.url = url + "/entries"
        yield ours


@pytest.fixture
async def program(tmp_path: Path, clock: Clock) -> AsyncIterator[Program]:
    """Without mail server and CRM."""
    async with running(tmp_path, clock) as one:
        yield one


@asynccontextmanager
async def running(state: Path, clock: Clock, **settings: str) -> AsyncIterator[Program]:
    ours = configuration({"NPS_SECRET": SECRET, "NPS_STATE": str(state), "NPS_LISTEN": "127.0.0.1:0"} | settings)
    app = make_app(ours, load_rules(HERE / "rules.toml"), clock=clock)
    async with serving(app) as url, aiohttp.ClientSession() as session:
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


async def until(true: Callable[[], object]) -> None:
    """Let everything else run until it is true; TimeoutError after 10 s."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)
