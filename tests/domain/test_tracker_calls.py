"""Received, answered, placed: the cases that could be seen two ways, and those with no recording (all synthetic)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from switchhook.domain.catalogue import Field
from switchhook.domain.event import id_ms
from switchhook.domain.facts import (
    Connected,
    DestinationTold,
    Direction,
    ExtensionKnown,
    LegStarted,
    PbxStopped,
    SnapshotEnded,
    TenantTold,
)
from switchhook.domain.outcome import Outcome
from tests.domain.made_up_pbx import (
    ACCOUNT,
    ANSWERED,
    BEGAN,
    CALLER,
    DID,
    IVR,
    MOBILE,
    OPTION,
    PLACED,
    RECEIVED,
    SERVICE,
    MadeUpPbx,
    a_profile,
)


def test_an_event_says_whose_it_is_and_when_it_happened() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    event = pbx.events[0]
    assert (event.service_id, event.account_id, event.native_call_id) == (SERVICE, ACCOUNT, "in")
    assert event.call_uuid == uuid5(SERVICE, "in")
    assert event.order_key == str(event.call_uuid)
    assert event.at == BEGAN
    assert id_ms(event.id) == int(BEGAN.timestamp() * 1000)
    assert dict(event.fields) == {
        Field.SOURCE_NUMBER: CALLER, Field.DESTINATION_NUMBER: DID, Field.DIALLED_NUMBER: DID,
        Field.DIRECTION: "inbound", Field.TRUNK: "trunk-provider", Field.QUEUE: None}


def test_the_sequence_counts_the_events_of_a_call() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.comes_in("other")
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    assert [(event.native_call_id, event.sequence) for event in pbx.events] == [("in", 1), ("other", 1), ("in", 2)]


def test_the_same_happening_has_the_same_id_for_another_observer_and_another_one_has_not() -> None:
    ids = []
    for _ in range(2):
        pbx = MadeUpPbx()
        pbx.comes_in()
        pbx.enters("in", "ivr-1")
        pbx.chooses("in", "ivr-1", "1")
        pbx.chooses("in", "ivr-1", "1")
        ids.append([event.id for event in pbx.events])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 4


def test_a_withheld_number_is_null() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in(caller="")
    assert pbx.last[Field.SOURCE_NUMBER] is None


def test_a_call_whose_destination_comes_later_is_told_then() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in(to="")
    assert pbx.told == []
    pbx.feed(DestinationTold(at=pbx.now, leg="in", call="in", number=DID))
    assert pbx.told == [RECEIVED]
    assert pbx.last[Field.DESTINATION_NUMBER] == DID


def test_a_call_whose_destination_never_comes_is_told_before_anything_else_of_it() -> None:
    for story in ("rings", "menu", "ends"):
        pbx = MadeUpPbx()
        pbx.comes_in(to="")
        if story == "rings":
            pbx.rings("in", "p1", "201")
        elif story == "menu":
            pbx.enters("in", "ivr-1")
        else:
            pbx.ends("in")
        assert pbx.told[:1] == [RECEIVED]
        assert pbx.events[0].fields[Field.DESTINATION_NUMBER] is None


def test_a_call_that_the_pbx_itself_makes_over_a_trunk_is_not_received() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in(called=True)
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    assert pbx.told == []


def test_a_pbx_that_knows_the_direction_is_believed() -> None:
    pbx = MadeUpPbx()
    pbx.dials("in", "gateway", DID, direction=Direction.INBOUND)
    assert pbx.told == [RECEIVED]


def test_a_trunk_is_known_by_its_name_where_its_context_says_nothing() -> None:
    pbx = MadeUpPbx(a_profile(trunks=("carrier-*",)))
    pbx.dials("in", "carrier-a", DID)
    assert pbx.told == [RECEIVED]


def test_answered_waits_until_the_phone_talks() -> None:
    """Call confirmation: the phone is off the hook, but its user is yet to press 1."""
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.takes("p1", of="in")
    assert pbx.told == [RECEIVED]
    pbx.talks("p1")
    assert pbx.told == [RECEIVED, ANSWERED]
    assert pbx.last[Field.EXTENSION_NUMBER] == "201"


def test_a_second_user_who_answers_after_a_transfer_is_not_told() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.sends_on("p1", "in", "202")
    pbx.rings("in", "p2", "202")
    pbx.answers("p2", of="in")
    assert pbx.told == [RECEIVED, ANSWERED]
    assert "once a call" in pbx.why_not(ANSWERED)


def test_a_pickup_is_no_answer_and_the_reason_says_who_and_how() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.dials("p4", "204", "**201")
    pbx.takes("p4", of="in")
    pbx.talks("p4", "in")
    assert pbx.told == [RECEIVED]
    assert pbx.why_not(ANSWERED) == "picked up by 204 with **201: not rung, so not answered"


def test_a_forward_answered_on_an_outside_mobile_is_neither_answered_nor_placed() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="in")
    assert pbx.told == [RECEIVED]
    assert "by no user" in pbx.why_not(ANSWERED)
    assert "no user placed it" in pbx.why_not(PLACED)


def test_placed_has_the_extension_the_number_sent_and_what_was_typed() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", f"9{MOBILE}")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == [PLACED]
    assert pbx.last == {
        Field.SOURCE_NUMBER: "201", Field.EXTENSION_NUMBER: "201", Field.DESTINATION_NUMBER: MOBILE,
        Field.DIALLED_NUMBER: f"9{MOBILE}", Field.DIRECTION: "outbound", Field.TRUNK: "trunk-provider",
        Field.QUEUE: None}


def test_a_second_trunk_for_the_same_call_is_not_placed_again() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", MOBILE)
    pbx.rings("p1", "out1", "trunk-provider", number=MOBILE)
    pbx.ends("out1")
    pbx.rings("p1", "out2", "trunk-second", number=f"00{MOBILE}")
    assert pbx.told == [PLACED]
    assert pbx.last[Field.DESTINATION_NUMBER] == MOBILE


@pytest.mark.parametrize(("device", "home", "number", "place", "is_trunk"), [
    ("trunk-provider", "from-trunk", MOBILE, "macro-dial-one", True),  # its own context
    ("12345", "from-pstn", MOBILE, "macro-dial-one", True),  # a trunk named by an account number
    ("acme", "default", "", "macro-dialout-trunk", True),  # FreePBX to 16
    ("acme", "default", "", "trunk-dial-with-exten", True),  # FreePBX 17
    ("acme", "default", MOBILE, "outgoing", True),  # a number is sent to what is no extension
    ("acme", "default", "", "outgoing", False),
    ("202", "default", MOBILE, "outgoing", False),
    ("tenant-101", "default", "101", "outgoing", False),  # dialled by its contact
])
def test_a_trunk_is_told_from_a_phone(device: str, home: str, number: str, place: str, is_trunk: bool) -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", MOBILE)
    pbx.rings("p1", "x", device, home=home, number=number, place=place)
    assert (pbx.told == [PLACED]) is is_trunk


def test_an_internal_call_that_is_forwarded_outside_was_not_placed() -> None:
    pbx = MadeUpPbx(a_profile(extensions=frozenset({"201", "206"})))
    pbx.dials("p1", "201", "206")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == []
    assert "forwarded" in pbx.why_not(PLACED)


def test_an_internal_call_that_follows_somebody_outside_through_a_local_leg_was_not_placed() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", "206")
    pbx.rings("p1", "l1", "x@from-internal", number=f"9{MOBILE}", local=True)
    pbx.pairs("l1", "l2", "p1")
    pbx.rings("l2", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == []


def test_a_call_out_through_a_local_leg_was_placed_by_who_dialled() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", f"9{MOBILE}")
    pbx.rings("p1", "l1", "x@from-internal", number=f"9{MOBILE}", local=True)
    pbx.pairs("l1", "l2", "p1")
    pbx.rings("l2", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == [PLACED]
    assert pbx.last[Field.SOURCE_NUMBER] == "201"


def test_click_to_call_is_one_call_placed_by_the_phone_that_was_rung_first() -> None:
    pbx = MadeUpPbx()
    pbx.rings(None, "p1", "201")
    pbx.takes("p1", of=None)
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="p1")
    assert pbx.told == [PLACED]
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == ("201", MOBILE)
    assert pbx.last[Field.DIALLED_NUMBER] is None


def test_click_to_call_through_a_local_leg_is_placed_by_the_phone_that_was_rung_first() -> None:
    pbx = MadeUpPbx()
    pbx.rings(None, "l1", "201@from-internal", number="201", local=True)
    pbx.pairs("l1", "l2", "l1")
    pbx.rings("l2", "p1", "201")
    pbx.rings("l2", "p2", "202")
    pbx.answers("p1", of="l2")
    pbx.rings("l1", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == [PLACED]
    assert pbx.last[Field.SOURCE_NUMBER] == "201"


def test_a_consultation_outside_by_feature_code_was_placed_by_the_user() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.pairs("l1", "l2", "in", on_behalf_of="201")
    pbx.rings("l2", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == [RECEIVED, ANSWERED, PLACED]
    assert pbx.last[Field.SOURCE_NUMBER] == "201"
    pbx.enters("in", "ivr-1")
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == (CALLER, DID)  # as first told


def test_an_internal_call_is_no_event() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", "202")
    pbx.rings("p1", "p2", "202")
    pbx.answers("p2", of="p1")
    pbx.ends("p1", "p2")
    assert pbx.events == []
    assert "did not come in" in pbx.why_not(ANSWERED)


@pytest.mark.parametrize(("hint", "directory", "extension"), [
    ((), {"201"}, "99201"), (("201", ("99201",)), set(), "201"), (("201", ("99201",)), {"201"}, "201"),
    (("600", ("99201", "202")), set(), "99201"), (("201", ("201", "99201")), {"201"}, "201"),
])
def test_a_device_belongs_to_the_extension_that_hints_or_the_directory_give(
    hint: tuple[str, tuple[str, ...]] | tuple[()], directory: set[str], extension: str
) -> None:
    pbx = MadeUpPbx(a_profile(extensions=frozenset(directory)))
    if hint:
        pbx.feed(ExtensionKnown(at=None, extension=hint[0], devices=hint[1]))
    pbx.comes_in()
    pbx.rings("in", "p1", "99201")
    pbx.answers("p1", of="in")
    expected = "201" if directory else extension
    assert pbx.last[Field.EXTENSION_NUMBER] == expected


def test_a_device_that_is_named_for_its_tenant_belongs_to_the_number_behind_that_without_a_directory() -> None:
    pbx = MadeUpPbx(replace(a_profile(), tenant="acme"))
    pbx.comes_in()
    pbx.rings("in", "p1", "acme-101")
    pbx.answers("p1", of="in")
    assert pbx.last[Field.EXTENSION_NUMBER] == "101"
    pbx.dials("p2", "acme-102", "101")
    assert not pbx.why_not(RECEIVED)  # nor is it taken for a trunk that nobody named


def test_a_tenants_device_belongs_to_the_extension_that_its_name_ends_with() -> None:
    pbx = MadeUpPbx(a_profile(extensions=frozenset({"101"})))
    pbx.comes_in()
    pbx.rings("in", "p1", "tenant-101")
    pbx.answers("p1", of="in")
    assert pbx.last[Field.EXTENSION_NUMBER] == "101"


# -- order ---------------------------------------------------------------------------
def test_an_answer_told_after_the_phone_hung_up_is_one_all_the_same() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.talks("p1", "in")
    pbx.ends("p1")
    pbx.takes("p1", of="in")
    assert pbx.told == [RECEIVED, ANSWERED]


def test_an_answer_told_before_the_call_is_known_to_come_in_waits_for_that() -> None:
    pbx = MadeUpPbx()
    pbx._start("p1", "in", "201", "from-internal", called=True)
    pbx.takes("p1", of=None)
    pbx.talks("p1")
    assert pbx.told == []
    pbx.comes_in()
    assert pbx.told == [RECEIVED, ANSWERED]
    assert pbx.tracker.unclaimed == 0


def test_a_trunk_is_known_again_where_its_context_no_longer_says_so() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.dials("p1", "201", MOBILE)
    pbx.rings("p1", "out", "trunk-provider", home="func-apply-sipheaders")
    assert pbx.told == [RECEIVED, PLACED]


# -- life of a call ------------------------------------------------------------------
def test_a_call_ends_with_its_last_leg() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.ends("in")
    assert list(pbx.tracker.open_calls) == ["in"]
    pbx.ends("p1")
    assert pbx.outcome.ended == ("in",)
    assert not pbx.tracker.open_calls


def test_a_late_fact_does_not_bring_an_ended_leg_back() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.ends("p1", "in")
    pbx.talks("p1")
    pbx.comes_in()
    assert not pbx.tracker.open_calls
    assert pbx.told == [RECEIVED]
    assert pbx.tracker.unknown


def test_a_pbx_that_stops_ends_every_call() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.dials("p1", "201", "202")
    pbx.feed(PbxStopped(at=None))
    assert set(pbx.outcome.ended) == {"in", "p1"}


def test_a_call_of_which_nothing_was_heard_expires() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    assert pbx.tracker.expire(BEGAN - timedelta(hours=1)) == Outcome()
    assert pbx.tracker.expire(BEGAN + timedelta(hours=1)).ended == ("in",)
    assert not pbx.tracker.open_calls


def test_a_menu_reached_by_an_internal_caller_names_the_extension() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", "8001")
    pbx.enters("p1", "ivr-1")
    pbx.chooses("p1", "ivr-1", "7")
    assert pbx.told == [IVR, OPTION]
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == ("201", "8001")
    assert (pbx.last[Field.EXTENSION_NUMBER], pbx.last[Field.DIRECTION]) == ("201", "internal")


def test_a_menu_that_leads_an_internal_caller_outside_places_no_call() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", "8001")
    pbx.enters("p1", "ivr-1")
    pbx.chooses("p1", "ivr-1", "6")
    pbx.enters("p1", "outside")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    assert pbx.told == [IVR, OPTION]
    assert "menu" in pbx.why_not(PLACED)


# -- services ------------------------------------------------------------------------
def test_two_services_that_both_have_an_extension_201_are_told_apart() -> None:
    one, other = a_profile(), a_profile()
    object.__setattr__(other, "service_id", UUID(int=99))
    pbx = MadeUpPbx(claim=lambda leg: {"a": one, "b": other}.get(leg.tenant))
    for tenant in ("a", "b", ""):
        leg = f"in-{tenant}"
        pbx.comes_in(leg, tenant=tenant)
        pbx.rings(leg, f"p-{tenant}", "201")
        pbx.answers(f"p-{tenant}", of=leg)
    told = [(event.service_id, event.native_call_id, event.type) for event in pbx.events]
    assert told == [(SERVICE, "in-a", RECEIVED), (SERVICE, "in-a", ANSWERED),
                    (UUID(int=99), "in-b", RECEIVED), (UUID(int=99), "in-b", ANSWERED)]
    assert len({event.id for event in pbx.events}) == 4
    assert pbx.tracker.unclaimed == 1


def claimed_by(**key: str) -> MadeUpPbx:
    """A PBX of many tenants; the service is told by one thing that a leg says."""
    (what, value), = key.items()
    return MadeUpPbx(claim=lambda leg: a_profile() if value == {
        "tenant": leg.tenant, "account_code": leg.account_code, "place": leg.party.place}[what] else None)


@pytest.mark.parametrize("key", [{"tenant": "acme"}, {"account_code": "4711"}, {"place": "acme-did"}])
def test_a_call_over_a_trunk_of_many_tenants_is_told_once_the_dialplan_says_whose_it_is(key: dict[str, str]) -> None:
    pbx = claimed_by(**key)
    pbx.comes_in()
    assert (pbx.told, pbx.tracker.unclaimed) == ([], 1)
    pbx.feed(TenantTold(at=pbx.now, leg="in", call="in", tenant="acme", account_code="4711", place="acme-did"))
    (received,) = pbx.events
    assert (received.type, received.at) == (RECEIVED, BEGAN)
    assert (received.fields[Field.SOURCE_NUMBER], received.fields[Field.DESTINATION_NUMBER]) == (CALLER, DID)
    assert pbx.tracker.unclaimed == 0
    sheet = pbx.tracker.sheet("in")
    assert sheet is not None
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    assert pbx.told == [RECEIVED, ANSWERED]


def test_the_place_of_the_phone_that_is_rung_says_whose_a_call_is() -> None:
    pbx = claimed_by(place="acme-internal")
    pbx.comes_in()
    pbx.rings("in", "p1", "201", home="acme-internal")
    assert pbx.told == [RECEIVED]


def shared_with_acme() -> MadeUpPbx:
    """A PBX on which acme is told by its tenant key, and the rest is another service's."""
    acme = replace(a_profile(), tenant="acme")
    rest = replace(a_profile(), service_id=UUID(int=99), takes_rest=True)
    return MadeUpPbx(claim=lambda leg: acme if leg.tenant == "acme" else rest)


def test_who_takes_the_rest_is_not_told_a_call_whose_tenant_shows_later() -> None:
    pbx = shared_with_acme()
    pbx.comes_in()
    assert pbx.told == []
    pbx.enters("in", "did")
    pbx.feed(TenantTold(at=pbx.now, leg="in", call="in", tenant="acme"))
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    assert [(event.service_id, event.type) for event in pbx.events] == [(SERVICE, RECEIVED), (SERVICE, ANSWERED)]


@pytest.mark.parametrize("whose", ["acme", "the rest"])
def test_a_number_that_is_told_before_it_shows_whose_the_call_is_counts(whose: str) -> None:
    pbx = shared_with_acme()
    pbx.comes_in(to="")
    pbx.feed(DestinationTold(at=pbx.now, leg="in", call="in", number=DID))
    assert pbx.told == []
    if whose == "acme":
        pbx.feed(TenantTold(at=pbx.now, leg="in", call="in", tenant="acme"))
    pbx.rings("in", "p1", "201")
    assert [(event.type, event.fields[Field.DESTINATION_NUMBER]) for event in pbx.events] == [(RECEIVED, DID)]


@pytest.mark.parametrize("shows", ["rings", "is up", "menu", "told menu", "ends", "long silence"])
def test_who_takes_the_rest_has_a_call_once_it_is_served_or_over_or_nothing_was_said_for_long(shows: str) -> None:
    pbx = shared_with_acme()
    pbx.comes_in()
    match shows:
        case "rings":
            pbx.rings("in", "p1", "201")
        case "is up":
            pbx.is_up("in")
        case "menu":
            pbx.enters("in", "ivr-1")
        case "told menu":
            pbx.says_menu("in", "NPS")
        case "ends":
            pbx.ends("in")
        case _:
            pbx.now += timedelta(seconds=10)
            pbx.enters("in", "waiting-room")
    assert (pbx.events[0].type, pbx.events[0].at, pbx.events[0].service_id) == (RECEIVED, BEGAN, UUID(int=99))
    assert pbx.tracker.unclaimed == 0


@pytest.mark.parametrize("whose", ["acme", "the rest"])
def test_a_call_that_waits_to_be_claimed_is_handed_over(whose: str) -> None:
    pbx, later = shared_with_acme(), shared_with_acme()
    pbx.comes_in()
    assert pbx.tracker.unclaimed == 1
    assert pbx.outcome.changed == ()  # whose it is shows at once, mostly
    pbx.now += timedelta(seconds=2)
    pbx.enters("in", "waiting-room")
    assert pbx.outcome.changed == ("in",)
    assert later.tracker.restore("in", pbx.tracker.memory("in"))
    assert later.tracker.unclaimed == 1
    later.now, later._parties = pbx.now, pbx._parties
    if whose == "acme":
        later.feed(TenantTold(at=later.now, leg="in", call="in", tenant="acme"))
    later.rings("in", "p1", "201")
    later.answers("p1", of="in")
    service = SERVICE if whose == "acme" else UUID(int=99)
    assert [(event.service_id, event.type) for event in later.events] == [(service, RECEIVED), (service, ANSWERED)]
    received = later.events[0]
    assert (received.at, received.fields[Field.SOURCE_NUMBER], received.fields[Field.DESTINATION_NUMBER]) == (
        BEGAN, CALLER, DID)
    assert later.tracker.unclaimed == 0


@pytest.mark.parametrize("gone", [Connected, PbxStopped])
def test_who_takes_the_rest_has_a_call_of_which_nothing_more_is_heard(gone: type[Connected | PbxStopped]) -> None:
    pbx = shared_with_acme()
    pbx.comes_in()
    pbx.feed(gone(at=pbx.now))
    pbx.feed(SnapshotEnded(at=pbx.now, legs=frozenset()))
    assert [(event.type, event.at, event.service_id) for event in pbx.events] == [(RECEIVED, BEGAN, UUID(int=99))]
    assert pbx.tracker.unclaimed == 0


def test_who_takes_the_rest_has_the_calls_of_its_phones_at_once() -> None:
    pbx = shared_with_acme()
    pbx.dials("p1", "201", "ivr")
    pbx.enters("p1", "ivr-1")
    assert (pbx.told, pbx.events[0].service_id) == ([IVR], UUID(int=99))


def test_a_call_that_is_claimed_stays_with_its_service() -> None:
    pbx = claimed_by(tenant="acme")
    pbx.comes_in(tenant="acme")
    pbx.feed(TenantTold(at=pbx.now, leg="in", call="in", tenant="globex"))
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    assert pbx.told == [RECEIVED, ANSWERED]


def test_who_claims_is_asked_again_only_when_more_is_known_of_whose_a_call_is() -> None:
    asked: list[LegStarted] = []
    pbx = MadeUpPbx(claim=lambda leg: asked.append(leg))  # type: ignore[func-returns-value]
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.rings("in", "p2", "202")
    for _ in range(2):
        pbx.enters("in", "acme-did")
        pbx.feed(TenantTold(at=pbx.now, leg="in", call="in", tenant="acme"))
    known = [(leg.tenant, leg.party.place) for leg in asked]
    assert {("", "acme-did"), ("acme", "from-trunk")} < set(known)
    assert len(known) == len(set(known))
    assert pbx.tracker.unclaimed == 1
    pbx.ends("in", "p1", "p2")
    assert not pbx.tracker.open_calls
