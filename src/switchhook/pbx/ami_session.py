"""AmiSession: one connection to an Asterisk by AMI. Logs in, asks what is up, and turns bytes into Facts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from switchhook.domain.errors import LoginRefused
from switchhook.domain.facts import Fact
from switchhook.domain.service import Connection
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader, wants
from switchhook.pbx.pbx_socket import LOGIN_SECONDS, read_some


class AmiSession:
    """AMI on one socket. Asterisk cuts off a client that reads too slowly (its `writetimeout` is 100 ms by default)."""

    over = False  # AMI says no farewell that we could read

    def __init__(self) -> None:
        self.reloads = 0
        self._codec = AmiCodec(wants)
        self._translate = AsteriskReader()

    @property
    def messages(self) -> int:
        """How many came."""
        return self._codec.messages

    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> Sequence[Fact]:
        """Log in. Returns what the messages right behind the answer tell. Raises LoginRefused."""
        found: list[Fact] = []
        for message in await log_in(self._codec, reader, writer, connection):
            found += self._translate.facts(message, datetime.now(UTC))
        return found

    def begin(self, at: datetime) -> Sequence[Fact]:
        """The connection begins."""
        return self._translate.begin(at)

    def ask_what_is_up(self) -> bytes:
        """Asks for the snapshot."""
        return b"".join(self._translate.snapshot_actions(self._codec))

    def ask_for_life(self) -> bytes:
        """Asks for any answer, after a silence."""
        return self._codec.action("Ping")

    def receive_data(self, data: bytes, at: datetime) -> list[Fact]:
        """What the messages that are complete now tell."""
        found: list[Fact] = []
        for message in self._codec.receive_data(data):
            self.reloads += message.get("Event") == "Reload"
            found += self._translate.facts(message, at)
        return found


async def try_ami(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> tuple[list[str], str]:
    """Log in; what the login cannot tell us, in plain words, and the PBX's version. Raises LoginRefused."""
    codec = AmiCodec()
    came = await log_in(codec, reader, writer, connection)
    writer.write(codec.action("CoreShowChannels", ActionID="try") + codec.action("CoreSettings", ActionID="version"))
    listing = await _response(codec, reader, "try", came)
    settings = await _response(codec, reader, "version", came)
    missing = []
    if listing.get("Response") == "Error":
        missing.append("it may not list the calls in progress: add `write=reporting`")
    if not any(message.get("Event") == "FullyBooted" for message in came):  # the greeting of who may hear `system`
        missing.append("it may not hear that the PBX stops or reloads: add `system` to `read`")
    return missing, settings.get("AsteriskVersion")


async def log_in(
    codec: AmiCodec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection,
    *, events: str = "on",
) -> list[Message]:
    """Log in. Returns what came right behind the answer. Raises LoginRefused."""
    try:
        login = codec.action(
            "Login", ActionID="login", Username=connection.username, Secret=connection.secret, Events=events)
    except ValueError as error:
        raise LoginRefused(str(error)) from error
    writer.write(login)
    async with asyncio.timeout(LOGIN_SECONDS):
        while True:
            data = await read_some(reader, "The PBX closed the connection before it answered the login.")
            messages = codec.receive_data(data)
            for index, message in enumerate(messages):
                if message.get("Response") == "Error":
                    raise LoginRefused(f"The PBX refused the login: {message.get('Message')}.")
                if message.get("Response") == "Success":
                    return messages[index + 1 :]


async def _response(
    codec: AmiCodec, reader: asyncio.StreamReader, action_id: str, came: list[Message]
) -> Message:
    """The response to an action. All that came until then is added to `came`."""
    async with asyncio.timeout(LOGIN_SECONDS):
        while True:
            for message in came:
                if message.get("ActionID") == action_id and message.get("Response"):
                    return message
            came += codec.receive_data(await read_some(reader))
