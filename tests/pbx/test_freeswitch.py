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
from switchhook.domain.event import Event
from switchhook.domain.profile import Profile
from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.domain.tracker import Tracker
from switchhook.pbx.freeswitch import FreeSwitchReader
from switchhook.pbx.replay import run_replay
from tests.pbx.recorded import PROFILE, RECORDINGS

FOLDER = RECORDINGS / "freeswitch"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TYPES = {
    "inbound_call_received": "call.inbound_received", "inbound_call_answered": "call.inbound_answered",
    "outbound_call_placed": "call.outbound_placed", "ivr_call_received": "ivr.call_received",
    "ivr_option_selected": "ivr.option_selected"}
FIELDS = {"source": "source_number", "destination": "destination_number", "extension": "extension_number",
          "ivr": "ivr_name", "option": "option_selected"}


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


class Switch:
    """A made-up FreeSWITCH: events in order, a second apart."""

    def __init__(self, profile: Profile | None = None) -> None:
        self.claimed: list[str] = []
        self.events: list[Event] = []
        self.reader = FreeSwitchReader()
        self.now = 1_795_311_590_000_000
        self.tracker = Tracker(lambda leg: (self.claimed.append(leg.tenant), profile or PROFILE)[1])

    def says(self, name: str, leg: str, **headers: str) -> None:
        """One event."""
        self.now += 1_000_000
        event = {"Event-Name": name, "Unique-ID": leg, "Event-Date-Timestamp": str(self.now),
                 **{key.replace("_", "-"): value for key, value in headers.items()}}
        event |= {key: value for key, value in headers.items() if key.startswith("variable_")}
        for fact in self.reader.facts(event):
            self.events += self.tracker.feed(fact).events

    def comes_in(self, leg: str = "in") -> None:
        """A call over a trunk."""
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=leg, Call_Direction="inbound", Caller_Context="public",
                  Caller_Caller_ID_Number="12025550171", Caller_Destination_Number="12025550101",
                  variable_sofia_profile_name="external")

    def dials(self, leg: str, phone: str, number: str) -> None:
        """A phone dials."""
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=leg, Call_Direction="inbound", Caller_Context="default",
                  Caller_Username=phone, Caller_Destination_Number=number, variable_sofia_profile_name="internal")

    def rings(self, leg: str, by: str, user: str = "", gateway: str = "", number: str = "", call: str = "") -> None:
        """A phone or a trunk is rung."""
        more = {"variable_dialed_user": user} if user else {"variable_sip_gateway_name": gateway}
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=call or by, Call_Direction="outbound",
                  Caller_Context="default", Caller_Destination_Number=number or user,
                  variable_originating_leg_uuid=by, **more)

    def joins(self, one: str, other: str) -> None:
        """Two legs talk."""
        self.says("CHANNEL_BRIDGE", one, Other_Leg_Unique_ID=other)

    def menu(self, what: str, leg: str, name: str, **more: str) -> None:
        """A menu is entered or left."""
        self.says("CUSTOM", leg, Event_Subclass=f"menu::{what}", Menu_Name=name, **more)

    def keys(self, leg: str, digits: str) -> None:
        """Digits are keyed in, one a second."""
        for digit in digits:
            self.says("DTMF", leg, DTMF_Digit=digit)

    @property
    def told(self) -> list[str]:
        """The events' types, short."""
        return [event.type.rpartition(".")[2] for event in self.events]

    @property
    def options(self) -> list[object]:
        """The options' digits."""
        return [event.fields[Field.OPTION_SELECTED] for event in self.events if "option" in event.type]


def test_a_pickup_is_no_answer() -> None:
    switch = Switch()
    switch.comes_in()
    switch.rings("p1", "in", user="101")
    switch.dials("p3", "103", "**101")
    switch.says("CHANNEL_EXECUTE", "p3", Application="intercept")
    switch.joins("p3", "in")
    assert switch.told == ["inbound_received"]


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


LINES = [json.loads(line) for path in sorted(FOLDER.glob("*.gz"))
         for line in gzip.decompress(path.read_bytes()).splitlines()]


@given(picked=st.lists(st.tuples(st.sampled_from(LINES), st.sets(st.integers(0, 80))), max_size=60))
def test_whatever_is_missing_or_out_of_order_nothing_raises(picked: list[tuple[dict[str, str], set[int]]]) -> None:
    reader, tracker = FreeSwitchReader(), Tracker(lambda _: PROFILE)
    for event, missing in picked:
        headers = {name: value for index, (name, value) in enumerate(event.items()) if index not in missing}
        for fact in reader.facts(headers):
            tracker.feed(fact)
