"""Connector: one socket for one Connection. Log in, ask for a snapshot, listen, notice silence, come back.

It turns bytes into Facts and hands them on at once; whatever takes long happens elsewhere, so that the
socket is always read: Asterisk cuts off a client that reads too slowly (its `writetimeout` is 100 ms by default).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import NoReturn

from switchhook.domain.errors import Disconnected, LoginRefused, PbxError, Silent
from switchhook.domain.facts import Fact
from switchhook.domain.service import Connection
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader, wants

log = logging.getLogger("switchhook.pbx")

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 10.0
PING_SECONDS = 10.0  # after so long a silence we ask; after as long again without an answer the PBX is Silent
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
REFUSED_SECONDS = 30.0  # a refused login is not tried often: PBXs ban who does
READ_BYTES = 256 * 1024

#: What a login needs, and the events that are missing without it.
NEEDED_CLASSES = {
    "call": "calls, answers and hang-ups",
    "user": "menus that are told by UserEvent",
    "dialplan": "menus that are told by their context",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a connector tells of itself. `state`: connecting · connected · refused · silent · broken."""

    state: str
    at: datetime
    detail: str = ""


class Connector:
    """Keeps one Connection to an Asterisk. `hear` gets the Facts as they come, `tell` the connection's states."""

    def __init__(
        self, connection: Connection, hear: Callable[[Sequence[Fact]], None], tell: Callable[[Heard], None],
        *, random: Random,
    ) -> None:
        self._connection = connection
        self._hear = hear
        self._tell = tell
        self._random = random
        self.messages = 0
        self.last_message_at: datetime | None = None

    async def run(self) -> NoReturn:
        """Connect, listen, and come back, for ever. Cancel it to end it."""
        failures = 0
        while True:
            self._tell(Heard(state="connecting", at=datetime.now(UTC)))
            began = self.messages
            try:
                await self._session()
            except LoginRefused as error:
                wait_seconds = REFUSED_SECONDS
                self._tell(Heard(state="refused", at=datetime.now(UTC), detail=str(error)))
            except (PbxError, OSError, ssl.SSLError, TimeoutError) as error:
                failures = 0 if self.messages > began + 2 else failures + 1
                wait_seconds = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
                self._tell(Heard(state="silent" if isinstance(error, Silent) else "broken", at=datetime.now(UTC),
                                 detail=in_words(error, self._connection)))
            await asyncio.sleep(wait_seconds * self._random.uniform(0.5, 1.0))

    async def _session(self) -> NoReturn:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await open_socket(self._connection)
        try:
            codec, translate = AmiCodec(wants), AsteriskReader()
            for message in await log_in(codec, reader, writer, self._connection):
                self._hear(translate.facts(message, datetime.now(UTC)))
            self._hear(translate.begin(datetime.now(UTC)))
            self._tell(Heard(state="connected", at=datetime.now(UTC)))
            for action in translate.snapshot_actions(codec):
                writer.write(action)
            await self._listen(codec, translate, reader, writer)
        finally:
            writer.close()
            with suppress(Exception):
                await writer.wait_closed()

    async def _listen(
        self, codec: AmiCodec, translate: AsteriskReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> NoReturn:
        before, pinged = self.messages, False
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    data = await reader.read(READ_BYTES)
            except TimeoutError:
                if pinged:
                    raise Silent from None
                writer.write(codec.action("Ping"))
                pinged = True
                continue
            if not data:
                raise Disconnected
            pinged = False
            now = datetime.now(UTC)
            facts: list[Fact] = []
            for message in codec.receive_data(data):
                facts += translate.facts(message, now)
            self.messages, self.last_message_at = before + codec.messages, now
            if facts:
                self._hear(facts)


async def try_login(connection: Connection) -> list[str]:
    """Log in and out again. Returns what this login cannot tell us, in plain words; raises LoginRefused, PbxError,
    OSError or TimeoutError when it does not come to that."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await open_socket(connection)
    try:
        codec = AmiCodec()
        await log_in(codec, reader, writer, connection)
        writer.write(codec.action("CoreShowChannels", ActionID="try"))
        answer = await _response(codec, reader, "try")
        missing = []
        if answer.get("Response") == "Error":
            missing.append("it may not list the calls in progress: add `write=reporting`")
        return missing
    finally:
        writer.close()
        with suppress(Exception):
            await writer.wait_closed()


async def open_socket(connection: Connection) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket to the PBX, by TLS where the Connection says so. Raises OSError."""
    context = ssl.create_default_context() if connection.tls else None
    return await asyncio.open_connection(
        connection.host, connection.port, ssl=context, server_hostname=connection.host if context else None,
        limit=4 * READ_BYTES)


async def log_in(
    codec: AmiCodec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> list[Message]:
    """Log in. Returns what came right behind the answer. Raises LoginRefused."""
    try:
        login = codec.action(
            "Login", ActionID="login", Username=connection.username, Secret=connection.secret, Events="on")
    except ValueError as error:
        raise LoginRefused(str(error)) from error
    writer.write(login)
    async with asyncio.timeout(LOGIN_SECONDS):
        while True:
            data = await reader.read(READ_BYTES)
            if not data:
                raise Disconnected("The PBX closed the connection before it answered the login.")
            messages = codec.receive_data(data)
            for index, message in enumerate(messages):
                if message.get("Response") == "Error":
                    raise LoginRefused(f"The PBX refused the login: {message.get('Message')}.")
                if message.get("Response") == "Success":
                    return messages[index + 1 :]


async def _response(codec: AmiCodec, reader: asyncio.StreamReader, action_id: str) -> Message:
    async with asyncio.timeout(LOGIN_SECONDS):
        while True:
            data = await reader.read(READ_BYTES)
            if not data:
                raise Disconnected
            for message in codec.receive_data(data):
                if message.get("ActionID") == action_id and message.get("Response"):
                    return message


def in_words(error: BaseException, connection: Connection) -> str:
    """What went wrong, for the person who looks after the Connection."""
    match error:
        case TimeoutError():
            return f"{connection.host}:{connection.port} did not answer in time."
        case ssl.SSLError():
            return f"TLS with {connection.host}:{connection.port} failed: {error.reason or error}."
        case OSError():
            return f"{connection.host}:{connection.port}: {error.strerror or error}."
        case _:
            return str(error)
