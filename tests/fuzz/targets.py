"""What is fuzzed: whatever takes the bytes of strangers. A target raises when something that must hold does not."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from switchhook.delivery.sender import KEPT_BYTES, Sender
from switchhook.domain.delivery import Answer, Request, Responded
from switchhook.domain.errors import CannotRender
from switchhook.domain.facts import Fact
from switchhook.domain.judging import judge
from switchhook.domain.masking import without_secrets
from switchhook.domain.pasted import Unreadable, read_pasted
from switchhook.domain.profile import Profile
from switchhook.domain.recording_links import read_link
from switchhook.domain.request_url import parse_request_url
from switchhook.domain.service import Account, Service
from switchhook.domain.signature_check import KnownSecret, diagnose
from switchhook.domain.templates import parse_template
from switchhook.domain.tracker import Tracker
from switchhook.intake.problems import Problem
from switchhook.intake.sequences import Sequences
from switchhook.intake.told import read_events
from switchhook.pbx.ami import AmiCodec
from switchhook.pbx.asterisk import AsteriskReader, wants
from switchhook.pbx.esl import EslCodec
from switchhook.pbx.freeswitch import FreeSwitchReader

RECORDINGS = Path(__file__).parents[1] / "recordings"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ACCOUNT = Account(id=UUID(int=1), name="Granted", allowed_networks=("127.0.0.0/8",))
SERVICE = Service(id=UUID(int=5), account_id=ACCOUNT.id, connection_id=None, name="pbx", friendly_name="Office")
CANARY = "canary-7f3a-4711"
SIGNING = "whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5"
SEED_BYTES = 3_000

Target = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A target, and what its inputs look like."""

    target: Target
    seeds: tuple[bytes, ...]


def _cut(data: bytes) -> Iterator[bytes]:
    """The bytes after the first, in pieces of a length that the first says: as they come from a socket."""
    length = 1 + (data[0] if data else 0) * 16
    return (data[at : at + length] for at in range(1, len(data), length))


def _follow(facts: Iterator[Fact]) -> None:
    """Have a tracker follow the calls, and keep in mind those that go on."""
    tracker = Tracker(lambda _: Profile(service_id=SERVICE.id, account_id=ACCOUNT.id))
    for fact in facts:
        tracker.feed(fact)
    for call in list(tracker.open_calls):
        tracker.memory(call)


def ami(data: bytes) -> None:
    """What an Asterisk sends, from its socket to its calls."""
    codec, reader = AmiCodec(wants), AsteriskReader()
    _follow(fact for piece in _cut(data) for message in codec.receive_data(piece) for fact in reader.facts(message))


def esl(data: bytes) -> None:
    """What a FreeSWITCH sends, from its socket to its calls."""
    codec, reader = EslCodec(), FreeSwitchReader()

    def facts() -> Iterator[Fact]:
        for piece in _cut(data):
            for frame in codec.receive_data(piece):
                event = frame.event()
                yield from reader.facts(event) if event is not None else reader.snapshot(data, NOW)

    _follow(facts())


class Receiver:
    """A receiver that answers with whatever bytes, and the sender that asks it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._answer = b""
        self._sender, self._url = self._loop.run_until_complete(self._open())

    async def _open(self) -> tuple[Sender, str]:
        server = await asyncio.start_server(self._say, "127.0.0.1", 0)
        return Sender(), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._answer)
            await writer.drain()
        writer.close()

    def __call__(self, data: bytes) -> None:
        self._answer = data
        request = Request(method="GET", url=self._url, headers=(("Authorization", f"Bearer {CANARY}"),), body=None,
                          secret_headers=frozenset({"authorization"}))
        answer = self._loop.run_until_complete(self._sender.send(request, account=ACCOUNT, timeout_seconds=1.0))
        _check(without_secrets(answer, request))


def _check(answer: Answer) -> None:
    """What we keep of an answer is bounded, says no secret, can be written, and means something."""
    if isinstance(answer, Responded):
        assert len(answer.body) <= KEPT_BYTES + len(CANARY)
        assert CANARY.encode() not in answer.body
        assert CANARY not in json.dumps(answer.headers)
    judge(answer, now=NOW, attempt=1, expires_at=NOW + timedelta(hours=1), jitter=0.0, url_has_placeholders=False)


def intake(data: bytes) -> None:
    """Events that a program tells."""
    with suppress(Problem, ValueError, RecursionError):  # as the listener answers them: 400, 422
        body = json.loads(data)
        read_events(body, SERVICE, now=NOW, sequence_of=Sequences().place)


def typed(data: bytes) -> None:
    """What people type: a URL, a template, a link, a pasted request."""
    text = data.decode("utf-8", "replace")
    with suppress(CannotRender):
        assert parse_request_url(text).host
    with suppress(CannotRender):
        parse_template(text).fill(literal=str, value=lambda one: str(one))
    assert read_link(text, [CANARY]) is None
    secret = KnownSecret(name="CRM", secret=SIGNING)
    with suppress(Unreadable):
        diagnose(read_pasted(text), [secret], [], now=NOW.timestamp())


def _ami_seeds() -> Iterator[bytes]:
    for path in sorted(RECORDINGS.glob("asterisk/*/*.ami.gz")):
        yield b"\xff" + gzip.decompress(path.read_bytes())[:SEED_BYTES]


def _esl_seeds() -> Iterator[bytes]:
    for path in sorted(RECORDINGS.glob("freeswitch/*.jsonl.gz")):
        frames = [b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(line), line)
                  for line in gzip.decompress(path.read_bytes()).splitlines()]
        yield b"\xff" + b"".join(frames)[:SEED_BYTES * 8]


def all_targets() -> dict[str, Fuzzed]:
    """Every target by its name."""
    call = {"id": "a", "type": "call.inbound_received", "call_id": "1.2", "at": "2026-03-04T20:41:55+11:00",
            "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}
    return {
        "ami": Fuzzed(ami, tuple(_ami_seeds())),
        "esl": Fuzzed(esl, tuple(_esl_seeds())),
        "receiver": Fuzzed(Receiver(), (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            b"HTTP/1.1 301 Moved\r\nLocation: http://x/?t=%s\r\nContent-Encoding: gzip\r\n\r\n" % CANARY.encode())),
        "intake": Fuzzed(intake, (json.dumps(call).encode(), json.dumps([call, call]).encode())),
        "typed": Fuzzed(typed, (
            b"https://Example.com:8443/hook/{source_number|e164}?a=1#x",
            b"POST /hook HTTP/1.1\r\nwebhook-id: 1\r\nwebhook-timestamp: 1772618400\r\n"
            b"webhook-signature: v1,c2ln\r\n\r\n{\"a\": 1}",
            b"curl -X POST 'https://example.com' -H 'webhook-id: 1' -H \"webhook-signature: v1,c2ln\" -d '{}'")),
    }
