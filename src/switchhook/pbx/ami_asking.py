"""A login to an Asterisk for a few questions: what it has, not what happens on it. Nothing is asked for that needs more
than `write=reporting`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchhook.domain.errors import Disconnected, NotPermitted
from switchhook.domain.service import Connection
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.ami_session import log_in
from switchhook.pbx.pbx_socket import CONNECT_SECONDS, close_socket, open_socket, read_some

ANSWER_SECONDS = 30.0  # a large dialplan takes a while
MOST_MESSAGES = 500_000


class AmiAsking:
    """Asks, one thing after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: AmiCodec) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec
        self._asked = 0

    async def one(self, action: str, **headers: str) -> Message:
        """The answer to an action that gives no list. Raises NotPermitted where the PBX refuses."""
        return (await self._answer(action, headers))[0]

    async def all(self, action: str, **headers: str) -> list[Message]:
        """What an action lists. Raises NotPermitted where the PBX refuses, Disconnected for half a list."""
        first, *listed = await self._answer(action, headers)
        if first.get("EventList") != "start":
            return []
        *items, end = listed
        told = end.get("ListItems")
        if told.isdigit() and int(told) != len(items) and not end.get("ListContexts"):
            raise Disconnected(f"The PBX told {len(items)} of {told} items of {action}.")
        return items

    async def _answer(self, action: str, headers: dict[str, str]) -> list[Message]:
        self._asked += 1
        id_ = f"ask-{self._asked}"
        self._writer.write(self._codec.action(action, ActionID=id_, **headers))
        found: list[Message] = []
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for message in self._codec.receive_data(await read_some(self._reader)):
                    if message.get("ActionID") != id_:
                        continue
                    found.append(message)
                    if message.get("Response") == "Error":
                        raise NotPermitted(f"{action}: {message.get('Message')}")
                    if len(found) == 1 and message.get("EventList") != "start":
                        return found
                    if message.get("EventList") == "Complete":
                        return found
                    if len(found) > MOST_MESSAGES:
                        raise Disconnected(f"The PBX's answer to {action} does not end.")


@asynccontextmanager
async def ami_asking(connection: Connection) -> AsyncIterator[AmiAsking]:
    """A login that hears no events. Raises LoginRefused, PbxError, OSError or TimeoutError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await open_socket(connection)
    try:
        codec = AmiCodec()
        await log_in(codec, reader, writer, connection, events="off")
        yield AmiAsking(reader, writer, codec)
    finally:
        await close_socket(writer)
