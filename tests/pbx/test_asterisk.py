"""Asterisk's messages as facts. What no recording has is synthetic."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.facts import (
    Connected,
    DestinationTold,
    Direction,
    ExtensionKnown,
    Fact,
    LegPresent,
    LegRecorded,
    LegStarted,
    LegUp,
    LocalPaired,
    MenuEntered,
    OptionChosen,
    PlaceReached,
    Point,
    SnapshotEnded,
)
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader, wants
from switchhook.pbx.asterisk_words import (
    call_began,
    caller_number,
    device_of,
    devices_rung,
    hinted_devices,
    number_sent,
)
from tests.pbx.recorded import ALL, BY_NAME, PROFILE, Told, follow, messages

CHANNEL = {"Channel": "PJSIP/201-00000001", "Uniqueid": "1795312369.1", "Linkedid": "1795312369.0",
           "Context": "survey", "Exten": "s", "Priority": "1"}
NOW = datetime(2026, 3, 4, 0, 41, 55, tzinfo=UTC)


@pytest.mark.parametrize(("channel", "device", "local"), [
    ("PJSIP/201-0000001f", "201", False), ("PJSIP/trunk-provider-00000000", "trunk-provider", False),
    ("SIP/12345-0000abcd", "12345", False), ("IAX2/branch-office-1234", "branch-office", False),
    ("DAHDI/i1/12025550188-3", "DAHDI/i1", False), ("DAHDI/4-1", "DAHDI/4", False),
    ("Local/201@from-queue-0000001f;2", "201@from-queue", True), ("PJSIP/201-0000001f<ZOMBIE>", "201", False),
    ("Message/ast_msg_queue", "ast_msg_queue", True), ("", "", False), ("nonsense", "", False),
])
def test_a_channels_name_says_whose_it_is(channel: str, device: str, local: bool) -> None:
    assert device_of(channel) == (device, local)


@pytest.mark.parametrize(("device", "dial_string", "number"), [
    ("trunk", "12025550188@trunk", "12025550188"), ("trunk", "trunk/12025550188", "12025550188"),
    ("trunk", "trunk/sip:12025550188@192.0.2.5:5060", "12025550188"), ("DAHDI/i1", "g0/12025550188", "12025550188"),
    ("trunk", "trunk/sip:+12025550188@carrier.example", "+12025550188"), ("trunk", "trunk", ""),
    ("trunk", "user:word@192.0.2.5/12025550188@context", "12025550188"),
    ("trunk", "sip:12025550188@trunk", "12025550188"),
    ("201", "201", ""), ("201", "201/sip:201@192.0.2.9:5060", ""), ("", "", ""),
    ("912025550188@from-internal", "912025550188@from-internal/n", "912025550188"),
])
def test_a_dial_string_says_which_number_is_sent(device: str, dial_string: str, number: str) -> None:
    assert number_sent(device, dial_string) == number


@pytest.mark.parametrize("told", ["", "<unknown>", "anonymous", "Anonymous", "unavailable", "RESTRICTED", " ", "s"])
def test_a_withheld_number_is_empty_whatever_asterisk_wrote(told: str) -> None:
    assert caller_number(told) == ""
    assert caller_number("12025550171") == "12025550171"


def test_dials_and_hints_name_devices() -> None:
    assert devices_rung("PJSIP/201&Local/202@from-queue/n&SIP/carrier/12025550188,15,tT") == ("201", "202", "carrier")
    assert devices_rung("DAHDI/4,15") == ("DAHDI/4",)
    assert devices_rung("") == ()
    assert hinted_devices("PJSIP/201&Custom:DND201&SIP/99201") == ("201", "99201")


@pytest.mark.parametrize(("linkedid", "seconds"), [
    ("1795312369.0", 1795312369), ("pbx-one-1795312369.12", 1795312369), ("", None), ("x", None), ("1.2", None)])
def test_a_linkedid_says_when_the_call_began(linkedid: str, seconds: int | None) -> None:
    began = call_began(linkedid)
    assert (None if began is None else began.timestamp()) == seconds


def read(**headers: str) -> list[Fact]:
    """The facts of one message."""
    return list(AsteriskReader().facts(Message(headers), None))


def test_an_event_has_the_pbxs_time_where_it_tells_it_and_else_the_one_given() -> None:
    reader = AsteriskReader()
    (fact,) = reader.facts(Message({"Event": "Hangup", **CHANNEL, "Timestamp": "1795312369.250000"}), NOW)
    assert fact.at == datetime(2026, 11, 22, 1, 52, 49, 250000, tzinfo=UTC)
    (fact,) = reader.facts(Message({"Event": "Hangup", **CHANNEL, "Timestamp": "nonsense"}), NOW)
    assert fact.at == NOW
    (fact,) = reader.facts(Message({"Event": "Hangup", **CHANNEL}))
    assert fact.at is None


def test_a_banner_is_the_begin_of_a_connection() -> None:
    assert read(Banner="Asterisk Call Manager/11.0.0") == [Connected(at=None)]
    assert AsteriskReader().begin(NOW) == [Connected(at=NOW)]


def test_a_tenant_is_told() -> None:
    (fact,) = read(Event="Newchannel", **CHANNEL, Tenantid="acme", AccountCode="a-1")
    assert isinstance(fact, LegStarted)
    assert (fact.tenant, fact.account_code) == ("acme", "a-1")


@pytest.mark.parametrize(("exten", "priority", "point", "digits"), [
    ("s", "1", Point.ENTRANCE, ""), ("return", "1", Point.ENTRANCE, ""), ("9", "1", Point.CHOICE, "9"),
    ("*#", "1", Point.CHOICE, "*#"), ("s", "2", Point.INSIDE, ""), ("9", "2", Point.INSIDE, ""),
    ("t", "1", Point.INSIDE, ""), ("i", "1", Point.INSIDE, ""), ("hang", "1", Point.INSIDE, ""),
    ("fax", "1", Point.INSIDE, ""), ("h", "1", Point.ENDING, ""), ("h", "2", Point.ENDING, ""),
])
def test_a_point_of_the_dialplan(exten: str, priority: str, point: Point, digits: str) -> None:
    headers = {**CHANNEL, "Exten": exten, "Priority": priority, "Application": "NoOp"}
    (fact,) = read(Event="Newexten", **headers)
    assert isinstance(fact, PlaceReached)
    assert (fact.place, fact.point, fact.digits) == ("survey", point, digits)


@pytest.mark.parametrize(("application", "arguments", "may_return"), [
    ("Gosub", "sub-x,s,1", True), ("Macro", "exten-vm", True), ("ExecIf", "1?Gosub(sub-x,s,1)", True),
    ("ExecIf", "1?Background(x)", False), ("Goto", "ext-group,600,1", False)])
def test_a_step_that_calls_a_subroutine(application: str, arguments: str, may_return: bool) -> None:
    (fact,) = read(Event="Newexten", **CHANNEL, Application=application, AppData=arguments)
    assert isinstance(fact, PlaceReached)
    assert fact.may_return is may_return


def test_a_channel_that_is_rung_is_at_no_place() -> None:
    assert read(Event="Newexten", **CHANNEL, Application="AppDial", AppData="(Outgoing Line)") == []


@pytest.mark.parametrize("name", ["IVRReceived", "IvrEnter", "ivrreceived", "IVR_RECEIVED"])
@pytest.mark.parametrize("header", ["IVRName", "Ivr", "Menu", "ivrname", "MENU"])
def test_a_user_event_may_tell_of_a_menu(name: str, header: str) -> None:
    (fact,) = read(Event="UserEvent", UserEvent=name, **CHANNEL, **{header: "NPS"})
    assert fact == MenuEntered(at=None, leg="1795312369.1", call="1795312369.0", menu="NPS", place="survey")


@pytest.mark.parametrize("name", ["IVROption", "IvrOption", "ivr_option"])
@pytest.mark.parametrize("header", ["Option", "option"])
def test_a_user_event_may_tell_of_an_option(name: str, header: str) -> None:
    (fact,) = read(Event="UserEvent", UserEvent=name, **CHANNEL, IVRName="NPS", **{header: "10"})
    assert fact == OptionChosen(at=None, leg="1795312369.1", call="1795312369.0", menu="NPS", digits="10",
                                place="survey")


def test_other_user_events_tell_nothing() -> None:
    assert read(Event="UserEvent", UserEvent="Else", **CHANNEL, IVRName="NPS") == []
    assert read(Event="UserEvent", UserEvent="IVRReceived", **CHANNEL) == []
    assert read(Event="UserEvent", UserEvent="IVRReceived", IVRName="NPS") == []


@pytest.mark.parametrize("variable", ["FROM_DID", "_FROM_DID", "__FROM_DID"])
def test_the_number_dialled_may_come_as_a_variable(variable: str) -> None:
    assert read(Event="VarSet", **CHANNEL, Variable=variable, Value="12025550101") == [
        DestinationTold(at=None, leg="1795312369.1", call="1795312369.0", number="12025550101")]
    assert read(Event="VarSet", **CHANNEL, Variable=variable, Value="s") == []
    assert read(Event="VarSet", **CHANNEL, Variable="X_FROM_DID_Y", Value="1") == []


def test_hints_tell_of_extensions() -> None:
    assert read(Event="ExtensionStatus", Exten="201", Hint="PJSIP/201&Custom:DND201") == [
        ExtensionKnown(at=None, extension="201", devices=("201",))]
    assert read(Event="ExtensionStatus", Exten="*76201", Hint="Custom:DND201") == []


def test_analogue_trunks_are_told_with_the_number_that_comes_later() -> None:
    channel = {"Channel": "DAHDI/4-1", "Uniqueid": "1795312369.0", "Linkedid": "1795312369.0", "ChannelState": "4",
               "CallerIDNum": "12025550171", "Context": "from-analog", "Exten": "s"}
    stream = [Message({"Event": "Newchannel", **channel}),
              Message({"Event": "VarSet", **channel, "Variable": "__FROM_DID", "Value": "12025550101"})]
    reader = AsteriskReader()
    (told,) = follow(fact for message in stream for fact in reader.facts(message))
    assert (told.source, told.destination) == ("12025550171", "12025550101")


# -- the snapshot ------------------------------------------------------------------------
def test_a_snapshot_lists_the_legs_and_then_ends() -> None:
    recording = BY_NAME["22/reconnect-mid-call"]
    found = [fact for message in messages(recording.parts[1]) for fact in AsteriskReader().facts(message)]
    assert [type(fact).__name__ for fact in found].count("LegPresent") == 4
    reader, stream = AsteriskReader(), messages(recording.parts[1])
    facts = [fact for message in stream for fact in reader.facts(message)]
    ends = [fact for fact in facts if isinstance(fact, SnapshotEnded)]
    assert [end.legs for end in ends] == [frozenset({"1795312884.186", "1795312884.187"})] * 2
    by_status = [fact for fact in facts if isinstance(fact, LegPresent) and fact.started.dialled]
    assert [(fact.started.dialled, fact.started.direction, fact.talking) for fact in by_status] == [
        ("12025550101", Direction.INBOUND, True), ("12025550101", None, True)]


def test_a_snapshot_says_which_local_channels_belong_together() -> None:
    reader = AsteriskReader()
    facts = []
    for half, leg in (("2", "1.3"), ("1", "1.2")):
        facts += reader.facts(Message({
            "Event": "Status", "Channel": f"Local/201@from-queue-0000001f;{half}", "Uniqueid": leg, "Linkedid": "1.1",
            "CallerIDNum": "201"}))
    (pair,) = [fact for fact in facts if isinstance(fact, LocalPaired)]
    assert (pair.one.leg, pair.two.leg, pair.on_behalf_of) == ("1.2", "1.3", "201")


def test_a_listed_channel_shows_where_it_began_only_if_it_was_rung() -> None:
    for application, place in (("AppDial", "survey"), ("Dial", ""), ("", "")):
        (present,) = read(Event="Status", **CHANNEL, Application=application)
        assert isinstance(present, LegPresent)
        assert present.started.party.place == place


def test_a_listed_caller_whose_device_is_no_extension_came_in_over_a_trunk() -> None:
    began = {**CHANNEL, "Channel": "PJSIP/carrier-00000001", "Uniqueid": "1795312369.0", "Context": "ivr-1",
             "CallerIDNum": "12025550171", "DNID": "12025550104"}
    chosen = {**began, "Exten": "9", "Application": "NoOp"}
    (told,) = follow(read(Event="Status", **began) + read(Event="Newexten", **chosen))
    assert (told.type.value, told.source, told.destination) == (
        "ivr.option_selected", "12025550171", "12025550104")


@pytest.mark.parametrize(("state", "up"), [("4", False), ("5", False), ("6", True)])
def test_a_listed_channel_that_is_up_is_connected(state: str, up: bool) -> None:
    """A menu or a queue took the call while nobody listened: the carrier counts from then."""
    found = read(Event="Status", **CHANNEL, ChannelState=state)
    assert any(isinstance(fact, LegUp) for fact in found) is up


def test_a_listed_channel_without_the_variable_is_not_recorded() -> None:
    for value, recorded in (("(null)", []), ("", []), ("/monitor/1.wav", ["/monitor/1.wav"])):
        found = read(Event="Status", **CHANNEL, Variable=f"MIXMONITOR_FILENAME={value}")
        assert [fact.file for fact in found if isinstance(fact, LegRecorded)] == recorded


def test_the_snapshot_is_asked_for() -> None:
    (action,) = AsteriskReader().snapshot_actions(AmiCodec())
    assert action == b"Action: Status\r\nActionID: snapshot\r\nVariables: FROM_DID,MIXMONITOR_FILENAME\r\n\r\n"


def test_after_a_restart_the_calls_from_before_are_over() -> None:
    before, listing, _ = BY_NAME["22/kill-mid-call"].parts
    tracker = Tracker(lambda _: PROFILE)
    follow([fact for message in messages(before) for fact in AsteriskReader().facts(message)], tracker)
    assert tracker.open_calls
    reader = AsteriskReader()
    ended = [call for message in messages(listing) for fact in reader.facts(message)
             for call in tracker.feed(fact).ended]
    assert ended == ["1795312906.190"]
    assert not tracker.open_calls


def test_a_call_that_began_while_we_were_not_listening_is_partial_and_may_still_be_answered() -> None:
    _, listing, after = BY_NAME["22/reconnect-while-ringing"].parts
    reader, tracker = AsteriskReader(), Tracker(lambda _: PROFILE)
    told = follow([fact for part in (listing, after) for message in messages(part) for fact in reader.facts(message)],
                  tracker)
    assert [(one.type.value, one.source, one.destination, one.answered_by) for one in told] == [
        ("call.inbound_answered", "12025550171", "12025550101", "201")]
    assert not tracker.open_calls


def test_of_a_call_that_was_answered_while_we_were_not_listening_nothing_is_told() -> None:
    _, listing, after = BY_NAME["22/reconnect-mid-call"].parts
    reader, tracker = AsteriskReader(), Tracker(lambda _: PROFILE)
    told: list[Told] = follow(
        [fact for part in (listing, after) for message in messages(part) for fact in reader.facts(message)], tracker)
    assert told == []
    assert not tracker.open_calls


# -- strangers' bytes -----------------------------------------------------------------------
EVENTS = sorted({message.get("Event") for one in ALL for part in one.parts for message in messages(part)} - {""})
HEADERS = ["Uniqueid", "Linkedid", "Channel", "Context", "Exten", "Priority", "Application", "AppData", "DestUniqueid",
           "DestLinkedid", "DestChannel", "DialString", "DialStatus", "UserEvent", "IVRName", "Option", "Variable",
           "Value", "LocalOneUniqueid", "LocalTwoUniqueid", "LocalOneLinkedid", "LocalTwoLinkedid", "Hint", "Timestamp",
           "ChannelState", "BridgeID", "Result", "TransfererUniqueid", "TransfererLinkedid", "Tenantid", "AccountCode"]
VALUES = st.sampled_from(["1.1", "1.2", "1.3", "s", "1", "9", "ivr-1", "from-trunk", "Success", "ANSWER", "Dial",
                          "Gosub", "IVROption", "PJSIP/201-1", "Local/2@x-1;1", "FROM_DID", "1e999", "nan", "", "/",
                          "@", "&"])
SOME_HEADERS = st.dictionaries(st.sampled_from(HEADERS), VALUES | st.text())


@given(stream=st.lists(st.tuples(st.sampled_from(EVENTS), SOME_HEADERS), max_size=40))
def test_whatever_headers_an_event_has_nothing_raises(stream: list[tuple[str, dict[str, str]]]) -> None:
    reader, tracker = AsteriskReader(), Tracker(lambda leg: None if leg.tenant else PROFILE)
    for event, headers in stream:
        for fact in reader.facts(Message({"Event": event, **headers})):
            tracker.feed(fact)
    for call in tracker.open_calls:
        tracker.memory(call)


def test_the_events_that_carry_no_news_are_refused_unread() -> None:
    assert wants(b"Event: Newchannel\r\nChannel: x")
    assert wants(b"Event: VarSet\r\nVariable: __FROM_DID\r\nValue: 1")
    assert not wants(b"Event: VarSet\r\nVariable: OTHER\r\nValue: 1")
    assert not wants(b"Event: DeviceStateChange\r\nDevice: x")
    assert not wants(b"Event: ")
