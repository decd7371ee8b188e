"""A login to a FreeSWITCH for a few questions: what it has, not what happens on it. What its user may not ask is left
out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchhook.domain.errors import NotPermitted
from switchhook.domain.service import Connection
from switchhook.pbx.esl import EslCodec, Frame
from switchhook.pbx.esl_session import authenticate, next_frame
from switchhook.pbx.pbx_socket import CONNECT_SECONDS, close_socket, open_socket

ANSWER_SECONDS = 30.0


class EslAsking:
    """Asks, one thing after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: EslCodec) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec
        self._came: list[Frame] = []

    async def api(self, command: str) -> str:
        """What an API command answers. Raises NotPermitted where the PBX refuses."""
        self._writer.write(self._codec.command(f"api {command}"))
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await next_frame(self._codec, self._reader, self._came, [], "api/response", "command/reply")
        text = answer.reply or answer.body.decode("utf-8", "replace")
        if text.startswith(("-ERR", "-USAGE")):
            raise NotPermitted(f"{command}: {text.strip()}")
        return text


@asynccontextmanager
async def esl_asking(connection: Connection) -> AsyncIterator[EslAsking]:
    """A login that hears no events. Raises LoginRefused, PbxError, OSError or TimeoutError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await open_socket(connection)
    try:
        codec = EslCodec()
        await authenticate(codec, reader, writer, connection)
        yield EslAsking(reader, writer, codec)
    finally:
        await close_socket(writer)
