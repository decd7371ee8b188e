"""A PBX that speaks AMI on loopback and does what a test wants: refuses, falls silent, says half a message, dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from switchhook.domain.service import Connection, Platform

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
NOTHING_UP = (
    b"Response: Success\r\nActionID: snapshot\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n"
    b"Event: StatusComplete\r\nActionID: snapshot\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
)


def inbound(number: int, *, caller: str = "12025550171", dialled: str = "12025550101") -> bytes:
    """A channel that came over a trunk (synthetic, in the form of Asterisk 22)."""
    unique = f"1795312523.{number}"
    return (
        "Event: Newchannel\r\nPrivilege: call,all\r\n"
        f"Channel: PJSIP/trunk-provider-{number:08x}\r\nChannelState: 4\r\nCallerIDNum: {caller}\r\n"
        f"Context: from-trunk\r\nExten: {dialled}\r\nPriority: 1\r\nUniqueid: {unique}\r\nLinkedid: {unique}\r\n\r\n"
    ).encode()


class FakePbx:
    """One AMI server; each connection is logged in and put into `connected`."""

    def __init__(self) -> None:
        self.connected: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self.logins = 0
        self.actions: list[str] = []
        self.answers_pings = True
        self.refuses = b""
        self.up = NOTHING_UP
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def connection(self) -> Connection:
        assert self._server is not None
        from uuid import UUID

        port = self._server.sockets[0].getsockname()[1]
        return Connection(
            id=UUID(int=5),
            name="Lab",
            platform=Platform.ASTERISK,
            host="127.0.0.1",
            port=port,
            username="switchhook",
            secret="secret",
        )

    async def hang_up(self) -> None:
        """Close every connection, as a restart does."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(BANNER)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                action = (await reader.readuntil(b"\r\n\r\n")).decode()
                name = action.split("\r\n")[0].removeprefix("Action: ")
                self.actions.append(name)
                if name == "Login":
                    self.logins += 1
                    writer.write(
                        self.refuses
                        or b"Response: Success\r\nActionID: login\r\nMessage: Authentication accepted\r\n\r\n"
                    )
                elif name == "Status":
                    writer.write(self.up)
                    self.connected.put_nowait(writer)
                elif name == "Ping" and self.answers_pings:
                    writer.write(b"Response: Success\r\nPing: Pong\r\n\r\n")
                elif name != "Ping":
                    id_ = action.partition("ActionID: ")[2].partition("\r\n")[0]
                    writer.write(
                        f"Response: Error\r\nActionID: {id_}\r\nMessage: Permission denied\r\n\r\n".encode())


@asynccontextmanager
async def fake_pbx() -> AsyncIterator[FakePbx]:
    """A FakePbx that listens."""
    pbx = FakePbx()
    pbx._server = await asyncio.start_server(pbx._serve, "127.0.0.1", 0)
    try:
        yield pbx
    finally:
        await pbx.hang_up()
        pbx._server.close()
