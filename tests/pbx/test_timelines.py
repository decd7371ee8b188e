"""What people read of a call: facts in plain words, and beside them why an event was or was not told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction, LegDialled, LegRinging, LegStarted, Party
from switchhook.domain.notes import ENOUGH, MOST_FACTS, MOST_NOTES, CallState, NoteKind
from switchhook.domain.service import Reading
from switchhook.domain.tracker import Tracker
from switchhook.pbx import timelines
from switchhook.pbx.timelines import Timelines
from switchhook.store.ports import CallRecord
from tests.pbx.recorded import BY_NAME, PROFILE, facts
from tests.pbx.recorded_extras import GRANTED

NOW = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)


def kept(name: str) -> list[CallRecord]:
    """The calls of a recording as they would be written, all at once at its end."""
    tracker = Tracker(lambda _: PROFILE)
    gathered = Timelines(tracker.sheet)
    for fact in facts(BY_NAME[name].parts):
        gathered.hear(tracker.feed(fact), NOW)
    return gathered.take(1000)


def inbound(name: str) -> CallRecord:
    return next(call for call in kept(name) if call.sheet.direction is Direction.INBOUND)


def texts(call: CallRecord, kind: NoteKind | None = None) -> list[str]:
    return [note.text for note in call.notes if kind is None or note.kind is kind]


def test_a_pickups_timeline_says_why_no_answered_was_told() -> None:
    call = inbound("22/pickup-directed")
    assert texts(call, NoteKind.FACT) == [
        "a call from 12025550171 came in over trunk-provider to 12025550101", "201 rings",
        "204 picked up the call that rang at 201: a pickup is not an answer", "201 stopped ringing", "204 left",
        "the caller left"]
    (withheld,) = [note for note in call.notes if note.kind is NoteKind.WITHHELD]
    assert (withheld.type, withheld.text) == (
        EventType.INBOUND_ANSWERED, "picked up by 204 with **201: not rung, so not answered")
    assert (call.sheet.state, call.sheet.extension_number) == (CallState.PICKED_UP, "204")
    assert call.ended_ms is not None


def test_the_files_of_its_recordings_are_kept_whether_or_not_anybody_is_granted_their_events() -> None:
    (file,) = inbound("22/inbound-answered").sheet.recordings
    assert file.startswith("/")
    assert file.endswith(".wav")
    assert inbound("22/inbound-caller-gives-up").sheet.recordings == ()


def test_what_was_told_names_its_event() -> None:
    tracker = Tracker(lambda _: PROFILE)
    for fact in facts(BY_NAME["22/inbound-answered"].parts):
        outcome = tracker.feed(fact)
        assert [note.event_id for note in outcome.notes if note.kind is NoteKind.TOLD] == [
            event.id for event in outcome.events]


def test_a_transfer_is_told_with_where_it_went() -> None:
    assert "201 transferred the call to 202" in texts(inbound("22/transfer-blind"))
    for how in ("transfer-attended", "transfer-attended-feature-code", "transfer-blonde"):
        assert "201 transferred the call to 202 after calling there" in texts(inbound(f"22/{how}"))


def test_a_transfer_that_is_an_event_is_told_once() -> None:
    tracker = Tracker(lambda _: GRANTED)
    notes = [note for fact in facts(BY_NAME["22/transfer-blind"].parts) for note in tracker.feed(fact).notes]
    assert [note.kind for note in notes if note.text == "201 transferred the call to 202"] == [NoteKind.TOLD]


def test_the_call_by_which_a_user_asked_before_a_transfer_says_where_it_goes_on() -> None:
    (asked,) = [call for call in kept("22/transfer-attended") if call.sheet.direction is Direction.INTERNAL]
    assert "201 transferred the call with 12025550171 to here: that call's page tells how it went on" in texts(asked)


@pytest.mark.parametrize(("name", "what"), [
    ("inbound-busy-voicemail", "201 is busy"),
    ("inbound-declined", "203 declined the call"),
    ("inbound-phone-unreachable", "201 was called, and was not heard to ring"),
    ("inbound-no-answer", "203 stopped ringing"),
    ("group-not-confirmed", "201 picked up the phone, and did not take the call"),
    ("outbound-busy", "the party on the trunk trunk-provider is busy"),
    ("group-forward-by-phone", "203 forwards the call to 912025550188 by itself"),
])
def test_what_became_of_a_phone_that_was_called_in_vain_is_told(name: str, what: str) -> None:
    told = next(call for call in kept(f"22/{name}"))
    assert what in texts(told, NoteKind.FACT)
    if what != "203 stopped ringing":
        assert f"{what.split()[0]} stopped ringing" not in texts(told)


@pytest.mark.parametrize(("name", "how_often"), [
    ("inbound-no-answer-voicemail", 1), ("ivr-option-1", 1), ("queue-answered", 1), ("inbound-answered", 0),
    ("group-local-answered", 0), ("pickup-directed", 0), ("inbound-caller-gives-up", 0),
])
def test_the_pbx_itself_takes_a_call_that_nobody_took_yet(name: str, how_often: int) -> None:
    assert texts(inbound(f"22/{name}")).count("the PBX itself took the call") == how_often


def test_a_call_that_was_picked_up_by_a_key_says_so_in_both_calls() -> None:
    calls = kept("22/pickup-replaces")
    assert [(call.sheet.state, call.sheet.extension_number) for call in calls] == [(CallState.PICKED_UP, "204")] * 2
    assert "204 picked up the call by a key for 201" in texts(calls[1])


def why_not(name: str, reading: Reading) -> dict[EventType, list[str]]:
    """What a recorded call's timeline says did not fire, when it is read like that."""
    tracker = Tracker(lambda _: replace(PROFILE, reading=reading))
    found: dict[EventType, list[str]] = {}
    for fact in facts(BY_NAME[name].parts):
        for one in tracker.feed(fact).notes:
            if one.kind is NoteKind.WITHHELD and one.type is not None:
                found.setdefault(one.type, []).append(one.text)
    return found


def test_a_call_over_a_trunk_that_nobody_named_says_so() -> None:
    assert why_not("22/inbound-answered", Reading(trunk_contexts=()))[EventType.INBOUND_RECEIVED] == [
        "trunk-provider is not named as a trunk, nor from-trunk a context of trunks: so the call was taken for one of "
        "a user. Reading says which devices are trunks and extensions"]
    assert EventType.INBOUND_RECEIVED not in why_not("22/outbound-answered", Reading(trunk_contexts=()))


def test_a_menu_that_nobody_named_says_so_and_not_what_was_keyed_in() -> None:
    assert why_not("22/ivr-option-1", Reading(menus=()))[EventType.IVR_RECEIVED] == [
        "the context ivr-1 looks like a menu, and is not named as one: Reading says which contexts are menus"]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_of_a_pbx_that_is_read_rightly_nothing_is_said_to_be_unnamed(name: str) -> None:
    assert not [text for texts in why_not(name, PROFILE.reading).values() for text in texts if "Reading says" in text]


def test_digits_keyed_in_stand_in_no_fact() -> None:
    for name in ("22/ivr-option-1", "22/ivr-invalid", "22/ivr-direct-dial"):
        if name in BY_NAME:
            assert not [text for text in texts(inbound(name), NoteKind.FACT) if "chose" in text or "option" in text]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_recorded_call_has_a_bounded_timeline_and_an_end(name: str) -> None:
    for call in kept(name):
        assert 0 < len(call.notes) <= MOST_NOTES
        assert call.began_ms > 0
        assert call.sheet.ended
        assert all(note.at is not None for note in call.notes)


def test_a_call_that_rings_and_rings_leaves_room_for_decisions() -> None:
    tracker = Tracker(lambda _: PROFILE)
    caller = Party(leg="1.1", call="1.1", device="trunk-provider", began_call=True, place="from-trunk")
    began = LegStarted(at=NOW, party=caller, dialled="12025550103", caller_number="12025550171", call_began_at=NOW)
    told = list(tracker.feed(began).notes)
    for number in range(MOST_FACTS * 2):
        phone = Party(leg=f"2.{number}", call="1.1", device=f"{200 + number}", place="from-internal")
        told += tracker.feed(LegDialled(at=NOW, dialling=caller, dialled=phone)).notes
        told += tracker.feed(LegRinging(at=NOW, leg=phone.leg, call="1.1")).notes
    assert len(told) == MOST_FACTS + 2
    assert told[-1].text == ENOUGH


def test_while_nothing_can_be_written_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MOST_CALLS", 10)
    tracker = Tracker(lambda _: PROFILE)
    gathered = Timelines(tracker.sheet)
    for number in range(30):
        party = Party(leg=f"1.{number}", call=f"1.{number}", device="201", began_call=True, place="from-internal")
        gathered.hear(tracker.feed(LegStarted(at=NOW, party=party, dialled="202", call_began_at=NOW)), NOW)
    assert [call.sheet.native_call_id for call in gathered.take(100)] == [f"1.{number}" for number in range(20, 30)]
    assert gathered.take(100) == []


def test_a_call_that_no_service_claims_is_not_kept() -> None:
    tracker = Tracker(lambda _: None)
    gathered = Timelines(tracker.sheet)
    for fact in facts(BY_NAME["22/inbound-answered"].parts):
        gathered.hear(tracker.feed(fact), NOW)
    assert gathered.take(100) == []
    assert PROFILE.service_id == UUID(int=0)
