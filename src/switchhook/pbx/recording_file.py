"""A recording of what a PBX said: raw AMI text, or JSON Lines with one message an object; plain or gzipped."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from switchhook.pbx.ami import AmiCodec, Message

_READ_BYTES = 256 * 1024


def chunks(file: str) -> Iterator[bytes]:
    """The recording's bytes, unpacked if they are gzipped; `-` is standard input. A file that breaks off gives
    what is there. Raises OSError."""
    if file == "-":
        yield from _unpacked(sys.stdin.buffer)
    else:
        with Path(file).open("rb") as stream:
            yield from _unpacked(stream)


def _unpacked(stream: IO[bytes]) -> Iterator[bytes]:
    data = stream.read(_READ_BYTES)
    if data[:2] != b"\x1f\x8b":
        while data:
            yield data
            data = stream.read(_READ_BYTES)
        return
    unpacker = zlib.decompressobj(wbits=31)
    while data:
        try:
            yield unpacker.decompress(data)
        except zlib.error:
            return
        data = unpacker.unused_data if unpacker.eof else stream.read(_READ_BYTES)
        if unpacker.eof:  # several members, one behind the other
            unpacker = zlib.decompressobj(wbits=31)
            data = data or stream.read(_READ_BYTES)


def json_lines(data: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The objects of JSON Lines. Lines that are none are left out, as is a last one that breaks off."""
    rest = b""
    for chunk in data:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (found for line in lines if (found := _object(line)) is not None)
    if (found := _object(rest)) is not None:
        yield found


def ami_messages(data: Iterator[bytes], codec: AmiCodec) -> Iterator[Message]:
    """The messages of a recorded AMI connection, in either form."""
    first = next((chunk for chunk in data if chunk.strip()), b"")
    if first.lstrip()[:1] == b"{":
        for found in json_lines(_again(first, data)):
            codec.messages += 1
            yield _message(found)
        return
    for chunk in _again(first, data):
        yield from codec.receive_data(chunk)
    yield from codec.end()


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _message(headers: dict[str, Any]) -> Message:
    """An object as a message: a repeated header is a list."""
    values = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    first = {name: _text(every[0]) for name, every in values.items() if every}
    more = tuple((name, _text(one)) for name, every in values.items() for one in every[1:])
    return Message(first, more)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
