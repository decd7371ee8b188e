"""A FreeSWITCH that speaks the Event Socket on loopback and does what a test wants: refuses, falls silent, says half an
event, ends. Its frames are written as those of FreeSWITCH 1.10 (synthetic)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from uuid import UUID

from switchhook.domain.service import Connection, Platform

PASSWORD = "a password"
RUDE = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
FAREWELL_BODY = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
FAREWELL = b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%s" % (len(FAREWELL_BODY), FAREWELL_BODY)


def frame(event: Mapping[str, object]) -> bytes:
    """An event as it is sent."""
    body = json.dumps(event).encode()
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)


def reply(text: str) -> bytes:
    """What a command is answered."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def inbound(number: int, *, caller: str = "12025550171", dialled: str = "12025550101") -> bytes:
    """A channel that came over a trunk, of the domain acme.example."""
    leg = str(UUID(int=number))
    return frame({
        "Event-Name": "CHANNEL_CREATE", "Unique-ID": leg, "Channel-Call-UUID": leg, "Call-Direction": "inbound",
        "Channel-Name": f"sofia/external/{caller}@192.0.2.1", "Caller-Context": "public",
        "Caller-Caller-ID-Number": caller, "Caller-Destination-Number": dialled, "Caller-Username": caller,
        "Event-Date-Timestamp": "1795311577027828", "Caller-Channel-Created-Time": "1795311577027828",
        "variable_sofia_profile_name": "external", "variable_domain_name": "acme.example"})


class FakeFreeSwitch:
    """One Event Socket; each connection that has asked for the snapshot is put into `connected`."""

    def __init__(self) -> None:
        self.connected: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self.commands: list[str] = []
        self.rows: list[dict[str, str]] = []
        self.greeting = b"Content-Type: auth/request\n\n"
        self.denied: set[str] = set()  # events that the user may not hear
        self.meanwhile = b""  # comes while events are asked for
        self.may_show = True
        self.apis: dict[str, str] = {}  # API command → what it answers; the others are not permitted
        self.answers = True  # what is asked after a silence
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def connection(self) -> Connection:
        assert self._server is not None
        return Connection(id=UUID(int=5), name="Lab", platform=Platform.FREESWITCH, host="127.0.0.1",
                          port=self._server.sockets[0].getsockname()[1], secret=PASSWORD)

    def user(self, secret: str = PASSWORD) -> Connection:
        """The connection of a directory user."""
        return replace(self.connection, username="switchhook@acme.example", secret=secret)

    async def hang_up(self) -> None:
        """Close every connection, as a restart does."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(self.greeting)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                command = (await reader.readuntil(b"\n\n")).decode().strip()
                self.commands.append(command)
                writer.write(self._answer(command))
                if command.startswith("api show channels"):
                    self.connected.put_nowait(writer)

    def _answer(self, command: str) -> bytes:
        match command.split(" ")[0]:
            case "auth" | "userauth":
                if command not in (f"auth {PASSWORD}", f"userauth switchhook@acme.example:{PASSWORD}"):
                    return reply("-ERR invalid") + FAREWELL
                return reply("+OK accepted\nAllowed-API: show" if command.startswith("user") else "+OK accepted")
            case "event":
                allowed = self.denied.isdisjoint(command.split())
                meanwhile, self.meanwhile = self.meanwhile, b""
                return reply("+OK event listener enabled json" if allowed else "-ERR permission denied") + meanwhile
            case "api" if (answer := self.apis.get(command.removeprefix("api "))) is not None:
                return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(answer.encode()), answer.encode())
            case "api" if self.may_show and command.startswith("api show"):
                listing: dict[str, object] = {"row_count": len(self.rows)}
                body = json.dumps(listing | ({"rows": self.rows} if self.rows else {})).encode()
                return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body)
            case "api":
                return reply("-ERR permission denied")
            case _:
                return reply("-ERR command not found") if self.answers else b""


@asynccontextmanager
async def fake_freeswitch() -> AsyncIterator[FakeFreeSwitch]:
    """A FakeFreeSwitch that listens."""
    pbx = FakeFreeSwitch()
    pbx._server = await asyncio.start_server(pbx._serve, "127.0.0.1", 0)
    try:
        yield pbx
    finally:
        await pbx.hang_up()
        pbx._server.close()
