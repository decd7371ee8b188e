"""Made-up calls: each kind tells, through the same tracker as a real PBX, just the events that its name says."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType, Field
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
