"""What goes into the CRM, and what the board shows: the pure decisions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from crm.board import Board, Stage
from crm.contacts import PhoneNumber
from crm.entries import entry_of
from crm.hook import Happening, Kind, read_happening
from crm_fixtures import example


def happening(kind: Kind, *, is_test: bool = False, **values: object) -> Happening:
    return read_happening("msg_1", kind, json.dumps(example(kind, **values)).encode(), is_test=is_test)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_new_user_is_a_task_for_the_account_manager() -> None:
    entry = entry_of(happening(Kind.USER_CREATED, event_id="019cb6d0"))
    assert entry
    assert entry.title == "Wellness check: call Ada Example (extension 201)"
    assert entry.reference == "user/019cb6d0"
    assert "Head Office" in entry.text


@pytest.mark.parametrize(("kind", "values", "text", "what"), [
    (Kind.ANSWERED, {}, "Call answered · Ada Example (201)", "answered"),
    (Kind.MISSED, {"disposition": "missed"}, "Call missed · Ada Example (201)", "unanswered"),
    (Kind.ENDED, {}, "Call ended: talked for 2:08 · Ada Example (201)", "ended"),
    (Kind.ENDED, {"disposition": "missed", "name": None, "extension_number": None}, "Call: missed", "unanswered"),
    (Kind.ENDED, {"direction": "outbound", "destination_e164": "+12025550172"},
     "Called by us: talked for 2:08 · Ada Example (201)", "ended"),
])
def test_answered_missed_and_ended_calls_are_activities(
        kind: Kind, values: dict[str, object], text: str, what: str) -> None:
    entry = entry_of(happening(kind, **values))
    assert entry
    assert entry.text[17:] == text
    assert entry.reference == f"call/8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77/{what}"
    assert not entry.title


def test_the_contact_of_an_outbound_call_is_who_was_called() -> None:
    entry = entry_of(happening(Kind.ENDED, direction="outbound", source_number="201", source_e164=None,
                               destination_number="2025550172", destination_e164="+12025550172"))
    assert entry
    assert entry.number == PhoneNumber("+12025550172", "2025550172")


@pytest.mark.parametrize("kind", [Kind.RECEIVED, Kind.RINGING])
def test_a_call_that_only_rings_is_no_activity_yet(kind: Kind) -> None:
    assert entry_of(happening(kind)) is None


def test_tests_and_calls_between_users_never_go_into_the_crm() -> None:
    assert entry_of(happening(Kind.ANSWERED, is_test=True)) is None
    assert entry_of(happening(Kind.USER_CREATED, is_test=True)) is None
    assert entry_of(happening(Kind.ENDED, direction="internal")) is None


@pytest.mark.parametrize(("number", "tail"), [
    (PhoneNumber("+12025550171", "2025550171"), "25550171"), (PhoneNumber("", "(202) 555-0171"), "25550171"),
    (PhoneNumber("", "201"), ""), (PhoneNumber("", ""), ""),
])
def test_a_number_is_found_by_its_last_eight_digits(number: PhoneNumber, tail: str) -> None:
    assert number.tail == tail


def test_a_call_pops_up_at_the_extension_that_is_rung_and_nowhere_else() -> None:
    board = Board()
    assert board.take(happening(Kind.RECEIVED), now=now())
    assert board.shown("201") is None
    assert board.take(happening(Kind.RINGING), now=now()) is None  # it is looked up already
    assert board.shown("202") is None
    call = board.shown("201")
    assert call
    assert call.stage is Stage.RINGING


def test_who_answers_sees_the_call_even_if_nothing_said_that_it_rings() -> None:
    board = Board()
    board.take(happening(Kind.RECEIVED), now=now())
    board.take(happening(Kind.ANSWERED, extension_number="202", name="Max Example"), now=now())
    call = board.shown("202")
    assert call
    assert (call.stage, call.answered_by) == (Stage.ANSWERED, "Max Example")


def test_what_is_heard_late_takes_no_call_back_to_ringing() -> None:
    board = Board()
    for kind in (Kind.RECEIVED, Kind.ANSWERED, Kind.ENDED, Kind.RINGING, Kind.ANSWERED):
        board.take(happening(kind), now=now())
    call = board.shown("201")
    assert call
    assert call.stage is Stage.OVER


def test_a_repeat_of_an_older_call_does_not_take_the_page_away() -> None:
    board, earlier = Board(), (now() - timedelta(seconds=30)).isoformat()
    board.take(happening(Kind.RINGING, call_uuid="old", date_time=earlier), now=now())
    board.take(happening(Kind.RINGING, call_uuid="new"), now=now())
    board.take(happening(Kind.RINGING, call_uuid="old", date_time=earlier), now=now())
    call = board.shown("201")
    assert call
    assert call.uuid == "new"


def test_a_ring_that_comes_minutes_late_does_not_pop_up() -> None:
    board = Board()
    late = (now() - timedelta(minutes=3)).isoformat()
    assert board.take(happening(Kind.RINGING, date_time=late), now=now()) is None
    assert board.shown("201") is None


def test_a_call_between_users_does_not_pop_up() -> None:
    board = Board()
    board.take(happening(Kind.RINGING, direction="internal"), now=now())
    assert board.shown("201") is None
