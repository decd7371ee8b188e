"""A receiver that answers at once with 204 and notes when each request's first byte came.

A process of its own: `python -m benchmarks.sink PORT`. `GET /-/arrivals` answers with the arrivals since the last
such request as lines `SECONDS(monotonic) WEBHOOK-ID`, and forgets them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import ClassVar

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


class Sink(asyncio.Protocol):
    """One connection; requests may come in pieces and one after the other."""

    arrivals: ClassVar[list[tuple[float, str]]] = []

    def __init__(self) -> None:
        self._pending = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._pending:
            self._began = time.monotonic()
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head = self._pending[:end].decode("latin-1")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])}
            size = end + 4 + int(headers.get("content-length", 0))
            if len(self._pending) < size:
                return
            self._pending = self._pending[size:]
            self._answer(head, headers)

    def _answer(self, head: str, headers: dict[str, str]) -> None:
        if head.startswith("GET /-/arrivals"):
            body = "".join(f"{at:.6f} {name}\n" for at, name in self.arrivals).encode()
            self.arrivals.clear()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)  # type: ignore[attr-defined]
            return
        self.arrivals.append((self._began, headers.get("webhook-id", "")))
        self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main(int(sys.argv[1])))
    except KeyboardInterrupt:
        pass
