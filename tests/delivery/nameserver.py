"""A name server on loopback that says what a test wants: A records, or that the name does not exist."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from types import TracebackType

_A, _IN, _NXDOMAIN = 1, 1, 3


class NameServer(asyncio.DatagramProtocol):
    """Answers with these addresses; for another kind of record with none; for another name that it does not exist."""

    def __init__(self, addresses: Mapping[str, Sequence[str]]) -> None:
        self._addresses = addresses
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    async def __aenter__(self) -> NameServer:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A question; its answer goes straight back."""
        assert self._transport is not None
        end = data.index(b"\0", 12) + 5
        labels, position = [], 12
        while data[position]:
            labels.append(data[position + 1 : position + 1 + data[position]].decode())
            position += 1 + data[position]
        kind = struct.unpack("!H", data[end - 4 : end - 2])[0]
        known = self._addresses.get(".".join(labels).lower())
        records = [IPv4Address(text).packed for text in known or () if kind == _A]
        flags = 0x8180 | (_NXDOMAIN if known is None else 0)
        head = data[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", _A, _IN, 0, 4) + packed for packed in records)
        self._transport.sendto(head + data[12:end] + answers, addr)
