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

#: What is asked for: events are 5 to 8 KiB each, so only what the reader reads, and what is missing without it.
EVENTS = {
    "CHANNEL_CREATE": "that a call begins or a phone rings",
    "CHANNEL_ANSWER": "that a call is answered by the PBX",
    "CHANNEL_BRIDGE": "who answered",
    "CHANNEL_HANGUP_COMPLETE": "that a call is over",
    "DTMF": "which option was chosen in a menu",
    "HEARTBEAT": "that it is alive",
    "SHUTDOWN": "that it shuts down",
}
SUBCLASSES = ("menu::enter", "menu::exit", "switchhook::menu", "switchhook::option")
SUBSCRIPTION = f"event json {' '.join(EVENTS)} CUSTOM {' '.join(SUBCLASSES)}"  # CUSTOM is last: the rest are its own
SNAPSHOT = "api show channels as json"


class EslSession:
    """The Event Socket on one socket."""

    def __init__(self) -> None:
        self.messages = 0
        self.over = False
        self._codec = EslCodec()
        self._translate = FreeSwitchReader()

    async def log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> Sequence[Fact]:
        """Log in and ask for the events. Returns what came right behind the answers. Raises LoginRefused."""
        _, rest = await log_in(self._codec, reader, writer, connection)
        return self._read(rest, datetime.now(UTC))

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


async def log_in(
    codec: EslCodec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> tuple[Frame, list[Frame]]:
    """Log in and ask for the events. Returns the login's answer, and what came right behind the answers.
    Raises LoginRefused."""
    try:
        user, secret = connection.username, connection.secret
        login = codec.command(f"userauth {user}:{secret}" if user else f"auth {secret}")
    except ValueError as error:
        raise LoginRefused(str(error)) from error
    came: list[Frame] = []
    async with asyncio.timeout(LOGIN_SECONDS):
        await _next(codec, reader, came, "auth/request")
        writer.write(login)
        accepted = await _next(codec, reader, came, "command/reply")
        if not accepted.reply.startswith("+OK"):
            raise LoginRefused(f"The PBX refused the login: {accepted.reply or 'it did not say why'}.")
        writer.write(codec.command(SUBSCRIPTION))
        subscribed = await _next(codec, reader, came, "command/reply")
        if not subscribed.reply.startswith("+OK"):
            raise LoginRefused(f"The PBX lets this user in but tells it no events ({subscribed.reply}): "
                               "give it `esl-allowed-events`.")
    return accepted, came


async def esl_login_lacks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
) -> list[str]:
    """Log in; what the login cannot tell us, in plain words. Raises LoginRefused."""
    codec = EslCodec()
    accepted, came = await log_in(codec, reader, writer, connection)
    missing = events_lacking(accepted.headers.get("Allowed-Events", ""))
    writer.write(codec.command(SNAPSHOT))
    async with asyncio.timeout(LOGIN_SECONDS):
        answer = await _next(codec, reader, came, "api/response", "command/reply")
    if (answer.reply or answer.body.decode("utf-8", "replace")).startswith("-ERR"):
        missing.append("it may not list the calls in progress: add `show` to `esl-allowed-api`")
    return missing


def events_lacking(allowed: str) -> list[str]:
    """What a user may not hear, by what the PBX answered its login; "": it may hear everything."""
    words = allowed.replace(",", " ").split()
    if not words or "all" in {word.lower() for word in words}:
        return []
    needed = EVENTS | dict.fromkeys(SUBCLASSES[:2], "what happens in menus")
    return [f"it may not hear {what}: add `{name}` to `esl-allowed-events`"
            for name, what in needed.items() if name not in words]


async def _next(codec: EslCodec, reader: asyncio.StreamReader, came: list[Frame], *kinds: str) -> Frame:
    """The next frame of these kinds, taken from what came or what comes. What else comes before it is left out."""
    while True:
        while came:
            frame = came.pop(0)
            if frame.kind in kinds:
                return frame
            if frame.kind == "text/rude-rejection":
                raise LoginRefused("The PBX's access list keeps this address out: look at `apply-inbound-acl`.")
            if frame.kind == "text/disconnect-notice":
                raise Disconnected("The PBX ended the connection before it answered.")
        came += codec.receive_data(await read_some(reader, "The PBX closed the connection before it answered."))
