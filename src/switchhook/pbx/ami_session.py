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
            found += self._translate.facts(message, at)
        return found


async def ami_login_lacks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> list[str]:
    """Log in; what the login cannot tell us, in plain words. Raises LoginRefused."""
    codec = AmiCodec()
    await log_in(codec, reader, writer, connection)
    writer.write(codec.action("CoreShowChannels", ActionID="try"))
    answer = await _response(codec, reader, "try")
    if answer.get("Response") == "Error":
        return ["it may not list the calls in progress: add `write=reporting`"]
    return []


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


async def _response(codec: AmiCodec, reader: asyncio.StreamReader, action_id: str) -> Message:
    async with asyncio.timeout(LOGIN_SECONDS):
        while True:
            for message in codec.receive_data(await read_some(reader)):
                if message.get("ActionID") == action_id and message.get("Response"):
                    return message
