"""The cable between an engine and its PBX's AMI: it can be cut, and mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from tests.fixtures.lab import AmiLogin


class Cable:
    """Carries what both ends say, unchanged. While it is cut a connection that is made ends at once."""

    def __init__(self, pbx: AmiLogin) -> None:
        self._pbx = pbx
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def ami(self) -> AmiLogin:
        """The login, at this end of the cable."""
        assert self._server is not None
        return replace(self._pbx, port=self._server.sockets[0].getsockname()[1])

    async def lay(self) -> None:
        self._server = await asyncio.start_server(self._connected, self._pbx.host, 0)

    async def take_up(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        from_pbx, to_pbx = await asyncio.open_connection(self._pbx.host, self._pbx.port)
        self._ends |= {writer, to_pbx}
        await asyncio.gather(_carry(reader, to_pbx), _carry(from_pbx, writer))
        self._ends -= {writer, to_pbx}


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def cable_to(pbx: AmiLogin) -> AsyncIterator[Cable]:
    """One that is whole."""
    cable = Cable(pbx)
    await cable.lay()
    try:
        yield cable
    finally:
        await cable.take_up()
