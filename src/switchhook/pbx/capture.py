"""Capture: record what a PBX sends, for `switchhook replay` and for asking us about it.

Digits that callers key in may be PINs and card numbers: they are never stored. DTMF digits and the values of channel
variables are blanked, and so is what a dialplan step works with, but for the few that the tracker reads; what remains
of a choice in a menu is the place that it led to. Each event gets the time of its arrival, where the PBX gave none.
"""

from __future__ import annotations

import asyncio
import gzip
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from switchhook.domain.errors import Disconnected
from switchhook.domain.service import Connection
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.connector import PING_SECONDS, READ_BYTES, log_in, open_socket

#: Channel variables whose values are kept.
KEPT_VARIABLES = frozenset({"FROM_DID", "__FROM_DID", "_FROM_DID", "DIRECTION", "__DIRECTION", "MIXMONITOR_FILENAME"})
#: Applications whose arguments are kept: where a call goes, and what is rung.
KEPT_APPLICATIONS = frozenset({
    "Dial", "Queue", "Goto", "Gosub", "Return", "Macro", "Pickup", "WaitExten", "Background", "BackGround", "Playback",
    "Answer", "Hangup", "VoiceMail", "Stasis", "Congestion", "Busy", "MixMonitor",
})
BLANK = "-"


def without_digits(message: Message) -> list[tuple[str, str]]:
    """The message's headers, with whatever a caller may have keyed in blanked."""
    event = message.get("Event")
    blanked: set[str] = set()
    if event in ("DTMFBegin", "DTMFEnd"):
        blanked = {"Digit"}
    elif event == "VarSet" and message.get("Variable") not in KEPT_VARIABLES:
        blanked = {"Value"}
    elif event == "Newexten" and message.get("Application") not in KEPT_APPLICATIONS:
        blanked = {"AppData"}
    elif event in ("CEL", "Cdr"):
        blanked = {"AppData", "ApplicationData", "LastData", "UserField"}
    headers = [*message.first.items(), *message.more]
    return [(name, BLANK if name in blanked or name.startswith("ChanVariable") else value) for name, value in headers]


def as_bytes(message: Message, at: datetime) -> bytes:
    """The message as it is stored: raw AMI."""
    headers = without_digits(message)
    if message.get("Event") and not message.get("Timestamp"):
        headers.insert(1, ("Timestamp", f"{at.timestamp():.6f}"))
    lines = (f"{name}: {value.replace(chr(13), ' ').replace(chr(10), ' ')}" for name, value in headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def capture(connection: Connection, out: Path, seconds: float) -> int:
    """Record for so long into `out` (gzipped). Returns the number of messages; raises PbxError and OSError."""
    reader, writer = await open_socket(connection)
    codec, written = AmiCodec(), 0
    try:
        with gzip.open(out, "wb") as file:
            for message in await log_in(codec, reader, writer, connection):
                file.write(as_bytes(message, datetime.now(UTC)))
            writer.write(codec.action("CoreShowChannels", ActionID="capture"))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        try:
                            async with asyncio.timeout(PING_SECONDS):
                                data = await reader.read(READ_BYTES)
                        except TimeoutError:
                            writer.write(codec.action("Ping"))
                            continue
                        if not data:
                            raise Disconnected
                        now = datetime.now(UTC)
                        for message in codec.receive_data(data):
                            file.write(as_bytes(message, now))
                            written += 1
    finally:
        writer.close()
    return written
