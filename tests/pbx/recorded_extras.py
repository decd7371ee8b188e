"""The extra events of the recordings: what each recording's description says under "extra"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from switchhook.domain.catalogue import EXTRA_EVENTS, Field, Value
from switchhook.domain.event import Event
from switchhook.domain.facts import Fact
from switchhook.domain.tracker import Tracker
from tests.pbx.recorded import ALL, PROFILE, RECORDINGS

#: The lab's users; 206 has no phone of its own, and rings at 203 and outside.
GRANTED = replace(PROFILE, extras=EXTRA_EVENTS, extensions=frozenset({"201", "202", "203", "204", "205", "206", "250"}))

#: What a description says of an event: these, where they are not null.
SAID = (
    Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER, Field.EXTENSION_NUMBER, Field.DIRECTION, Field.TRUNK, Field.QUEUE,
    Field.LEG_ID, Field.DISPOSITION, Field.TRANSFERRED_TO, Field.TRANSFER_KIND, Field.MAILBOX, Field.RECORDING_FILE,
)


@dataclass(frozen=True, slots=True)
class ToldExtra:
    """An extra event, as far as descriptions say what it should be."""

    type: str
    call: str
    fields: tuple[tuple[str, Value], ...]


def as_told(event: Event) -> ToldExtra:
    """The event in that form."""
    fields = tuple((field.value, event.fields[field]) for field in SAID if event.fields.get(field) is not None)
    return ToldExtra(type=event.type.value, call=event.native_call_id, fields=fields)


def extras(events: Iterable[Event]) -> list[ToldExtra]:
    """The extra ones of these events."""
    return [as_told(event) for event in events if event.type in EXTRA_EVENTS]


def follow(facts: Iterable[Fact], tracker: Tracker | None = None) -> list[Event]:
    """Every event that a tracker tells of these facts, all extra ones granted."""
    tracker = tracker or Tracker(lambda _: GRANTED)
    return [event for fact in facts for event in tracker.feed(fact).events]


def _expected(said: Mapping[str, Value]) -> ToldExtra:
    fields = tuple((name, value) for name, value in said.items() if name not in ("event", "call_id"))
    return ToldExtra(type=str(said["event"]), call=str(said["call_id"]), fields=fields)


EXPECTED = {
    one.name: tuple(map(_expected, json.loads((RECORDINGS / "asterisk" / f"{one.name}.json").read_text())["extra"]))
    for one in ALL}


def by_call(events: Iterable[ToldExtra]) -> dict[str, list[ToldExtra]]:
    """What was told, call by call."""
    calls: dict[str, list[ToldExtra]] = {}
    for event in events:
        calls.setdefault(event.call, []).append(event)
    return calls
