"""Replay: feed a recording through the tracker and say what comes of it, and why.

Trunks, trunk contexts and menus that are given come before the defaults and add to them (of menus, the
first that fits counts); extensions that are given take the defaults' place. The service is the nil UUID.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeVar
from uuid import UUID

from switchhook.domain.catalogue import EXTRA_EVENTS, Field
from switchhook.domain.event import Event
from switchhook.domain.facts import Fact
from switchhook.domain.outcome import Outcome
from switchhook.domain.profile import Profile
from switchhook.domain.service import DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS, Platform, Reading
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import AmiCodec
from switchhook.pbx.asterisk import AsteriskReader, wants
from switchhook.pbx.freeswitch import FreeSwitchReader
from switchhook.pbx.recording_file import ami_messages, chunks, json_lines

_T = TypeVar("_T")
_NIL = UUID(int=0)
_FIELDS = (Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER, Field.EXTENSION_NUMBER, Field.IVR_NAME, Field.OPTION_SELECTED)


def run_replay(
    file: str, *, platform: str, trunks: Sequence[str], trunk_contexts: Sequence[str],
    menus: Sequence[tuple[str, str]], extensions: Sequence[str], out: TextIO, err: TextIO, extra: bool = False,
) -> int:
    """Replay a recording: events as JSON lines to `out`, reasons to `err`; `extra`: the extra events, too. Returns the
    exit status."""
    if platform not in (Platform.ASTERISK, Platform.FREESWITCH):
        err.write(f"There is no platform {platform!r}: write asterisk or freeswitch.\n")
        return 2
    reading = Reading(
        trunks=tuple(trunks), trunk_contexts=_with_defaults(trunk_contexts, DEFAULT_TRUNK_CONTEXTS),
        menus=_with_defaults(menus, DEFAULT_MENUS), extensions=tuple(extensions))
    profile = Profile(service_id=_NIL, account_id=_NIL, reading=reading, extras=EXTRA_EVENTS if extra else frozenset())
    tracker = Tracker(lambda _: profile)
    try:
        for fact in _facts(file, platform):
            outcome = tracker.feed(fact)
            for event in outcome.events:
                out.write(json.dumps(_line(event, fact)) + "\n")
            _explain(outcome, err)
    except OSError as error:
        err.write(f"{file} cannot be read: {error.strerror or error}.\n")
        return 1
    if tracker.open_calls:
        err.write(f"open at the end: {', '.join(tracker.open_calls)}\n")
    return 0


def _with_defaults(given: Iterable[_T], defaults: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*given, *defaults)))


def _facts(file: str, platform: str) -> Iterator[Fact]:
    if platform == Platform.FREESWITCH:
        freeswitch = FreeSwitchReader()
        for event in json_lines(chunks(file)):
            yield from freeswitch.facts({name: _text(value) for name, value in event.items()})
        return
    asterisk = AsteriskReader()
    for message in ami_messages(chunks(file), AmiCodec(wants)):
        yield from asterisk.facts(message)


def _text(value: object) -> str:
    """A header's value; a repeated header is a list, of which the first counts."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else json.dumps(value)


def _line(event: Event, fact: Fact) -> dict[str, object]:
    fields = event.fields if event.type in EXTRA_EVENTS else _FIELDS
    return {
        "type": event.type.value, "call_uuid": str(event.call_uuid), "native_call_id": event.native_call_id,
        "at": None if fact.at is None else event.at.isoformat(),
        "fields": {field.value: event.fields.get(field) for field in fields},
    }


def _explain(outcome: Outcome, err: TextIO) -> None:
    for decision in outcome.decisions:
        at = "" if decision.at is None else f"{decision.at.isoformat()} "
        told = "told" if decision.told else "not told"
        err.write(f"{at}{decision.call} {told} {decision.type.value}: {decision.reason}\n")
