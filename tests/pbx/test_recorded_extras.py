"""Every recorded call gives exactly the extra events that it should, however it reaches us, and changes no other."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from switchhook.domain.catalogue import EXTRA_EVENTS
from switchhook.domain.facts import Connected
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import Message
from switchhook.pbx.asterisk import AsteriskReader
from tests.pbx import recorded
from tests.pbx.recorded import (
    ALL,
    BY_NAME,
    PROFILE,
    Recorded,
    channels,
    facts,
    in_another_order,
    messages,
    muddled,
    snapshot,
)
from tests.pbx.recorded_extras import EXPECTED, GRANTED, by_call, extras, follow

every_recording = pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
some_recordings = st.sampled_from([one.name for one in ALL if len(one.parts) == 1]).map(BY_NAME.__getitem__)
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_the_recordings_have_every_extra_event_of_a_call() -> None:
    told = {one.type for expected in EXPECTED.values() for one in expected}
    assert told == {type_.value for type_ in EXTRA_EVENTS} - {"integration.disabled"}


@every_recording
def test_a_recording_gives_exactly_the_expected_extra_events(recording: Recorded) -> None:
    assert by_call(extras(follow(facts(recording.parts)))) == by_call(EXPECTED[recording.name])


@every_recording
def test_a_grant_changes_no_other_event(recording: Recorded) -> None:
    plain = GRANTED.__class__(
        service_id=GRANTED.service_id, account_id=GRANTED.account_id, extensions=GRANTED.extensions)
    stream = facts(recording.parts)
    without = follow(stream, Tracker(lambda _: plain))
    assert [event for event in follow(stream) if event.type not in EXTRA_EVENTS] == without
    assert not extras(without)


@every_recording
def test_the_extra_events_of_a_call_are_counted_by_themselves(recording: Recorded) -> None:
    places: dict[str, list[int]] = {}
    for event in follow(facts(recording.parts)):
        if event.type in EXTRA_EVENTS:
            places.setdefault(event.native_call_id, []).append(event.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in places.values())


@every_recording
def test_no_two_events_have_the_same_id(recording: Recorded) -> None:
    ids = [event.id for event in follow(facts(recording.parts))]
    assert len(ids) == len(set(ids))


@settings(quick, max_examples=200)
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_messages_that_overtake_those_of_other_channels_make_no_difference(recording: Recorded, seed: int) -> None:
    chance = random.Random(seed)
    stream = messages(recording.parts[0])
    assume(len(stream) > 1)
    for _ in range(chance.choice((40, 400, 4000))):
        index = chance.randrange(len(stream) - 1)
        one, other = stream[index], stream[index + 1]
        if not channels(one) & channels(other):
            stream[index], stream[index + 1] = other, one
    assert _sets(stream) == {call: set(events) for call, events in by_call(EXPECTED[recording.name]).items()}


#: Besides the two answers of a transfer by feature code: who rings for a queue before the caller waits in it rings for
#: no queue.
ORDER_IS_THE_NEWS = ("transfer-attended-feature-code", "transfer-feature-code", "queue")


@settings(quick, max_examples=200)
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_any_order_that_keeps_each_channels_own_gives_the_same_extra_events(recording: Recorded, seed: int) -> None:
    assume(not any(name in recording.name for name in ORDER_IS_THE_NEWS))
    stream = in_another_order(messages(recording.parts[0]), random.Random(seed))
    assert _sets(stream) == {call: set(events) for call, events in by_call(EXPECTED[recording.name]).items()}


def _sets(stream: list[Message]) -> dict[str, set[object]]:
    reader = AsteriskReader()
    told = extras(follow(fact for message in stream for fact in reader.facts(message)))
    return {call: set(events) for call, events in by_call(told).items()}


@settings(quick, max_examples=300)
@given(recording=some_recordings, moment=st.floats(0, 1))
def test_a_successor_tells_the_rest_and_nothing_twice(recording: Recorded, moment: float) -> None:
    stream = facts(recording.parts)
    cut = int(moment * len(stream))
    first, second = Tracker(lambda _: GRANTED), Tracker(lambda _: GRANTED)
    got, memories = [], {}
    for fact in stream[:cut]:
        outcome = first.feed(fact)
        got += outcome.events
        memories |= {call: first.memory(call) for call in outcome.changed}
        for call in outcome.ended:
            memories.pop(call, None)
    known = set(memories) | {event.native_call_id for event in got}
    for call, memory in memories.items():
        assert second.restore(call, memory)
    got += follow([Connected(at=None), *snapshot(stream[:cut]), *stream[cut:]], second)
    unknown = set(first.open_calls) - known  # of which nothing was told yet: they are partial
    assert by_call(one for one in extras(got) if one.call not in unknown) == {
        call: events for call, events in by_call(EXPECTED[recording.name]).items() if call not in unknown}


@quick
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_facts_lost_repeated_and_shuffled_never_raise(recording: Recorded, seed: int) -> None:
    tracker = Tracker(lambda _: GRANTED)
    follow(muddled(recording, seed), tracker)
    for call in list(tracker.open_calls):
        assert tracker.restore(call, tracker.memory(call))


@every_recording
def test_what_is_not_granted_is_neither_told_nor_explained(recording: Recorded) -> None:
    tracker = Tracker(lambda _: PROFILE)
    outcomes = [tracker.feed(fact) for fact in facts(recording.parts)]
    said = {one.type for outcome in outcomes for one in (*outcome.decisions, *outcome.notes)}
    assert not said & EXTRA_EVENTS
    assert recorded.by_call(recorded.told(event) for outcome in outcomes for event in outcome.events) == (
        recorded.by_call(recording.expected))
