"""FreeSWITCH's events as facts: recorded calls, and what no recording has (synthetic)."""

from __future__ import annotations

import gzip
import io
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.catalogue import Field
from switchhook.domain.profile import Profile
from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS, Reading
from switchhook.domain.tracker import Tracker
from switchhook.pbx.esl_session import EVENTS
from switchhook.pbx.freeswitch import FreeSwitchReader
from switchhook.pbx.replay import run_replay
from tests.pbx.made_up_switch import Switch
from tests.pbx.recorded import PROFILE, RECORDINGS

FOLDER = RECORDINGS / "freeswitch"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TYPES = {
    "inbound_call_received": "call.inbound_received", "inbound_call_answered": "call.inbound_answered",
    "outbound_call_placed": "call.outbound_placed", "ivr_call_received": "ivr.call_received",
    "ivr_option_selected": "ivr.option_selected"}
FIELDS = {"source": "source_number", "destination": "destination_number", "extension": "extension_number",
          "ivr": "ivr_name", "option": "option_selected"}


def lines_of(name: str) -> list[dict[str, str]]:
    """A recording's events."""
    return [json.loads(line) for line in gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).splitlines()]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recording_gives_exactly_the_expected_events(name: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    run_replay(str(FOLDER / f"{name}.jsonl.gz"), platform="freeswitch", trunks=(), out=out, err=err,
               trunk_contexts=DEFAULT_TRUNK_CONTEXTS, menus=DEFAULT_MENUS, extensions=DEFAULT_EXTENSIONS)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["type"] for line in lines] == [TYPES[one["event"]] for one in EXPECTED[name]]
    for line, one in zip(lines, EXPECTED[name], strict=True):
        assert {key: line["fields"][FIELDS[key]] for key in one if key != "event"} == {
            key: value for key, value in one.items() if key != "event"}
        assert line["call_uuid"] == line["native_call_id"]  # FreeSWITCH keeps its own
        assert line["at"].startswith("2026-11-22T01:")
    assert "open at the end" not in err.getvalue()


def _name_of(event: dict[str, str]) -> str:
    return f"{event['Event-Name']} {event.get('Event-Subclass', '')}".strip()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_few_events_that_a_connection_asks_for_tell_the_same(name: str) -> None:
    reader, tracker = FreeSwitchReader(), Tracker(lambda _: PROFILE)
    asked_for = [event for event in lines_of(name) if _name_of(event) in EVENTS]
    assert len(asked_for) < len(lines_of(name)) * 2 / 3
    told = [event for line in asked_for for fact in reader.facts(line) for event in tracker.feed(fact).events]
    assert [event.type for event in told] == [TYPES[one["event"]] for one in EXPECTED[name]]
    for event, one in zip(told, EXPECTED[name], strict=True):
        assert {key: event.fields[Field(FIELDS[key])] for key in one if key != "event"} == {
            key: value for key, value in one.items() if key != "event"}


def test_a_pickup_is_no_answer() -> None:
    switch = Switch()
    switch.comes_in()
    switch.rings("p1", "in", user="101")
    switch.dials("p3", "103", "**101")
    switch.says("CHANNEL_EXECUTE", "p3", Application="intercept")
    switch.joins("p3", "in")
    assert switch.told == ["inbound_received"]


def test_a_group_pickup_is_no_answer() -> None:
    switch = Switch()
    switch.comes_in()
    for user in ("101", "102"):
        switch.rings(f"p{user}", "in", user=user)
    switch.dials("p3", "103", "*8")
    switch.joins("in", "p3")  # as the caller's leg tells it
    switch.says("CHANNEL_HANGUP_COMPLETE", "p101", Hangup_Cause="ORIGINATOR_CANCEL")
    switch.joins("p3", "in")
    assert switch.told == ["inbound_received"]


def test_of_a_ring_group_the_one_answers_whose_phone_is_joined() -> None:
    switch = Switch()
    switch.comes_in()
    for user in ("101", "102", "103"):
        switch.rings(f"p{user}", "in", user=user)
    switch.says("CHANNEL_ANSWER", "p102")
    switch.says("CHANNEL_HANGUP_COMPLETE", "p101", Hangup_Cause="LOSE_RACE")
    switch.says("CHANNEL_ANSWER", "in", variable_dialed_user="103")  # the last that was rung, not who answered
    switch.says("CHANNEL_BRIDGE", "in", Other_Leg_Unique_ID="p102", variable_dialed_user="103")
    assert switch.told == ["inbound_received", "inbound_answered"]
    assert switch.events[-1].fields[Field.EXTENSION_NUMBER] == "102"


def test_an_agent_whose_leg_is_a_call_of_its_own_answers() -> None:
    switch = Switch()
    switch.comes_in()
    switch.rings("agent", "", user="102", call="agent")
    switch.joins("in", "agent")
    assert switch.told == ["inbound_received", "inbound_answered"]
    assert (switch.events[-1].native_call_id, switch.events[-1].fields[Field.EXTENSION_NUMBER]) == ("in", "102")


def test_a_forward_outside_is_neither_answered_nor_placed() -> None:
    switch = Switch()
    switch.comes_in()
    switch.rings("out", "in", gateway="acme", number="12025550188")
    switch.joins("in", "out")
    assert switch.told == ["inbound_received"]


def test_click_to_call_is_placed_by_the_phone_that_was_rung() -> None:
    switch = Switch()
    switch.rings("p1", "", user="101", call="p1")
    switch.rings("out", "p1", gateway="acme", number="12025550188")
    switch.joins("p1", "out")
    assert switch.told == ["outbound_placed"]
    assert switch.events[-1].fields[Field.SOURCE_NUMBER] == "101"


def test_a_menu_entered_again_after_its_sub_menu_is_not_reached_anew() -> None:
    switch = Switch()
    switch.comes_in()
    switch.menu("enter", "in", "main")
    switch.keys("in", "3")
    switch.menu("enter", "in", "sub")
    switch.keys("in", "1")
    switch.says("CHANNEL_EXECUTE", "in", Application="transfer")
    switch.menu("exit", "in", "sub")
    switch.menu("enter", "in", "main")
    switch.menu("exit", "in", "main")
    assert switch.told == ["inbound_received", "call_received", "option_selected", "call_received", "option_selected"]
    assert switch.options == ["3", "1"]


def test_an_option_that_rings_somebody_at_once_is_told_as_the_phone_rings() -> None:
    switch = Switch()
    switch.comes_in()
    switch.menu("enter", "in", "main")
    switch.keys("in", "2")
    assert switch.options == []  # the prompt may have swallowed it
    switch.rings("p1", "in", user="101")
    assert switch.options == ["2"]
    switch.joins("in", "p1")
    switch.menu("exit", "in", "main", Hangup_Cause="NORMAL_CLEARING")
    assert switch.told[-2:] == ["option_selected", "inbound_answered"]


def test_a_menu_has_the_name_that_the_service_gives_it() -> None:
    """FusionPBX tells a menu's UUID."""
    menu = "5c1f1a2e-7c58-4a52-9a1c-0f6f2f4d9f11"
    reading = Reading(menus=((menu, "Main menu"),))
    switch = Switch(Profile(service_id=UUID(int=1), account_id=UUID(int=2), reading=reading))
    switch.comes_in()
    switch.menu("enter", "in", menu)
    switch.keys("in", "1")
    switch.menu("exit", "in", menu)
    assert [event.fields[Field.IVR_NAME] for event in switch.events[1:]] == ["Main menu", "Main menu"]


def test_a_dialplan_tells_of_its_own_menus() -> None:
    switch = Switch()
    switch.comes_in()
    switch.says("CUSTOM", "in", Event_Subclass="switchhook::menu", Menu_Name="NPS")
    switch.keys("in", "4")  # of no menu of FreeSWITCH's: told by nobody but the dialplan
    switch.says("CUSTOM", "in", Event_Subclass="switchhook::option", Menu_Name="NPS", Option="9")
    assert switch.told == ["inbound_received", "call_received", "option_selected"]
    assert switch.options == ["9"]


def test_digits_before_a_pause_or_before_the_call_ends_are_no_option() -> None:
    switch = Switch()
    switch.comes_in()
    switch.menu("enter", "in", "main")
    switch.keys("in", "9")
    switch.now += 3_000_000  # the menu has refused the 9 and asks again
    switch.keys("in", "10")
    switch.menu("exit", "in", "main")
    switch.menu("enter", "in", "other")
    switch.keys("in", "5")
    switch.menu("exit", "in", "other", Hangup_Cause="NORMAL_CLEARING")
    switch.keys("in", "7")
    switch.says("CHANNEL_EXECUTE", "in", Application="bridge")
    assert switch.options == ["10"]


def test_a_known_extension_keyed_in_is_no_option() -> None:
    switch = Switch(Profile(service_id=UUID(int=1), account_id=UUID(int=2), extensions=frozenset({"101"})))
    switch.comes_in()
    switch.menu("enter", "in", "main")
    switch.keys("in", "101")
    switch.says("CHANNEL_EXECUTE", "in", Application="transfer")
    assert switch.options == []


def test_a_call_that_came_in_waits_until_the_dialplan_says_whose_it_is() -> None:
    switch = Switch()
    switch.comes_in()
    assert switch.claimed == []
    switch.says("CHANNEL_EXECUTE", "in", Application="set")
    assert switch.claimed == []
    switch.says("CHANNEL_EXECUTE", "in", Application="set", variable_domain_name="acme.example")
    assert switch.claimed == ["acme.example"]
    assert switch.told == ["inbound_received"]
    switch.comes_in("lost")
    switch.says("CHANNEL_HANGUP_COMPLETE", "lost")
    assert switch.claimed == ["acme.example", ""]
    assert switch.told == ["inbound_received"] * 2


def test_a_call_of_which_the_dialplan_says_nothing_is_told_after_a_while() -> None:
    switch = Switch()
    switch.comes_in()
    switch.now += 5_000_000
    switch.says("HEARTBEAT", "")
    assert switch.told == ["inbound_received"]
    assert switch.events[0].at.microsecond == 0
    assert (switch.now / 1e6 - switch.events[0].at.timestamp()) > 5  # the moment is that of the call


def test_a_withheld_number_is_null() -> None:
    switch = Switch()
    switch.says("CHANNEL_CREATE", "in", Call_Direction="inbound", Caller_Context="public",
                Caller_Caller_ID_Number="anonymous", Caller_Destination_Number="12025550101")
    switch.says("CHANNEL_ANSWER", "in")
    assert switch.events[0].fields[Field.SOURCE_NUMBER] is None


def test_a_shutdown_ends_every_call() -> None:
    switch = Switch()
    switch.dials("p1", "101", "102")
    switch.says("SHUTDOWN", "")
    assert not switch.tracker.open_calls


LINES = [line for name in EXPECTED for line in lines_of(name)]


@given(picked=st.lists(st.tuples(st.sampled_from(LINES), st.sets(st.integers(0, 80))), max_size=60))
def test_whatever_is_missing_or_out_of_order_nothing_raises(picked: list[tuple[dict[str, str], set[int]]]) -> None:
    reader, tracker = FreeSwitchReader(), Tracker(lambda _: PROFILE)
    for event, missing in picked:
        headers = {name: value for index, (name, value) in enumerate(event.items()) if index not in missing}
        for fact in reader.facts(headers):
            tracker.feed(fact)
