"""The event filter that the portal offers lets through what every event needs (recordings, as Asterisk filters)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader
from switchhook.web.services.manager_conf import manager_conf, wanted
from switchhook.web.services.models import Connection
from tests.pbx import recorded
from tests.pbx.recorded import ALL, Recorded
from tests.pbx.recorded_extras import EXPECTED, by_call, extras, follow
from tests.pbx.test_tenants import RECORDED, OneConnection, every_recording_in_every_way, expected

_FILTER = re.compile(
    r"eventfilter\(action\(include\),name\((\w+)\)(?:,header\((\w+)\),method\((\w+)\))?\) = ?(.*)")
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "starts_with": str.startswith, "regex": lambda value, pattern: re.search(pattern, value) is not None}


def _passes(message: Message, filters: list[tuple[str, str, str, str]]) -> bool:
    return any(message.get("Event") == name and (not header or _METHODS[method](message.get(header), wanted))
               for name, header, method, wanted in filters)


def filters_of(conf: str) -> list[tuple[str, str, str, str]]:
    return [found.groups() for found in map(_FILTER.match, conf.splitlines()) if found]  # type: ignore[misc]


CONF = manager_conf(Connection(username="u"), wanted(["ivr-*"], EXTRA_EVENTS))
FILTERS = filters_of(CONF)


def test_every_line_of_the_filter_is_understood_here() -> None:
    assert len(FILTERS) == CONF.count("eventfilter(")


@pytest.mark.parametrize(("event_type", "variables"), [
    ("call.ended", {"MIXMONITOR_FILENAME", "VM_MESSAGEFILE"}), ("call.missed", {"VM_MESSAGEFILE"}),
    ("recording.ready", {"MIXMONITOR_FILENAME"}), ("call.ringing", set()),
])
def test_only_the_variables_in_use_are_let_through(event_type: str, variables: set[str]) -> None:
    offered = set(wanted(["ivr-*"], {event_type}).variables)
    assert {name for name in offered if "DID" not in name} == variables


@pytest.mark.parametrize("recording", [one for one in ALL if len(one.parts) == 1], ids=lambda one: one.name)
def test_what_the_filter_lets_through_tells_the_same(recording: Recorded) -> None:
    reader = AsteriskReader()
    events = follow(
        fact for message in AmiCodec().receive_data(recording.parts[0]) if _passes(message, FILTERS)
        for fact in reader.facts(message))
    assert by_call(extras(events)) == by_call(EXPECTED[recording.name])
    assert recorded.by_call(recorded.told(event) for event in events if event.type not in EXTRA_EVENTS) == (
        recorded.by_call(recording.expected))


@every_recording_in_every_way
def test_tenants_are_told_apart_by_what_the_filter_lets_through(name: str, keys: dict[str, str]) -> None:
    filters = filters_of(manager_conf(Connection(username="u"), wanted(["*-ivr"], ())))
    pbx = OneConnection(keys)
    (stream,) = map(recorded.messages, recorded.recorded(RECORDED[name]).parts)
    assert pbx.by_tenant(pbx.hear([message for message in stream if _passes(message, filters)])) == expected(name)
