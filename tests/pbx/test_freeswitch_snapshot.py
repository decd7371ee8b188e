"""Coming back to a FreeSWITCH: what its list of channels saves of a call (lists made of recorded events)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.tracker import Tracker
from switchhook.pbx.esl_session import EslSession
from switchhook.pbx.freeswitch import FreeSwitchReader
from tests.pbx.fake_freeswitch import frame
from tests.pbx.made_up_switch import Switch
from tests.pbx.recorded import PROFILE
from tests.pbx.test_freeswitch import EXPECTED, lines_of
from tests.pbx.test_freeswitch_extras import GRANTED

Rows = list[dict[str, str]]


def listing(rows: Rows) -> bytes:
    """As FreeSWITCH answers: without `rows` when there are none."""
    return json.dumps({"row_count": len(rows)} | ({"rows": rows} if rows else {})).encode()


def rows_after(events: Iterable[Mapping[str, str]]) -> Rows:
    """What FreeSWITCH would list after these events: columns as its table of channels has them."""
    rows: dict[str, dict[str, str]] = {}
    for event in events:
        name, leg = event.get("Event-Name", ""), event.get("Unique-ID", "")
        if name == "CHANNEL_CREATE":
            rows[leg] = {
                "uuid": leg, "direction": event["Call-Direction"], "name": event["Channel-Name"], "call_uuid": "",
                "created_epoch": event["Caller-Channel-Created-Time"][:10], "callstate": "RINGING",
                "initial_cid_num": event["Caller-Caller-ID-Number"], "context": event["Caller-Context"],
                "initial_dest": event["Caller-Destination-Number"], "initial_context": event["Caller-Context"],
                "presence_id": "", "application": "", "application_data": ""}
        elif name == "CHANNEL_HANGUP_COMPLETE":
            rows.pop(leg, None)
        elif leg in rows:
            row = rows[leg]
            row["context"] = event["Caller-Context"]
            if name == "CHANNEL_EXECUTE":
                row |= {"application": event["Application"], "application_data": event.get("Application-Data", "")}
            elif name == "CHANNEL_ORIGINATE":
                row |= {"presence_id": event.get("Channel-Presence-ID", ""), "call_uuid": event["Channel-Call-UUID"]}
            elif name == "CHANNEL_ANSWER":
                row["callstate"] = "ACTIVE"
            elif name == "CHANNEL_BRIDGE":
                row["call_uuid"] = event["Channel-Call-UUID"]
    return list(rows.values())


def told_when_cut(lines: list[dict[str, str]], cut: int) -> list[str]:
    """What is told when another engine takes over after so many events, with what the first remembered."""
    first, second = Tracker(lambda _: PROFILE), Tracker(lambda _: PROFILE)
    reader, told = FreeSwitchReader(), []
    memories: dict[str, str] = {}
    for line in lines[:cut]:
        for fact in reader.facts(line):
            outcome = first.feed(fact)
            told += outcome.events
            memories |= {call: first.memory(call) for call in outcome.changed}
            for call in outcome.ended:
                memories.pop(call, None)
    for call, memory in memories.items():
        assert second.restore(call, memory)
    successor = FreeSwitchReader()
    facts = [*successor.begin(None), *successor.snapshot(listing(rows_after(lines[:cut])), None)]
    facts += [fact for line in lines[cut:] for fact in successor.facts(line)]
    told += [event for fact in facts for event in second.feed(fact).events]
    assert not second.open_calls
    return [f"{event.type} {event.fields.get('extension_number') or ''}" for event in told]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_successor_tells_the_rest_of_a_call_and_nothing_twice(name: str) -> None:
    lines = lines_of(name)
    whole = told_when_cut(lines, len(lines))
    assert len(whole) == len(EXPECTED[name])
    for cut in range(len(lines)):
        told, before = told_when_cut(lines, cut), lines[:cut]
        lost = [one for one in whole if one not in told]
        unheard = {"call.inbound_received "} if before else set()  # came in while its tenant was not known yet
        if before and before[-1]["Event-Name"] == "DTMF":  # a digit that nobody heard who heard the menu go on
            unheard.add("ivr.option_selected ")
        assert set(lost) <= unheard, f"after {cut} events"
        assert told == [one for one in whole if one in told], f"after {cut} events"


def test_a_call_that_rang_before_we_listened_is_answered() -> None:
    row = {"created_epoch": "1795311577", "initial_context": "public", "context": "acme.example"}
    caller = row | {"uuid": "in", "direction": "inbound", "name": "sofia/external/12025550171@192.0.2.1",
                    "initial_dest": "12025550101", "initial_cid_num": "12025550171", "callstate": "RINGING"}
    phone = row | {"uuid": "p1", "direction": "outbound", "name": "sofia/internal/101@192.0.2.7", "call_uuid": "in",
                   "presence_id": "101@acme.example", "callstate": "RINGING"}
    switch = Switch()
    for fact in switch.reader.snapshot(listing([phone, caller]), None):
        switch.events += switch.tracker.feed(fact).events
    assert switch.told == []
    switch.joins("in", "p1")
    assert switch.told == ["inbound_answered"]
    assert switch.events[0].fields["extension_number"] == "101"  # type: ignore[index]


def test_a_forward_that_rang_outside_before_we_listened_is_answered_by_no_user() -> None:
    row = {"created_epoch": "1795311577", "initial_context": "default", "callstate": "RINGING", "call_uuid": "in"}
    caller = row | {"uuid": "in", "direction": "inbound", "name": "sofia/internal/12025550171@192.0.2.1",
                    "initial_context": "public", "initial_dest": "12025550101", "initial_cid_num": "12025550171"}
    mobile = row | {"uuid": "out", "direction": "outbound", "name": "sofia/external/12025550188",
                    "initial_dest": "12025550188"}
    switch = Switch()
    for fact in switch.reader.snapshot(listing([caller, mobile]), None):
        switch.tracker.feed(fact)
    switch.joins("in", "out")
    assert switch.told == []


@pytest.mark.parametrize("heard_by", ["the list", "its answer"])
def test_a_caller_whom_the_pbx_took_while_nobody_listened_is_connected(heard_by: str) -> None:
    switch = Switch(GRANTED)
    switch.comes_in()
    switch.says("CHANNEL_EXECUTE", "in", variable_domain_name="acme.example")
    later = Switch(GRANTED)
    assert later.tracker.restore("in", switch.tracker.memory("in"))
    row = {"uuid": "in", "direction": "inbound", "name": "sofia/external/12025550171@192.0.2.1", "call_uuid": "in",
           "callstate": "ACTIVE", "created_epoch": "1795311577", "initial_context": "public",
           "initial_dest": "12025550101", "initial_cid_num": "12025550171"}
    if heard_by == "the list":
        for fact in later.reader.snapshot(listing([row]), None):
            later.tracker.feed(fact)
    else:
        later.says("CHANNEL_ANSWER", "in", Channel_Call_UUID="in", Call_Direction="inbound", Caller_Context="public")
    later.says("CHANNEL_HANGUP_COMPLETE", "in")
    (leg,) = [event for event in later.events if event.type is EventType.LEG_ENDED]
    assert leg.fields[Field.DISPOSITION] == "answered"


def test_a_rung_leg_that_does_not_say_whose_it_is_waits_until_it_does() -> None:
    switch = Switch()
    row = {"uuid": "p1", "direction": "outbound", "name": "sofia/internal/101@192.0.2.7", "callstate": "RINGING"}
    (ended,) = switch.reader.snapshot(listing([row]), None)
    assert ended.legs == {"p1"}  # type: ignore[union-attr]
    switch.comes_in()
    switch.says("CHANNEL_ANSWER", "p1", Call_Direction="outbound", Channel_Call_UUID="in", variable_dialed_user="101")
    switch.joins("in", "p1")
    assert switch.told == ["inbound_received", "inbound_answered"]


@given(st.one_of(st.binary(max_size=200), st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["rows", "row_count", "uuid", "direction", "name", "created_epoch"]), inner, max_size=6),
    max_leaves=12).map(lambda value: json.dumps(value).encode())))
def test_a_list_that_is_none_never_raises(found: bytes) -> None:
    tracker = Tracker(lambda _: PROFILE)
    for fact in FreeSwitchReader().snapshot(found, None):
        tracker.feed(fact)


@given(cuts=st.lists(st.integers(0, 40_000), max_size=6), garbage=st.binary(max_size=80))
def test_garbage_between_frames_never_raises(cuts: list[int], garbage: bytes) -> None:
    session, tracker = EslSession(), Tracker(lambda _: PROFILE)
    stream = b"".join(frame(line) for line in lines_of("in_direct"))
    for cut in cuts:
        stream = stream[:cut] + garbage + stream[cut + 40 :]
    for begin in range(0, len(stream), 999):
        for fact in session.receive_data(stream[begin : begin + 999], datetime(2026, 3, 4, tzinfo=UTC)):
            tracker.feed(fact)
