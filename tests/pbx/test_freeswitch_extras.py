"""The extra events out of FreeSWITCH: recorded calls, and what no recording has (synthetic)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field, Value
from switchhook.domain.event import Event
from switchhook.domain.tracker import Tracker
from switchhook.pbx.freeswitch import FreeSwitchReader
from tests.pbx.made_up_switch import Switch
from tests.pbx.recorded import PROFILE
from tests.pbx.test_freeswitch import lines_of

GRANTED = replace(PROFILE, extras=EXTRA_EVENTS, extensions=frozenset({"101", "102", "103"}))
INBOUND = {"source_number": "12025550171", "direction": "inbound", "trunk": "external"}
SAID = ("source_number", "destination_number", "extension_number", "direction", "trunk", "duration",
        "billable_seconds", "disposition")


def extras(events: list[Event]) -> list[tuple[str, dict[str, Value]]]:
    return [
        (event.type.value, {field.value: value for field, value in event.fields.items()
                            if field.value in SAID and value is not None})
        for event in events if event.type in EXTRA_EVENTS]


def told_of(name: str) -> list[tuple[str, dict[str, Value]]]:
    reader, tracker = FreeSwitchReader(), Tracker(lambda _: GRANTED)
    stream = [fact for line in lines_of(name) for fact in reader.facts(line)]
    return extras([event for fact in stream for event in tracker.feed(fact).events])


@pytest.mark.parametrize(("name", "number", "phones", "duration", "leg_billed", "billed"), [
    ("in_direct", "12025550101", ["101"], 2, 1, 1),
    ("ivr", "12025550100", ["101"], 4, 4, 1),
    ("ringgroup", "12025550102", ["102", "101", "103"], 3, 1, 1),
])
def test_a_recorded_call_that_came_in(
    name: str, number: str, phones: list[str], duration: int, leg_billed: int, billed: int,
) -> None:
    inbound = INBOUND | {"destination_number": number}
    ended = {"extension_number": phones[0], "disposition": "answered", "duration": duration}
    assert told_of(name) == [
        *(("call.ringing", inbound | {"extension_number": phone}) for phone in phones),
        ("call.leg_ended", inbound | ended | {"billable_seconds": leg_billed}),
        ("call.ended", inbound | ended | {"billable_seconds": billed})]


def test_a_recorded_call_that_went_out() -> None:
    said = {"source_number": "101", "destination_number": "12025550188", "extension_number": "101",
            "direction": "outbound", "trunk": "acme", "duration": 3, "billable_seconds": 1, "disposition": "answered"}
    assert told_of("outbound") == [("call.leg_ended", said), ("call.ended", said)]


@pytest.fixture
def switch() -> Switch:
    return Switch(GRANTED)


def one(switch: Switch, kind: EventType) -> dict[Field, Value]:
    (event,) = [event for event in switch.events if event.type is kind]
    return dict(event.fields)


def test_a_phone_rings_when_freeswitch_hears_so(switch: Switch) -> None:
    switch.comes_in()
    switch.rings("p1", "in", "101")
    assert "ringing" not in switch.told
    switch.says("CHANNEL_PROGRESS", "p1")
    switch.says("CHANNEL_PROGRESS_MEDIA", "p1")
    assert one(switch, EventType.RINGING)[Field.EXTENSION_NUMBER] == "101"


@pytest.mark.parametrize(("cause", "disposition"), [
    ("USER_BUSY", "busy"), ("CALL_REJECTED", "declined"), ("USER_NOT_REGISTERED", "unreachable"),
    ("NORMAL_TEMPORARY_FAILURE", "failed"),
])
def test_why_nobody_took_a_call(switch: Switch, cause: str, disposition: str) -> None:
    switch.comes_in()
    switch.rings("p1", "in", "101")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause=cause)
    switch.says("CHANNEL_HANGUP_COMPLETE", "in", Hangup_Cause=cause)
    assert one(switch, EventType.MISSED)[Field.DISPOSITION] == disposition


def test_a_queue_a_message_and_a_recording(switch: Switch) -> None:
    switch.comes_in()
    switch.says("CUSTOM", "in", Event_Subclass="callcenter::info", CC_Action="member-queue-start", CC_Queue="700@acme")
    switch.says("CUSTOM", "in", Event_Subclass="callcenter::info", CC_Action="agent-offering", CC_Queue="701@acme")
    switch.rings("p1", "in", "101")
    switch.joins("in", "p1")
    switch.says("RECORD_STOP", "in", Record_File_Path="/recordings/in.wav")
    switch.says("CUSTOM", "", Event_Subclass="vm::maintenance", VM_Action="leave-message", VM_User="102",
                VM_UUID="in", VM_File_Path="/voicemail/msg_1.wav")  # mod_voicemail puts no Unique-ID into it
    for leg in ("p1", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert one(switch, EventType.VOICEMAIL_LEFT)[Field.MAILBOX] == "102"
    assert one(switch, EventType.RECORDING_READY)[Field.RECORDING_FILE] == "/recordings/in.wav"
    assert one(switch, EventType.ENDED)[Field.QUEUE] == "700"


def test_who_intercepts_a_call_picks_it_up_and_the_pickers_own_call_is_no_other(switch: Switch) -> None:
    switch.comes_in()
    switch.rings("p1", "in", "101")
    switch.dials("p3", "103", "**101")
    switch.joins("in", "p3")
    for leg in ("p1", "p3", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert one(switch, EventType.PICKED_UP)[Field.EXTENSION_NUMBER] == "103"
    assert one(switch, EventType.ENDED)[Field.EXTENSION_NUMBER] == "103"


def test_an_extension_that_is_followed_outside_is_responsible_for_the_leg(switch: Switch) -> None:
    switch.comes_in()
    switch.rings("out", "in", gateway="acme", number="12025550188", Other_Leg_Destination_Number="102")
    switch.joins("in", "out")
    for leg in ("out", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert {event.fields[Field.EXTENSION_NUMBER] for event in switch.events
            if event.type is EventType.LEG_ENDED} == {"102"}


def test_fusionpbxs_voicemail_tells_of_a_message_by_what_it_records(switch: Switch) -> None:
    file = "/var/lib/freeswitch/storage/voicemail/default/acme.example/101/msg_in.wav"
    recorded = {"variable_domain_uuid": "1", "Record_File_Path": file}
    switch.comes_in()
    switch.says("RECORD_STOP", "in", **recorded, variable_record_seconds="2")  # too short: it asks to begin anew
    assert "voicemail.left" not in [event.type.value for event in switch.events]
    switch.says("RECORD_STOP", "in", **recorded, variable_record_seconds="12")
    assert one(switch, EventType.VOICEMAIL_LEFT)[Field.MAILBOX] == "101"
    switch.says("CHANNEL_HANGUP_COMPLETE", "in")
    assert EventType.RECORDING_READY not in [event.type for event in switch.events]


def test_a_caller_in_a_fifo_waits_in_a_queue(switch: Switch) -> None:
    switch.comes_in()
    switch.says("CUSTOM", "in", Event_Subclass="fifo::info", FIFO_Action="push", FIFO_Name="5900@acme.example")
    switch.says("CUSTOM", "in", Event_Subclass="fifo::info", FIFO_Action="abort", FIFO_Name="5901@acme.example")
    switch.says("CHANNEL_HANGUP_COMPLETE", "in")
    assert one(switch, EventType.ENDED)[Field.QUEUE] == "5900"


def test_the_agent_of_a_queue_is_rung_and_answers_in_the_callers_call(switch: Switch) -> None:
    """mod_callcenter rings agents in calls of their own, and names the caller's leg in a variable."""
    switch.comes_in()
    switch.says("CUSTOM", "in", Event_Subclass="callcenter::info", CC_Action="member-queue-start", CC_Queue="700@acme")
    switch.says("CHANNEL_CREATE", "agent", Channel_Call_UUID="agent", Call_Direction="outbound",
                Caller_Context="default", Caller_Destination_Number="101", variable_dialed_user="101",
                variable_cc_member_session_uuid="in")
    switch.says("CHANNEL_PROGRESS", "agent")
    switch.joins("in", "agent")
    for leg in ("agent", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert switch.told == ["inbound_received", "ringing", "inbound_answered", "leg_ended", "ended"]
    assert {event.native_call_id for event in switch.events} == {"in"}
    assert one(switch, EventType.ENDED)[Field.QUEUE] == "700"
