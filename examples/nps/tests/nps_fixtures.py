"""Fixtures: the program as it runs, with a mail server and a CRM that are real enough to take, refuse and vanish."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from nps.book import Book
from nps.configuration import HERE, Configuration, configuration
from nps.rounds import Rounds
from nps.rules import load_rules
from nps.server import ROUNDS, make_app

TOKEN = "swh_synthetic"
CALL, SERVICE = "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77", "5f0c1b52-6c0f-4c39-9d9f-1f7a5b0c9a11"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class MailServer:
    """A real SMTP server. `answers`: what it says to the next messages instead of taking them."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    open: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


class _Session(SMTP):
    """One connection, counted while it is open."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.open += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.open -= 1
        super().connection_lost(error)


@dataclass
class Switchhook:
    """Its API, as far as it tells of recordings: of the one call, told as `docs/api.md` says. `states`: what is said of
    recording 1, look by look, the last one ever after; `status`: of all its answers;
    `nonsense`: what it says instead."""

    url: str = ""
    states: list[str] = field(default_factory=lambda: ["ready"])
    sound: bytes = b"RIFF synthetic WAVE"
    status: int = 200
    nonsense: str = ""
    media_state: str = ""

    async def call(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {TOKEN}" or self.status != 200:
            return problem(self.status if self.status != 200 else 401, "A synthetic problem.")
        ended = None if self.states[0] == "goes on" else "2026-03-04T10:42:10Z"
        began = "2026-03-04T10:40:10Z"
        return web.json_response({"id": CALL, "service_id": SERVICE, "began_at": began, "ended_at": ended})

    async def recordings(self, request: web.Request) -> web.Response:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        told = {"number": 1, "state": state, "reason": "" if state == "ready" else f"A synthetic reason: {state}."}
        data = [] if state in ("goes on", "not recorded") else [told]
        if self.nonsense:
            status = 404 if self.nonsense == "404" else 200
            return web.Response(status=status, text=self.nonsense, content_type="text/html")
        self.media_state = state
        return web.json_response({"state": state, "data": data})

    async def media(self, request: web.Request) -> web.StreamResponse:
        if self.media_state == "pending":
            return problem(409, "The call goes on.", {"Retry-After": "30"})
        if self.media_state != "ready":
            return problem(410, "The file is not there any more.")
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        name = {"Content-Disposition": "inline; filename*=UTF-8''1772580115.42.wav", "Accept-Ranges": "bytes"}
        if not part:
            return web.Response(body=self.sound, content_type="audio/wav", headers=name)
        first, last = int(part[1]), int(part[2])
        name["Content-Range"] = f"bytes {first}-{last}/{len(self.sound)}"
        return web.Response(body=self.sound[first : last + 1], status=206, content_type="audio/wav", headers=name)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    kind = "application/problem+json"
    return web.json_response({"detail": detail}, status=status, headers=headers, content_type=kind)


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
    rounds: list[Rounds]

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

    async def turn(self, seconds: float = 0) -> None:
        """Let time pass, and have done what is due then."""
        self.clock.now += seconds
        for one in self.rounds:
            await one.turn()

    def book(self) -> Book:
        return Book(self.ours.book)

    async def look(self, path: str = "/", status: int = 200, **headers: str) -> str:
        async with self.session.get(self.url + path, headers=headers) as answer:
            assert answer.status == status
            return await answer.text()


def example(**values: object) -> dict[str, object]:
    """The body that the integration of the README sends."""
    return {
        "ivr_name": "NPS", "option_selected": "9", "call_uuid": CALL,
        "source_number": "12025550171", "destination_number": "12025550101", "name": "Ada Example",
        "extension_number": "201", "date_time": datetime.now(UTC).isoformat(timespec="seconds")} | values


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    ours = MailServer()
    server = await asyncio.get_running_loop().create_server(lambda: _Session(ours), "127.0.0.1", 0)
    ours.port = server.sockets[0].getsockname()[1]
    async with server:
        yield ours
        await until(lambda: not ours.open)


@pytest.fixture
async def switchhook() -> AsyncIterator[Switchhook]:
    ours = Switchhook()
    of_call = f"/api/v1/services/{SERVICE}/calls/{CALL}/recordings"
    app = web.Application()
    app.router.add_get(f"/api/v1/calls/{CALL}", ours.call)
    app.router.add_get(of_call, ours.recordings)
    app.router.add_get(f"{of_call}/1/media", ours.media)
    async with serving(app) as url:
        ours.url = url + "/api/v1"
        yield ours


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
        yield Program(url, ours, clock, session, app[ROUNDS])


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object]) -> None:
    """Let everything else run until it is true; TimeoutError after 10 s."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)
