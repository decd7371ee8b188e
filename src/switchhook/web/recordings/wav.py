"""How long a WAV file talks, by its header. Also of GSM and µ-law in WAV, which the standard library does not read."""

from __future__ import annotations

import struct

HEADER_BYTES = 4096  # in which what we need stands


def seconds_of(header: bytes, size: int) -> float | None:
    """The length by the file's beginning and its size in bytes; None when it is no WAV that says it.

    A recorder that was killed leaves a header that knows of no data: what counts then is what is there."""
    if header[:4] != b"RIFF" or header[8:12] != b"WAVE":
        return None
    at, bytes_per_second = 12, 0
    while at + 8 <= len(header):
        kind, length = struct.unpack_from("<4sI", header, at)
        at += 8
        if kind == b"fmt " and at + 12 <= len(header):
            (bytes_per_second,) = struct.unpack_from("<I", header, at + 8)
        if kind == b"data":
            there = max(0, size - at)
            told = min(length, there) or there
            return round(told / bytes_per_second, 2) if bytes_per_second else None
        at += length + length % 2
    return None
