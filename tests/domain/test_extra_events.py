"""Extra events, where recordings say nothing: times, who is responsible, what is missing (synthetic)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field, Value
from switchhook.domain.facts import CallPickedUp, Cause, Connected, PbxStopped, SnapshotEnded
from tests.domain.made_up_pbx import BEGAN, CALLER, DID, MOBILE, MadeUpPbx, a_profile
from tests.domain.test_tracker_memory import successor

USERS = frozenset({"201", "202", "203", "206"})
PROFILE = a_profile(extensions=USERS, extras=EXTRA_EVENTS)


@pytest.fixture
def pbx() -> MadeUpPbx:
    return MadeUpPbx(PROFILE)


def told(pbx: MadeUpPbx, kind: EventType) -> list[dict[Field, Value]]:
    return [dict(event.fields) for event in pbx.events if event.type is kind]


def one(pbx: MadeUpPbx, kind: EventType) -> dict[Field, Value]:
    (fields,) = told(pbx, kind)
    return fields


def legs(pbx: MadeUpPbx) -> dict[Value, dict[Field, Value]]:
    return {fields[Field.LEG_ID]: fields for fields in told(pbx, EventType.LEG_ENDED)}


def at(seconds: int) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def answered(pbx: MadeUpPbx, phone: str = "201") -> None:
    """Second 0: it came in; 1, 2: rung; 3: rings; 4 to 6: answered and joined."""
    pbx.comes_in()
    pbx.rings("in", "p1", phone)
    pbx.hears("p1")
    pbx.answers("p1", of="in")


# -- times -------------------------------------------------------------------------------


def test_a_call_lasts_from_its_beginning_and_is_billed_from_its_answer(pbx: MadeUpPbx) -> None:
    answered(pbx)
    pbx.now += timedelta(seconds=60)
    pbx.ends("p1", "in")
    ended = one(pbx, EventType.ENDED)
    assert ended[Field.DISPOSITION] == "answered"
    assert (ended[Field.ANSWERED_AT], ended[Field.ENDED_AT]) == (at(5), at(68))
    assert (ended[Field.DURATION], ended[Field.BILLABLE_SECONDS]) == (68, 63)
    assert ended[Field.EXTENSION_NUMBER] == "201"


def test_a_trunks_leg_is_billed_from_when_the_pbx_took_it(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_up("in")  # a menu takes it at second 1
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.ends("p1", "in")
    leg = legs(pbx)["in"]
    assert (leg[Field.ANSWERED_AT], leg[Field.ENDED_AT]) == (at(1), at(8))
    assert (leg[Field.DURATION], leg[Field.BILLABLE_SECONDS]) == (8, 7)
    assert (leg[Field.DIRECTION], leg[Field.TRUNK]) == ("inbound", "trunk-provider")


def test_what_was_not_answered_is_not_billed(pbx: MadeUpPbx) -> None:
    pbx.dials("p1", "201", f"9{MOBILE}")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    pbx.ends("out", "p1", cause=Cause.BUSY)
    leg = legs(pbx)["out"]
    assert (leg[Field.DISPOSITION], leg[Field.BILLABLE_SECONDS], leg[Field.ANSWERED_AT]) == ("busy", 0, None)
    assert leg[Field.DURATION] == 2
    assert one(pbx, EventType.ENDED)[Field.BILLABLE_SECONDS] == 0


def test_a_call_whose_end_nobody_saw_has_no_end(pbx: MadeUpPbx) -> None:
    answered(pbx)
    pbx.feed(Connected(at=pbx.now))
    pbx.feed(SnapshotEnded(at=pbx.now, legs=frozenset()))
    ended = one(pbx, EventType.ENDED)
    assert ended[Field.DISPOSITION] == "answered"
    assert [ended[field] for field in (Field.ENDED_AT, Field.DURATION, Field.BILLABLE_SECONDS)] == [None, None, None]
    assert pbx.events[-1].at == BEGAN + timedelta(seconds=8)


def test_who_is_found_talking_has_been_connected_and_is_recorded(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_recorded("in", "a.wav")
    pbx.rings("in", "p1", "201")
    pbx.is_found_talking("in", "p1")  # seconds 4 to 7
    pbx.now += timedelta(seconds=60)
    pbx.ends("p1", "in")
    (leg,) = told(pbx, EventType.LEG_ENDED)
    assert (leg[Field.DISPOSITION], leg[Field.ANSWERED_AT], leg[Field.BILLABLE_SECONDS]) == ("answered", at(5), 64)
    assert one(pbx, EventType.RECORDING_READY)[Field.RECORDING_FILE] == "a.wav"


def test_a_pbx_that_stops_ends_its_calls(pbx: MadeUpPbx) -> None:
    answered(pbx)
    pbx.feed(PbxStopped(at=pbx.now))
    assert one(pbx, EventType.ENDED)[Field.ENDED_AT] == at(7)


def test_what_a_call_came_to_that_began_unheard_is_not_told(pbx: MadeUpPbx) -> None:
    answered(pbx)
    stranger = MadeUpPbx(PROFILE)
    stranger.now, stranger._parties = pbx.now, pbx._parties
    stranger.comes_in()
    stranger.tracker._open.calls["in"].partial = True
    stranger.ends("in")
    assert not told(stranger, EventType.ENDED)
    assert "began while we were not listening" in stranger.why_not(EventType.ENDED)


def test_a_call_that_is_given_up_is_not_told_as_ended(pbx: MadeUpPbx) -> None:
    answered(pbx)
    outcome = pbx.tracker.expire(pbx.now + timedelta(days=1))
    assert outcome.ended == ("in",)
    assert not outcome.events


# -- who is responsible -----------------------------------------------------------------------


def test_two_legs_of_a_forward_have_the_user_who_forwards(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.hears("p1")
    pbx.rings("in", "out", "trunk-provider", number=MOBILE, asked_for="201")
    pbx.answers("out", of="in")
    pbx.now += timedelta(seconds=30)
    pbx.ends("p1", "out", "in")
    came_in, went_out = legs(pbx)["in"], legs(pbx)["out"]
    assert came_in[Field.EXTENSION_NUMBER] == went_out[Field.EXTENSION_NUMBER] == "201"
    assert (came_in[Field.SOURCE_NUMBER], came_in[Field.DESTINATION_NUMBER]) == (CALLER, DID)
    assert (went_out[Field.SOURCE_NUMBER], went_out[Field.DESTINATION_NUMBER]) == ("201", MOBILE)
    assert (came_in[Field.BILLABLE_SECONDS], went_out[Field.BILLABLE_SECONDS]) == (33, 33)
    assert one(pbx, EventType.ENDED)[Field.EXTENSION_NUMBER] is None


@pytest.mark.parametrize("first", ["told", "rung"])
def test_a_phone_that_forwards_by_itself_is_responsible(pbx: MadeUpPbx, first: str) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.rings("in", "p2", "202")
    if first == "told":
        pbx.forwards("p2", to=f"9{MOBILE}")
    pbx.pairs("l1", "l2", "in")
    pbx.rings("in", "l1", f"9{MOBILE}@from-internal", number=f"9{MOBILE}", local=True)
    pbx.rings("l2", "out", "trunk-provider", number=MOBILE, call="in")
    if first == "rung":
        pbx.forwards("p2", to=f"9{MOBILE}")
    pbx.answers("out", of="l2")
    pbx.ends("p1", "p2", "out", "l1", "l2", "in")
    assert legs(pbx)["out"][Field.EXTENSION_NUMBER] == "202"


def test_whoever_transfers_a_call_outside_is_responsible_for_the_leg_there(pbx: MadeUpPbx) -> None:
    answered(pbx, "203")
    pbx.sends_on("p1", "in", f"9{MOBILE}")
    pbx.ends("p1")
    pbx.rings("in", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="in")
    pbx.ends("out", "in")
    assert legs(pbx)["out"][Field.EXTENSION_NUMBER] == "203"


def test_nobody_is_responsible_for_a_leg_that_a_menu_led_to(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "6")
    pbx.rings("in", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="in")
    pbx.ends("out", "in")
    leg = legs(pbx)["out"]
    assert (leg[Field.EXTENSION_NUMBER], leg[Field.SOURCE_NUMBER]) == (None, CALLER)


def test_a_user_who_calls_an_extension_that_is_forwarded_does_not_pay_for_it(pbx: MadeUpPbx) -> None:
    pbx.dials("p1", "201", "206")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="p1")
    pbx.ends("out", "p1")
    assert legs(pbx)["out"][Field.EXTENSION_NUMBER] == "206"


# -- ringing -----------------------------------------------------------------------------------


def test_ringing_is_told_once_a_user_however_often_the_phone_is_rung(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.waits("in", "700")
    for leg in ("p1", "p2"):
        pbx.rings("in", leg, "201")
        pbx.hears(leg, leg)
        pbx.ends(leg)
    ringing = one(pbx, EventType.RINGING)
    assert (ringing[Field.EXTENSION_NUMBER], ringing[Field.QUEUE]) == ("201", "700")


def test_a_phone_that_is_told_to_ring_before_the_pbx_says_for_whom_rings_all_the_same(pbx: MadeUpPbx) -> None:
    pbx.comes_in(to="")
    pbx._start("p1", "in", "201", "from-internal", called=True)
    pbx.hears("p1")
    assert not told(pbx, EventType.RINGING)
    pbx.rings("in", "p1", "201")
    assert [event.type for event in pbx.events] == [EventType.INBOUND_RECEIVED, EventType.RINGING]


def test_a_phone_that_does_not_ring_is_not_told_as_ringing(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.ends("p1", "in")
    assert not told(pbx, EventType.RINGING)
    assert one(pbx, EventType.MISSED)[Field.DISPOSITION] == "unreachable"


def test_a_trunk_that_rings_is_no_users_phone(pbx: MadeUpPbx) -> None:
    pbx.dials("p1", "201", MOBILE)
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    pbx.hears("out")
    pbx.ends("out", "p1")
    assert not told(pbx, EventType.RINGING)
    assert one(pbx, EventType.ENDED)[Field.DISPOSITION] == "unanswered"


# -- what a call came to ---------------------------------------------------------------------------


@pytest.mark.parametrize(("rings", "cause", "disposition"), [
    (True, Cause.OTHER, "missed"), (False, Cause.BUSY, "busy"), (True, Cause.BUSY, "declined"),
    (False, Cause.DECLINED, "declined"), (False, Cause.OTHER, "unreachable"), (False, Cause.FAILED, "failed"),
])
def test_a_missed_call_says_why(pbx: MadeUpPbx, rings: bool, cause: Cause, disposition: str) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    if rings:
        pbx.hears("p1")
    pbx.ends("p1", cause=cause)
    pbx.ends("in")
    missed = one(pbx, EventType.MISSED)
    assert (missed[Field.DISPOSITION], missed[Field.EXTENSION_NUMBER]) == (disposition, "201")
    assert missed[Field.DURATION] == pbx.now.second - BEGAN.second - 1
    assert one(pbx, EventType.ENDED)[Field.DISPOSITION] == disposition


def test_of_several_phones_the_one_that_came_furthest_counts(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    for leg, phone in (("p1", "201"), ("p2", "202"), ("p3", "203")):
        pbx.rings("in", leg, phone)
    pbx.hears("p2")
    pbx.ends("p1", cause=Cause.BUSY)
    pbx.ends("p2")
    pbx.ends("p3", cause=Cause.DECLINED)
    pbx.ends("in")
    missed = one(pbx, EventType.MISSED)
    assert (missed[Field.DISPOSITION], missed[Field.EXTENSION_NUMBER]) == ("missed", None)


def test_a_caller_who_leaves_a_queue_before_any_phone_rang_was_missed(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_up("in")
    pbx.waits("in", "700")
    pbx.ends("in")
    missed = one(pbx, EventType.MISSED)
    assert (missed[Field.DISPOSITION], missed[Field.QUEUE]) == ("missed", "700")


def test_a_caller_who_hangs_up_in_a_menu_was_missed_by_nobody(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_up("in")
    pbx.enters("in", "ivr-1")
    pbx.ends("in")
    assert not told(pbx, EventType.MISSED)
    assert one(pbx, EventType.ENDED)[Field.DISPOSITION] == "menu"


def test_each_message_is_told(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.leaves_message("in", "201", "msg0000")
    pbx.leaves_message("in", "", "msg0001")
    pbx.ends("in")
    assert [(one[Field.MAILBOX], one[Field.EXTENSION_NUMBER]) for one in told(pbx, EventType.VOICEMAIL_LEFT)] == [
        ("201", "201"), (None, None)]
    assert len({event.id for event in pbx.events}) == len(pbx.events)
    assert one(pbx, EventType.ENDED)[Field.DISPOSITION] == "voicemail"


def test_each_recording_of_a_conversation_is_told_and_none_of_silence(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_recorded("in", "a.wav")
    pbx.is_recorded("in", "a.wav")
    pbx.rings("in", "p1", "201")
    pbx.is_recorded("p1", "never.wav")
    pbx.rings("in", "p2", "202")
    pbx.answers("p2", of="in")
    pbx.is_recorded("p2", "b.wav")
    assert not told(pbx, EventType.RECORDING_READY)
    pbx.ends("p1", "p2", "in")
    assert [one[Field.RECORDING_FILE] for one in told(pbx, EventType.RECORDING_READY)] == ["a.wav", "b.wav"]
    assert one(pbx, EventType.ENDED)[Field.RECORDING_FILE] == "a.wav"


def test_who_picks_up_without_a_word_of_the_pbx_is_known_by_having_called(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.dials("p3", "203", "**201")
    pbx.takes("p3", of="in")
    pbx.takes("p3", of="in")
    pbx.talks("p3", "in")
    pbx.ends("p1", "p3", "in")
    assert one(pbx, EventType.PICKED_UP)[Field.EXTENSION_NUMBER] == "203"
    (ended,) = told(pbx, EventType.ENDED)
    assert (ended[Field.EXTENSION_NUMBER], ended[Field.DISPOSITION]) == ("203", "answered")
    assert not told(pbx, EventType.MISSED)


def test_a_pickup_that_takes_the_pickers_leg_along_tells_one_end(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.dials("p3", "203", "*8")
    pbx.feed(CallPickedUp(at=pbx.now, picker=pbx._parties["p3"], target=pbx._parties["p1"]))
    pbx._parties["p3"] = pbx._parties["p3"].__class__(leg="p3", call="in", device="203", began_call=True)
    pbx.answers("p3", of="in")
    pbx.ends("p1", "p3", "in")
    assert len(told(pbx, EventType.ENDED)) == len(told(pbx, EventType.PICKED_UP)) == 1


# -- a successor, and who has no grant ------------------------------------------------------------------


def test_a_successor_knows_when_and_by_whom_the_call_was_answered(pbx: MadeUpPbx) -> None:
    pbx.comes_in()
    pbx.is_recorded("in", "a.wav")
    pbx.waits("in", "700")
    pbx.rings("in", "p1", "201")
    pbx.hears("p1")
    pbx.answers("p1", of="in")
    assert pbx.outcome.changed == ("in",)
    after = successor(pbx, PROFILE)
    after.ends("p1", "in")
    pbx.now = after.now - timedelta(seconds=2)
    pbx.ends("p1", "in")
    assert [event.id for event in after.events] == [event.id for event in pbx.events[-3:]]
    assert [dict(event.fields) for event in after.events] == [dict(event.fields) for event in pbx.events[-3:]]
    assert [event.sequence for event in after.events] == [2, 3, 4]


def test_only_what_is_granted_is_told() -> None:
    pbx = MadeUpPbx(a_profile(extensions=USERS, extras=frozenset({EventType.ENDED})))
    answered(pbx)
    pbx.ends("p1", "in")
    assert pbx.told == [EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED, EventType.ENDED]


def test_without_a_grant_nothing_more_is_remembered() -> None:
    plain: Any = MadeUpPbx(a_profile(extensions=USERS))
    plain.dials("p1", "201", "202")
    plain.rings("p1", "p2", "202")
    plain.hears("p2")
    assert plain.outcome.changed == ()
    assert [note.text for note in plain.outcome.notes] == ["202 rings"]
