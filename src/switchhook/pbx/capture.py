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

from switchhook.domain.service import Connection, Platform
from switchhook.pbx import ami_session, esl_session
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.connector import PING_SECONDS
from switchhook.pbx.esl import EslCodec, Frame
from switchhook.pbx.esl_capture import as_line
from switchhook.pbx.pbx_socket import open_socket, read_some

#: Channel variables whose values are kept.
KEPT_VARIABLES = frozenset({
    "FROM_DID", "__FROM_DID", "_FROM_DID", "DIRECTION", "__DIRECTION", "MIXMONITOR_FILENAME", "VM_MESSAGEFILE"})
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


class _AmiTape:
    """Records AMI."""

    def __init__(self) -> None:
        self._codec = AmiCodec()
        self.ask_what_is_up = self._codec.action("CoreShowChannels", ActionID="capture")
        self.ask_for_life = self._codec.action("Ping")

    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> list[bytes]:
        now = datetime.now(UTC)
        return [as_bytes(message, now) for message in await ami_session.log_in(self._codec, reader, writer, connection)]

    def receive_data(self, data: bytes, at: datetime) -> list[bytes]:
        return [as_bytes(message, at) for message in self._codec.receive_data(data)]


class _EslTape:
    """Records the Event Socket: of its frames only the events."""

    def __init__(self) -> None:
        self._codec = EslCodec()
        self.ask_what_is_up = b""  # a replay begins with nothing
        self.ask_for_life = self._codec.command("nolog")

    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> list[bytes]:
        _, came = await esl_session.log_in(self._codec, reader, writer, connection)
        return self._lines(came, datetime.now(UTC))

    def receive_data(self, data: bytes, at: datetime) -> list[bytes]:
        return self._lines(self._codec.receive_data(data), at)

    def _lines(self, frames: list[Frame], at: datetime) -> list[bytes]:
        return [as_line(event, at) for frame in frames if (event := frame.event()) is not None]


async def capture(connection: Connection, out: Path, seconds: float) -> int:
    """Record for so long into `out` (gzipped). Returns the number of messages; raises PbxError and OSError."""
    reader, writer = await open_socket(connection)
    tape, written = _EslTape() if connection.platform is Platform.FREESWITCH else _AmiTape(), 0
    try:
        with gzip.open(out, "wb") as file:
            file.writelines(await tape.log_in(reader, writer, connection))
            writer.write(tape.ask_what_is_up)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        try:
                            async with asyncio.timeout(PING_SECONDS):
                                data = await read_some(reader)
                        except TimeoutError:
                            writer.write(tape.ask_for_life)
                            continue
                        lines = tape.receive_data(data, datetime.now(UTC))
                        file.writelines(lines)
                        written += len(lines)
    finally:
        writer.close()
    return written
