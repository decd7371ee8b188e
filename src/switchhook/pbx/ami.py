"""The Asterisk Manager Interface: bytes to Messages and actions to bytes. No socket, no clock.

Any cut of a stream gives the same Messages. Nothing that a stranger sends raises: what is no message
is counted and left out, and what never ends is dropped at a bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: A message longer than this is dropped and counted: no real one comes near it.
MAX_MESSAGE_BYTES = 256 * 1024

_BANNER = b"Asterisk Call Manager/"
_HEADER_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")


@dataclass(frozen=True, slots=True)
class Message:
    """One unit of AMI: an event, a response, or the banner (a message with the one header `Banner`).

    `first` has the first value of each header as it was sent, `more` the further ones of repeated headers.
    """

    first: Mapping[str, str]
    more: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The header's first value; "" when there is none."""
        return self.first.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header that may be repeated, in order."""
        if name not in self.first:
            return ()
        return (self.first[name], *(value for other, value in self.more if other == name))

    def any_case(self, *names: str) -> str:
        """The first of these headers that is there, whatever its case: dialplans write as they please."""
        lower = {name.lower(): value for name, value in self.first.items()}
        return next((lower[name.lower()] for name in names if name.lower() in lower), "")


class AmiCodec:
    """The protocol's state on one connection.

    `wants` may refuse a raw event (its bytes from `Event: ` on) before it is taken apart: most of an unfiltered
    stream is of no use to us. `messages` counts all that came, refused ones too; `unintelligible` what was none.
    """

    def __init__(self, wants: Callable[[bytes], bool] | None = None) -> None:
        self.messages = 0
        self.unintelligible = 0
        self._wants = wants
        self._buffer = b""
        self._newline = b""  # unknown until the first line's end
        self._dropping = False  # within a message that is longer than the bound

    def receive_data(self, data: bytes) -> list[Message]:
        """The messages that are complete now."""
        buffer = self._buffer + data
        if not self._newline:
            end = buffer.find(b"\n")
            if end < 0:
                self._keep(buffer)
                return []
            self._newline = b"\r\n" if buffer[end - 1 : end] == b"\r" else b"\n"
        *blocks, rest = buffer.split(self._newline * 2)
        received: list[Message] = []
        for block in blocks:
            if self._dropping or len(block) > MAX_MESSAGE_BYTES:
                self._dropping = False
                self.unintelligible += 1
            else:
                self._take(block, received)
        if not self._dropping:
            rest = self._banner_off(rest, received)
        self._keep(rest)
        return received

    def end(self) -> list[Message]:
        """The stream is over: the last message, if only the blank line after it is missing."""
        complete = bool(self._newline) and self._buffer.endswith(self._newline)
        return self.receive_data(self._newline) if complete else []

    def action(self, name: str, **headers: str | list[str]) -> bytes:
        """The bytes of an action. A list repeats its header. Raises ValueError for a line break in a value."""
        lines = [("Action", name)]
        for header, value in headers.items():
            lines += [(header, one) for one in ([value] if isinstance(value, str) else value)]
        for header, value in lines:
            if not _HEADER_NAME.match(header) or any(char in value for char in "\r\n\0"):
                raise ValueError(f"the AMI header {header!r} cannot be sent: a name or value may hold no line break")
        return "".join(f"{header}: {value}\r\n" for header, value in lines).encode() + b"\r\n"

    def _keep(self, rest: bytes) -> None:
        """Keep what is not complete, within the bound. The last bytes may be the beginning of the end."""
        if self._dropping or len(rest) > MAX_MESSAGE_BYTES + 3:
            self._dropping = True
            rest = rest[-3:]
        self._buffer = rest

    def _banner_off(self, block: bytes, received: list[Message]) -> bytes:
        """The block without a banner line before it: that one ends at its line's end, not at a blank line."""
        if block.startswith(_BANNER):
            line, newline, after = block.partition(self._newline)
            if newline:
                self.messages += 1
                received.append(Message({"Banner": line.decode("utf-8", "replace")}))
                return after
        return block

    def _take(self, block: bytes, received: list[Message]) -> None:
        if block[:7] != b"Event: ":
            block = self._banner_off(block.lstrip(b"\r\n"), received)
            if not block:
                return
        if self._wants is not None and block[:7] == b"Event: " and not self._wants(block):
            self.messages += 1
            return
        message = _parse(block, self._newline.decode())
        if message is None:
            self.unintelligible += 1
        else:
            self.messages += 1
            received.append(message)


def _parse(block: bytes, newline: str) -> Message | None:
    """The message in a block; None when its first line is no header."""
    first: dict[str, str] = {}
    more: list[tuple[str, str]] = []
    name = ""
    for line in block.decode("utf-8", "replace").split(newline):
        before, colon, value = line.partition(":")
        if colon:
            name = before
            if value[:1] == " ":
                value = value[1:]
            if name in first:
                more.append((name, value))
            else:
                first[name] = value
        elif not name:
            return None
        elif more and more[-1][0] == name:  # a value with a line break in it
            more[-1] = (name, f"{more[-1][1]}\n{line}")
        else:
            first[name] += f"\n{line}"
    return Message(first, tuple(more))
