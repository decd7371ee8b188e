"""How many AMI messages a second one engine follows on one core: bytes → messages → facts → tracker → events.

The lab's recordings of Asterisk 22, again and again, each time under ids of its own. Plain reading of the same bytes
into lines is the limit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from benchmarks.rig import Figures
from switchhook.domain.profile import Profile
from switchhook.domain.service import Reading
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import AmiCodec
from switchhook.pbx.asterisk import AsteriskReader, wants
from switchhook.pbx.recording_file import chunks

RECORDINGS = Path(__file__).parent.parent / "tests/recordings/asterisk/22"
READ_BYTES = 64 * 1024
_UNIQUE_ID = re.compile(rb"\b(1[0-9]{9})(?=\.[0-9]+)")
_ROUND_SECONDS = 100_000  # so much later each round's calls begin
_NIL = UUID(int=0)


def measure(rounds: int = 5) -> Figures:
    """Messages a second, and of what is wanted of them; events told."""
    streams = [b"".join(chunks(str(file))) for file in sorted(RECORDINGS.glob("*.ami.gz"))]
    heard = [_later(stream, number) for number in range(rounds) for stream in streams]
    began = time.perf_counter()
    lines = sum(len(stream.split(b"\r\n")) for stream in heard)
    limit_seconds = time.perf_counter() - began
    messages, events = 0, 0
    began = time.perf_counter()
    for stream in heard:
        told, understood = _follow(stream)
        events, messages = events + told, messages + understood
    seconds = time.perf_counter() - began
    return {"messages": messages, "messages_per_second": messages / seconds, "lines": lines, "events": events,
            "ratio": limit_seconds / seconds}


def _follow(stream: bytes) -> tuple[int, int]:
    codec, reader = AmiCodec(wants), AsteriskReader()
    tracker = Tracker(lambda _: Profile(service_id=_NIL, account_id=_NIL, reading=Reading()))
    events = 0
    for data in _pieces(stream):
        for message in codec.receive_data(data):
            for fact in reader.facts(message):
                events += len(tracker.feed(fact).events)
    return events, codec.messages


def _pieces(stream: bytes) -> Sequence[bytes]:
    return [stream[start:start + READ_BYTES] for start in range(0, len(stream), READ_BYTES)]


def _later(stream: bytes, number: int) -> bytes:
    """The same calls, begun later: with other ids."""
    return _UNIQUE_ID.sub(lambda found: b"%d" % (int(found[1]) + number * _ROUND_SECONDS), stream)


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield (f"AMI followed          {figures['messages_per_second']:8.0f} messages/s on one core "
           f"({figures['messages']} messages, {figures['events']} events); "
           f"{figures['ratio']:.2f} of merely splitting lines")
