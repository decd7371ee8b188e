"""Transfers on a FreeSWITCH (synthetic: after its source, 1.10; none was recorded). 101 talks with somebody outside
over `p1`, and sends them on to 102."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field, Value
from tests.pbx.made_up_switch import Switch
from tests.pbx.recorded import PROFILE

GRANTED = replace(PROFILE, extras=EXTRA_EVENTS, extensions=frozenset({"101", "102", "103"}))


@pytest.fixture
def switch() -> Switch:
    """101 has answered a call that came in."""
    made = Switch(GRANTED)
    made.comes_in()
    made.rings("p1", "in", "101")
    made.joins("in", "p1")
    return made


def transfers(switch: Switch) -> list[dict[str, Value]]:
    """Those told of: by whom, to where, how, and in which call."""
    return [
        {"by": event.fields.get(Field.EXTENSION_NUMBER), "to": event.fields.get(Field.TRANSFERRED_TO),
         "how": event.fields.get(Field.TRANSFER_KIND), "call": event.native_call_id}
        for event in switch.events if event.type is EventType.TRANSFERRED]


def sent_on(switch: Switch, to: str = "102", dialplan: str = "XML") -> str:
    """What the leg that is sent on says of that from now on."""
    return f"{switch.now // 1_000_000}:in:bl_xfer:{to}/default/{dialplan}"


BLIND = [{"by": "101", "to": "102", "how": "blind", "call": "in"}]
ATTENDED = [{"by": "101", "to": "102", "how": "attended", "call": "in"}]


def test_a_blind_transfer_by_the_phone(switch: Switch) -> None:
    source = sent_on(switch)
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.rings("p2", "in", "102", variable_transfer_source=source)
    switch.says("CHANNEL_BRIDGE", "in", Other_Leg_Unique_ID="p2", variable_transfer_source=source)
    for leg in ("p2", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg, Hangup_Cause="NORMAL_CLEARING", variable_transfer_source=source)
    assert transfers(switch) == BLIND
    assert switch.told.count("inbound_answered") == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_blind_transfer_in_whatever_order_it_is_told(switch: Switch, order: tuple[int, ...]) -> None:
    source, steps = sent_on(switch), [
        lambda: switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="NORMAL_CLEARING",
                            variable_endpoint_disposition="BLIND_TRANSFER"),
        lambda: switch.rings("p2", "in", "102"),
        lambda: switch.menu("enter", "in", "waiting", variable_transfer_source=source)]
    for number in order:
        steps[number]()
    switch.says("CHANNEL_HANGUP_COMPLETE", "in", variable_transfer_source=source)
    assert transfers(switch) == BLIND


def test_a_phone_that_waits_for_what_becomes_of_its_transfer_ends_late(switch: Switch) -> None:
    switch.rings("p2", "in", "102")
    switch.joins("in", "p2")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", variable_endpoint_disposition="BLIND_TRANSFER")
    assert transfers(switch) == BLIND


def test_a_transfer_to_where_nothing_rings_is_told_with_what_the_caller_ends_with(switch: Switch) -> None:
    source = sent_on(switch, "5000")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.says("CHANNEL_HANGUP_COMPLETE", "in", Caller_Transfer_Source=source)
    assert [one["to"] for one in transfers(switch)] == ["5000"]


def test_what_the_dialplan_sends_on_is_no_transfer_of_anybodys() -> None:
    switch = Switch(GRANTED)
    switch.comes_in()
    source = sent_on(switch, "101")
    switch.rings("p1", "in", "101")
    switch.says("CHANNEL_BRIDGE", "in", Other_Leg_Unique_ID="p1", variable_transfer_source=source)
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="NORMAL_CLEARING")
    switch.rings("p2", "in", "102", variable_transfer_source=sent_on(switch))  # it goes on when the user hangs up
    switch.joins("in", "p2")
    for leg in ("p2", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg, variable_transfer_source=sent_on(switch))
    assert transfers(switch) == []


def test_where_the_call_was_sent_before_it_was_answered_is_not_where_the_user_sent_it(switch: Switch) -> None:
    early = f"{switch.now // 1_000_000 - 60}:in:bl_xfer:101/default/XML"
    switch.says("RECORD_STOP", "in", Record_File_Path="/recordings/in.wav", variable_transfer_source=early)
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.rings("p2", "in", "102")
    assert transfers(switch) == BLIND


def asks_102(switch: Switch) -> None:
    """101 calls 102 by another leg, and talks."""
    switch.dials("p1b", "101", "102")
    switch.rings("p2", "p1b", "102")
    switch.joins("p1b", "p2")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_attended_transfer_by_the_phone_in_whatever_order_it_is_told(
    switch: Switch, order: tuple[int, ...]
) -> None:
    asks_102(switch)
    steps = [
        lambda: switch.joins("in", "p2"),
        lambda: switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="NORMAL_CLEARING"),
        lambda: switch.says("CHANNEL_HANGUP_COMPLETE", "p1b", Hangup_Cause="ATTENDED_TRANSFER")]
    for number in order:
        steps[number]()
    for leg in ("p2", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert transfers(switch) == ATTENDED
    assert switch.told.count("inbound_answered") == 1


def test_an_attended_transfer_whichever_leg_the_bridge_is_told_of(switch: Switch) -> None:
    asks_102(switch)
    switch.joins("p2", "in")
    assert transfers(switch) == ATTENDED


def test_a_call_that_went_out_is_transferred_too() -> None:
    switch = Switch(GRANTED)
    switch.dials("p1", "101", "12025550188")
    switch.rings("out", "p1", gateway="acme", number="12025550188")
    switch.joins("p1", "out")
    asks_102(switch)
    switch.joins("out", "p2")
    assert transfers(switch) == [{"by": "101", "to": "102", "how": "attended", "call": "p1"}]


@pytest.mark.parametrize("hangs_up_first", [True, False])
def test_an_attended_transfer_by_the_dialplans_att_xfer(switch: Switch, hangs_up_first: bool) -> None:
    switch.rings("p2", "p1", "102", call="in")
    switch.joins("p1", "p2")
    if hangs_up_first:
        switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="NORMAL_CLEARING")
    switch.joins("p2", "in")
    assert transfers(switch) == ATTENDED


def test_who_comes_back_from_asking_has_transferred_nobody(switch: Switch) -> None:
    switch.rings("p2", "p1", "102", call="in")
    switch.joins("p1", "p2")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p2", Hangup_Cause="NORMAL_CLEARING")
    switch.joins("p1", "in")
    for leg in ("p1", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert transfers(switch) == []


def test_who_asks_their_own_other_phone_and_comes_back_has_transferred_nobody(switch: Switch) -> None:
    switch.rings("p2", "p1", "101", call="in")
    switch.joins("p1", "p2")
    switch.joins("p1", "in")
    assert transfers(switch) == []


def test_a_transfer_to_a_phone_that_rings_yet_is_told_once(switch: Switch) -> None:
    """FreeSWITCH parks the caller meanwhile, which looks like a blind transfer to nowhere."""
    switch.dials("p1b", "101", "102")
    switch.rings("p2", "p1b", "102")
    parked = sent_on(switch, 'm:":endless_playback:moh"park', "inline")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.says("CHANNEL_BRIDGE", "in", Other_Leg_Unique_ID="p2", variable_transfer_source=parked)
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1b", variable_endpoint_disposition="ATTENDED_TRANSFER")
    for leg in ("p2", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg)
    assert transfers(switch) == ATTENDED


def test_a_transfer_into_a_menu_that_the_user_had_dialled(switch: Switch) -> None:
    switch.dials("p1b", "101", "5000")
    switch.menu("enter", "p1b", "nps")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1b", Hangup_Cause="ATTENDED_TRANSFER")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.menu("enter", "in", "nps", variable_transfer_source=sent_on(switch, "5000"))
    assert transfers(switch) == [{"by": "101", "to": "5000", "how": "attended", "call": "in"}]
    assert [event.native_call_id for event in switch.events if event.type is EventType.IVR_RECEIVED] == ["p1b", "in"]


def test_two_calls_of_one_user_side_by_side_are_no_transfer(switch: Switch) -> None:
    asks_102(switch)
    for leg in ("p1b", "p2", "p1", "in"):
        switch.says("CHANNEL_HANGUP_COMPLETE", leg, Hangup_Cause="NORMAL_CLEARING")
    assert transfers(switch) == []


def test_one_transfer_after_the_other_is_told_each(switch: Switch) -> None:
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", Hangup_Cause="BLIND_TRANSFER")
    switch.rings("p2", "in", "102")
    switch.joins("in", "p2")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p2", Hangup_Cause="BLIND_TRANSFER")
    switch.rings("p3", "in", "103")
    assert [(one["by"], one["to"]) for one in transfers(switch)] == [("101", "102"), ("102", "103")]


def test_who_is_outside_may_transfer_as_well(switch: Switch) -> None:
    switch.says("CHANNEL_HANGUP_COMPLETE", "in", variable_endpoint_disposition="BLIND_TRANSFER")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p1", variable_transfer_source=sent_on(switch, "12025550188"))
    assert [(one["by"], one["to"]) for one in transfers(switch)] == [(None, "12025550188")]
