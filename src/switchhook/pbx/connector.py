"""Connector: one socket for one Connection. Log in, ask for a snapshot, listen, notice silence, come back.

It is the same for every protocol; what differs is a Session. It hands Facts on at once, and whatever takes long
happens elsewhere, so that the socket is always read: PBXs cut off a client that reads too slowly.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import NoReturn, Protocol

from switchhook.domain.errors import Disconnected, LoginRefused, PbxError, Silent
from switchhook.domain.facts import Fact
from switchhook.domain.service import Connection, Platform
from switchhook.pbx.ami_session import AmiSession, try_ami
from switchhook.pbx.esl_session import EslSession, esl_login_lacks
from switchhook.pbx.pbx_socket import CONNECT_SECONDS, close_socket, in_words, open_socket, read_some

PING_SECONDS = 10.0  # after so long a silence we ask; after as long again without an answer the PBX is Silent
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
REFUSED_SECONDS = 30.0  # a refused login is not tried often: PBXs ban who does


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a connector tells of itself. `state`: connecting · connected · refused · silent · broken."""

    state: str
    at: datetime
    detail: str = ""


class Session(Protocol):
    """A protocol on one socket, from the login to the end: bytes in, Facts out. `messages` counts what came;
    `over`: the PBX has said that it ends the connection; `reloads`: how often it said that it read its configuration
    anew."""

    @property
    def messages(self) -> int: ...
    @property
    def over(self) -> bool: ...
    @property
    def reloads(self) -> int: ...
    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> Sequence[Fact]: ...
    def begin(self, at: datetime) -> Sequence[Fact]: ...
    def ask_what_is_up(self) -> bytes: ...
    def ask_for_life(self) -> bytes: ...
    def receive_data(self, data: bytes, at: datetime) -> Sequence[Fact]: ...


class Connector:
    """Keeps one Connection to a PBX. `hear` gets the Facts as they come, `tell` the connection's states."""

    def __init__(
        self, connection: Connection, hear: Callable[[Sequence[Fact]], None], tell: Callable[[Heard], None],
        *, random: Random,
    ) -> None:
        self._connection = connection
        self._hear = hear
        self._tell = tell
        self._random = random
        self.messages = 0
        self.reloads = 0
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
            session: Session = EslSession() if self._connection.platform is Platform.FREESWITCH else AmiSession()
            self._hear(await session.log_in(reader, writer, self._connection))
            self._hear(session.begin(datetime.now(UTC)))
            self._tell(Heard(state="connected", at=datetime.now(UTC)))
            writer.write(session.ask_what_is_up())
            await self._listen(session, reader, writer)
        finally:
            await close_socket(writer)

    async def _listen(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> NoReturn:
        before, reloads_before, asked = self.messages, self.reloads, False
        while not session.over:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    data = await read_some(reader)
            except TimeoutError:
                if asked:
                    raise Silent from None
                writer.write(session.ask_for_life())
                asked = True
                continue
            asked = False
            now = datetime.now(UTC)
            facts = session.receive_data(data, now)
            self.messages, self.last_message_at = before + session.messages, now
            self.reloads = reloads_before + session.reloads
            if facts:
                self._hear(facts)
        raise Disconnected("The PBX ended the connection.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a login came to. `missing`: what it cannot tell us, in plain words. `version`: the PBX's, where it says."""

    missing: list[str]
    version: str = ""


async def try_login(connection: Connection) -> Tried:
    """Log in and out again. Raises LoginRefused, PbxError, OSError or TimeoutError when it does not come to that."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await open_socket(connection)
    try:
        if connection.platform is Platform.FREESWITCH:
            return Tried(missing=await esl_login_lacks(reader, writer, connection))
        missing, version = await try_ami(reader, writer, connection)
        return Tried(missing=missing, version=version)
    finally:
        await close_socket(writer)
