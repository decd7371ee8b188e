"""EslSession: one connection to a FreeSWITCH by the Event Socket. Logs in, asks what is up, bytes into Facts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from switchhook.domain.errors import Disconnected, LoginRefused
from switchhook.domain.facts import Fact
from switchhook.domain.service import Connection
from switchhook.pbx.esl import EslCodec, Frame
from switchhook.pbx.freeswitch import FreeSwitchReader
from switchhook.pbx.pbx_socket import LOGIN_SECONDS, read_some

#: What is asked for, and what is missing without it. Events are 5 to 8 KiB each, so only what the reader reads.
EVENTS = {
    "CHANNEL_CREATE": "that a call begins or a phone rings",
    "CHANNEL_ANSWER": "that a call is answered by the PBX",
    "CHANNEL_PROGRESS": "that a phone rings",
    "CHANNEL_BRIDGE": "who answered",
    "CHANNEL_HANGUP_COMPLETE": "that a call is over",
    "RECORD_STOP": "that a call is recorded",
    "DTMF": "which option was chosen in a menu",
    "HEARTBEAT": "that it is alive",
    "SHUTDOWN": "that it shuts down",
    "CUSTOM menu::enter": "that a call reaches a menu",
    "CUSTOM menu::exit": "that a call leaves a menu",
    "CUSTOM callcenter::info": "that a caller waits in a queue",
    "CUSTOM fifo::info": "that a caller waits in a queue of mod_fifo",
    "CUSTOM vm::maintenance": "that a message is left",
    "CUSTOM switchhook::menu": "the menus that a dialplan tells of itself",
    "CUSTOM switchhook::option": "the options that a dialplan tells of itself",
}
NEEDED = "CHANNEL_CREATE"
SNAPSHOT = "api show channels as json"


class EslSession:
    """The Event Socket on one socket."""

    def __init__(self) -> None:
        self.messages = 0
        self.reloads = 0  # FreeSWITCH tells of none
        self.over = False
        self._codec = EslCodec()
        self._translate = FreeSwitchReader()

    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> Sequence[Fact]:
        """Log in and ask for the events. Returns what came right behind the answers. Raises LoginRefused."""
        _, came = await log_in(self._codec, reader, writer, connection)
        return self._read(came, datetime.now(UTC))

    def begin(self, at: datetime) -> Sequence[Fact]:
        """The connection begins."""
        return self._translate.begin(at)

    def ask_what_is_up(self) -> bytes:
        """Asks for the snapshot."""
        return self._codec.command(SNAPSHOT)

    def ask_for_life(self) -> bytes:
        """Asks for any answer, after a silence: a command that needs no right and changes nothing."""
        return self._codec.command("nolog")

    def receive_data(self, data: bytes, at: datetime) -> list[Fact]:
        """What the frames that are complete now tell."""
        return self._read(self._codec.receive_data(data), at)

    def _read(self, frames: Sequence[Frame], at: datetime) -> list[Fact]:
        found: list[Fact] = []
        for frame in frames:
            match frame.kind:
                case "text/event-json":
                    self.messages += 1
                    event = frame.event()
                    found += [] if event is None else self._translate.facts(event, at)
                case "api/response":
                    found += self._translate.snapshot(frame.body, at)
                case "text/disconnect-notice":
                    self.over = True
        return found


async def authenticate(
    codec: EslCodec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> list[Frame]:
    """Log in, and no more. Returns what came right behind the answer. Raises LoginRefused."""
    try:
        user, secret = connection.username, connection.secret
        login = codec.command(f"userauth {user}:{secret}" if user else f"auth {secret}")
    except ValueError as error:
        raise LoginRefused(str(error)) from error
    came = list[Frame]()
    async with asyncio.timeout(LOGIN_SECONDS):
        await next_frame(codec, reader, came, [], "auth/request")
        writer.write(login)
        accepted = await next_frame(codec, reader, came, [], "command/reply")
    if not accepted.reply.startswith("+OK"):
        raise LoginRefused(f"The PBX refused the login: {accepted.reply or 'it did not say why'}.")
    return came


async def log_in(
    codec: EslCodec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> tuple[list[str], list[Frame]]:
    """Log in and ask for each of the events: of a list with one that is not allowed, FreeSWITCH would send none.
    Returns those that it refused, and what came meanwhile. Raises LoginRefused."""
    came = await authenticate(codec, reader, writer, connection)
    kept, refused = list[Frame](), list[str]()
    async with asyncio.timeout(LOGIN_SECONDS):
        writer.write(b"".join(codec.command(f"event json {name}") for name in EVENTS))
        for name in EVENTS:
            answer = await next_frame(codec, reader, came, kept, "command/reply")
            if name == NEEDED and not answer.reply.startswith("+OK"):
                raise LoginRefused(f"The PBX lets this user in but tells it nothing ({answer.reply}): "
                                   "give it `esl-allowed-events`.")
            if not answer.reply.startswith("+OK"):
                refused.append(name)
    return refused, kept + came


async def esl_login_lacks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> list[str]:
    """Log in; what the login cannot tell us, in plain words. Raises LoginRefused."""
    codec = EslCodec()
    refused, came = await log_in(codec, reader, writer, connection)
    missing = [f"it may not hear {EVENTS[name]}: add `{name}` to `esl-allowed-events`" for name in refused]
    writer.write(codec.command(SNAPSHOT))
    async with asyncio.timeout(LOGIN_SECONDS):
        answer = await next_frame(codec, reader, came, [], "api/response", "command/reply")
    if (answer.reply or answer.body.decode("utf-8", "replace")).startswith("-ERR"):
        missing.append("it may not list the calls in progress: add `show` to `esl-allowed-api`")
    return missing


async def next_frame(
    codec: EslCodec, reader: asyncio.StreamReader, came: list[Frame], kept: list[Frame], *kinds: str
) -> Frame:
    """The next frame of these kinds, taken from what came or what comes. What else comes before it is kept."""
    while True:
        while came:
            frame = came.pop(0)
            if frame.kind in kinds:
                return frame
            if frame.kind == "text/rude-rejection":
                raise LoginRefused("The PBX's access list keeps this address out: look at `apply-inbound-acl`.")
            if frame.kind == "text/disconnect-notice":
                raise Disconnected("The PBX ended the connection before it answered.")
            kept.append(frame)
        came += codec.receive_data(await read_some(reader, "The PBX closed the connection before it answered."))
