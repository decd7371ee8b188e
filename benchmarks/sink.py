"""A receiver in a process of its own (`python -m benchmarks.sink PORT`) that notes when each request came.

| path | answers |
|---|---|
| `/hook…` | 204 at once |
| `/stall…` | 204 after 10 s |
| `/outage…` | 204 at once, or 503 between `GET /-/down` and `GET /-/up` |

`GET /-/arrivals` answers with the arrivals since the last such request as lines `SECONDS(monotonic) STATUS PATH
WEBHOOK-ID`, and forgets them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import ClassVar

STALL_SECONDS = 10.0


class Sink(asyncio.Protocol):
    """One connection; requests may come in pieces and one after the other."""

    arrivals: ClassVar[list[str]] = []
    down: ClassVar[bool] = False

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
            self._heard(head.split(" ", 2)[1], headers.get("webhook-id", ""))

    def _heard(self, path: str, webhook_id: str) -> None:
        if path.startswith("/-/"):
            self._answer(200, self._told(path))
            return
        status = 503 if Sink.down and path.startswith("/outage") else 204
        self.arrivals.append(f"{self._began:.6f} {status} {path} {webhook_id}\n")
        if path.startswith("/stall"):
            asyncio.get_running_loop().call_later(STALL_SECONDS, self._answer, status)
        else:
            self._answer(status)

    def _told(self, path: str) -> bytes:
        if path == "/-/arrivals":
            lines = "".join(self.arrivals).encode()
            self.arrivals.clear()
            return lines
        Sink.down = path == "/-/down"
        return b""

    def _answer(self, status: int, body: bytes = b"") -> None:
        if self._transport.is_closing():  # who asked has gone meanwhile
            return
        self._transport.write(b"HTTP/1.1 %d .\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)  # type: ignore[attr-defined]


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
