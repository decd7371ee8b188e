"""Made-up calls: each kind tells, through the same tracker as a real PBX, just the events that its name says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field
from switchhook.domain.event import Event
from switchhook.domain.profile import Profile
from switchhook.domain.service import Reading
from switchhook.domain.tracker import Tracker
from switchhook.pbx.made_up_calls import PHONES, MadeUp, make_up

PROFILE = Profile(
    service_id=UUID(int=1),
    account_id=UUID(int=2),
    extensions=frozenset(PHONES),
    reading=Reading(trunks=("trunk-provider",), menus=(("ivr-nps", "NPS"), ("ivr-*", ""))),
)
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

EXPECTED = {
    MadeUp.ANSWERED: [EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED],
    MadeUp.MISSED: [EventType.INBOUND_RECEIVED],
    MadeUp.OUTBOUND: [EventType.OUTBOUND_PLACED],
    MadeUp.MENU: [EventType.INBOUND_RECEIVED, EventType.IVR_RECEIVED, EventType.IVR_OPTION, EventType.INBOUND_ANSWERED],
    MadeUp.SURVEY: [
        EventType.INBOUND_RECEIVED,
        EventType.INBOUND_ANSWERED,
        EventType.IVR_RECEIVED,
        EventType.IVR_OPTION,
    ],
    MadeUp.PICKED_UP: [EventType.INBOUND_RECEIVED],
    MadeUp.VOICEMAIL: [EventType.INBOUND_RECEIVED],
    MadeUp.FORWARDED: [EventType.INBOUND_RECEIVED],
}
_RINGING, _LEG, _ENDED = EventType.RINGING, EventType.LEG_ENDED, EventType.ENDED
EXTRA = {
    MadeUp.ANSWERED: [_RINGING, _LEG, _ENDED],
    MadeUp.MISSED: [_RINGING, _LEG, EventType.MISSED, _ENDED],
    MadeUp.OUTBOUND: [_LEG, _ENDED],
    MadeUp.MENU: [_RINGING, _LEG, _ENDED],
    MadeUp.SURVEY: [_RINGING, EventType.TRANSFERRED, _LEG, _ENDED],
    MadeUp.PICKED_UP: [_RINGING, EventType.PICKED_UP, _LEG, _ENDED],
    MadeUp.VOICEMAIL: [_RINGING, EventType.VOICEMAIL_LEFT, _LEG, EventType.MISSED, _ENDED],
    MadeUp.FORWARDED: [_RINGING, _LEG, _LEG, _ENDED],
}


def events_of(kind: MadeUp, seed: int) -> tuple[list[Event], Tracker]:
    tracker = Tracker(lambda _leg: PROFILE)
    facts = make_up(kind, NOW, 7, Random(seed))
    return [event for fact in facts for event in tracker.feed(fact).events], tracker


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", MadeUp)
def test_a_made_up_call_tells_what_its_kind_promises_and_ends(kind: MadeUp, seed: int) -> None:
    events, tracker = events_of(kind, seed)
    assert [event.type for event in events] == EXPECTED[kind]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert len({event.call_uuid for event in events}) == 1
    assert not tracker.open_calls


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", MadeUp)
def test_a_made_up_call_tells_its_extra_events_to_whom_they_are_granted(kind: MadeUp, seed: int) -> None:
    tracker = Tracker(lambda _leg: replace(PROFILE, extras=EXTRA_EVENTS))
    events = [event for fact in make_up(kind, NOW, 7, Random(seed)) for event in tracker.feed(fact).events]
    assert [event.type for event in events if event.type in EXTRA_EVENTS] == EXTRA[kind]


def test_both_legs_of_a_forwarded_call_are_the_users() -> None:
    tracker = Tracker(lambda _leg: replace(PROFILE, extras=EXTRA_EVENTS))
    events = [event for fact in make_up(MadeUp.FORWARDED, NOW, 7, Random(1)) for event in tracker.feed(fact).events]
    legs = [event.fields for event in events if event.type is _LEG]
    assert len({leg[Field.EXTENSION_NUMBER] for leg in legs}) == 1
    assert {leg[Field.DIRECTION] for leg in legs} == {"inbound", "outbound"}
    assert all(leg[Field.BILLABLE_SECONDS] for leg in legs)


def test_the_surveys_score_carries_the_numbers_of_the_call_before() -> None:
    events, _ = events_of(MadeUp.SURVEY, 1)
    received, option = events[0], events[-1]
    assert option.fields[Field.IVR_NAME] == "NPS"
    assert str(option.fields[Field.OPTION_SELECTED]).isdigit()
    assert option.fields[Field.SOURCE_NUMBER] == received.fields[Field.SOURCE_NUMBER]


def test_moments_go_forward_only() -> None:
    for kind in MadeUp:
        moments = [fact.at for fact in make_up(kind, NOW, 1, Random(3))]
        assert moments == sorted(moments)  # type: ignore[type-var]
