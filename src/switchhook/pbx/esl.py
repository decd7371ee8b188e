"""FreeSWITCH's Event Socket: bytes to Frames and commands to bytes. No socket, no clock.

A frame is header lines up to a blank line, then as many bytes of body as `Content-Length` says. Any cut of a stream
gives the same frames. Nothing that a stranger sends raises: what is no frame is counted and left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One unit of the Event Socket. `kind` is its Content-Type: auth/request, command/reply, text/event-json, …"""

    kind: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def reply(self) -> str:
        """What a command/reply says: `+OK accepted`, `-ERR invalid`; else ""."""
        return self.headers.get("Reply-Text", "")

    def event(self) -> Mapping[str, str] | None:
        """The event in a text/event-json frame: header → value; None when there is none that can be read."""
        if self.kind != "text/event-json":
            return None
        try:
            values = json.loads(self.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(values, dict):
            return None
        return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}


class EslCodec:
    """The protocol's state on one connection. `unintelligible` counts what was no frame."""

    def __init__(self) -> None:
        self.frames = 0
        self.unintelligible = 0
        self._buffer = b""
        self._skip = 0  # bytes of a body that is longer than the bound

    def receive_data(self, data: bytes) -> list[Frame]:
        """The frames that are complete now."""
        if self._skip:
            dropped = min(self._skip, len(data))
            self._skip -= dropped
            data = data[dropped:]
        self._buffer += data
        received: list[Frame] = []
        while (frame := self._next()) is not None:
            if frame.kind:
                self.frames += 1
                received.append(frame)
            else:
                self.unintelligible += 1
        return received

    def command(self, text: str, **headers: str) -> bytes:
        """The bytes of a command. Raises ValueError for a line break in it."""
        lines = [text, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        if any(char in line for line in lines for char in "\r\n\0"):
            raise ValueError("a command of the Event Socket may hold no line break")
        return ("\n".join(lines) + "\n\n").encode()

    def _next(self) -> Frame | None:
        """The first complete frame, taken off the buffer; one without a kind where there was none to read."""
        self._buffer = self._buffer.lstrip(b"\n")
        end = self._buffer.find(b"\n\n")
        if end < 0:
            if len(self._buffer) <= MAX_HEAD_BYTES:
                return None
            self._buffer = self._buffer[-1:]
            return Frame("", {})
        headers = _headers(self._buffer[:end])
        size = _size(headers.get("Content-Length", "0"))
        if size is None or "Content-Type" not in headers:
            self._buffer = self._buffer[end + 2 :]
            return Frame("", {})
        if size > MAX_BODY_BYTES:
            rest = len(self._buffer) - end - 2
            self._skip = max(0, size - rest)
            self._buffer = self._buffer[end + 2 + size :]
            return Frame("", {})
        if len(self._buffer) < end + 2 + size:
            return None
        body = self._buffer[end + 2 : end + 2 + size]
        self._buffer = self._buffer[end + 2 + size :]
        return Frame(headers["Content-Type"], headers, body)


def _headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip(), unquote(value.strip()))
    return headers


def _size(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
