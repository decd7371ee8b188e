"""The recordings of real PBXs, and what the tracker is expected to make of them."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event
from switchhook.domain.facts import (
    Fact,
    LegBridged,
    LegEnded,
    LegPresent,
    LegStarted,
    LocalPaired,
    SnapshotEnded,
)
from switchhook.domain.profile import Profile
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader, wants

RECORDINGS = Path(__file__).parent.parent / "recordings"
NIL = UUID(int=0)
PROFILE = Profile(service_id=NIL, account_id=NIL)

_TYPES = {
    "inbound_received": EventType.INBOUND_RECEIVED, "inbound_answered": EventType.INBOUND_ANSWERED,
    "outbound_placed": EventType.OUTBOUND_PLACED, "ivr_received": EventType.IVR_RECEIVED,
    "ivr_option_selected": EventType.IVR_OPTION,
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event, as far as recordings say what it should be."""

    type: EventType
    call: str
    source: str | None
    destination: str | None
    answered_by: str | None
    menu: str | None
    option: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One scenario: the connection, and where it was cut, the snapshot and the connection after it."""

    name: str
    parts: tuple[bytes, ...]
    expected: tuple[Told, ...]

    def __repr__(self) -> str:
        return f"<{self.name}>"


def told(event: Event) -> Told:
    """The event in the form of the recordings."""
    fields = event.fields
    text = {field: None if fields.get(field) is None else str(fields[field]) for field in fields}
    answered = event.type is EventType.INBOUND_ANSWERED
    return Told(
        type=event.type, call=event.native_call_id, source=text.get(Field.SOURCE_NUMBER),
        destination=text.get(Field.DESTINATION_NUMBER),
        answered_by=text.get(Field.EXTENSION_NUMBER) if answered else None,
        menu=text.get(Field.IVR_NAME), option=text.get(Field.OPTION_SELECTED))


def by_call(events: Iterable[Told]) -> dict[str, list[Told]]:
    """What was told, call by call: calls run side by side, and only within one is there an order."""
    calls: dict[str, list[Told]] = {}
    for event in events:
        calls.setdefault(event.call, []).append(event)
    return calls


def recorded(path: Path) -> Recorded:
    """The scenario whose description is at `path`."""
    description = json.loads(path.read_text())
    stems = (path.stem, f"{path.stem}.resync", f"{path.stem}.after")
    files = [path.with_name(f"{stem}.ami.gz") for stem in stems]
    return Recorded(
        name=f"{path.parent.name}/{path.stem}",
        parts=tuple(gzip.decompress(file.read_bytes()) for file in files if file.exists()),
        expected=tuple(
            Told(type=_TYPES[one["event"]], call=one["call_id"], source=one["source"], destination=one["destination"],
                 answered_by=one.get("extension"), menu=one.get("ivr"), option=one.get("option"))
            for one in description["expected"]))


ALL = [recorded(path) for path in sorted(RECORDINGS.glob("asterisk/*/*.json"))]
BY_NAME = {one.name: one for one in ALL}


def whole(part: bytes) -> Iterator[bytes]:
    """A connection's bytes, uncut."""
    yield part


def messages(part: bytes) -> list[Message]:
    """Every message of a connection that is of use."""
    return AmiCodec(wants).receive_data(part)


def facts(parts: Iterable[bytes], cut: Callable[[bytes], Iterable[bytes]] = whole) -> list[Fact]:
    """The facts of a recording; each part is a connection of its own."""
    found: list[Fact] = []
    for part in parts:
        codec, reader = AmiCodec(wants), AsteriskReader()
        for data in cut(part):
            for message in codec.receive_data(data):
                found += reader.facts(message)
    return found


def follow(facts: Iterable[Fact], tracker: Tracker | None = None) -> list[Told]:
    """What a tracker tells of these facts."""
    tracker = tracker or Tracker(lambda _: PROFILE)
    return [told(event) for fact in facts for event in tracker.feed(fact).events]


def channels(message: Message) -> set[str]:
    """The channels that a message is of."""
    headers = message.first.items()
    return {value for name, value in headers if name.endswith("Uniqueid") and not name.startswith("Bridge")}


def in_another_order(stream: list[Message], chance: random.Random) -> list[Message]:
    """The messages in any order whatever in which each channel's own are in theirs."""
    waits_for, holds_up = [0] * len(stream), [list[int]() for _ in stream]
    last: dict[str, int] = {}
    for place, message in enumerate(stream):
        for channel in channels(message):
            if channel in last:
                holds_up[last[channel]].append(place)
                waits_for[place] += 1
            last[channel] = place
    ready, ordered = [place for place, count in enumerate(waits_for) if not count], list[Message]()
    while ready:
        place = ready.pop(chance.randrange(len(ready)))
        ordered.append(stream[place])
        for held in holds_up[place]:
            waits_for[held] -= 1
            if not waits_for[held]:
                ready.append(held)
    return ordered


def snapshot(stream: Iterable[Fact]) -> list[Fact]:
    """What an Asterisk would list after these facts: a caller's channel no longer shows where it began."""
    legs: dict[str, LegPresent] = {}
    pairs: list[LocalPaired] = []
    for fact in stream:
        if isinstance(fact, LegStarted):
            party = fact.party if fact.called else replace(fact.party, place="")
            dialled = fact.dialled if party.began_call else ""
            started = replace(fact, party=party, called=False, dialled=dialled)
            legs[party.leg] = LegPresent(at=None, started=started)
        elif isinstance(fact, LegBridged) and fact.party.leg in legs:
            present = legs[fact.party.leg]
            party = replace(present.started.party, call=fact.party.call, began_call=fact.party.began_call)
            legs[party.leg] = replace(present, started=replace(present.started, party=party), talking=True)
        elif isinstance(fact, LegEnded):
            legs.pop(fact.leg, None)
        elif isinstance(fact, LocalPaired):
            pairs.append(fact)
    return [*legs.values(), *(pair for pair in pairs if {pair.one.leg, pair.two.leg} <= legs.keys()),
            SnapshotEnded(at=None, legs=frozenset(legs))]


def muddled(recording: Recorded, seed: int) -> list[Fact]:
    """The recording's facts with some of them lost, repeated and in each other's place."""
    chance = random.Random(seed)
    stream = [fact for fact in facts(recording.parts) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
    for _ in range(chance.randrange(20)):
        one, other = chance.randrange(len(stream) or 1), chance.randrange(len(stream) or 1)
        if stream:
            stream[one], stream[other] = stream[other], stream[one]
    return stream
