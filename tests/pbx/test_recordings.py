"""Every recorded call gives exactly the events that it should, however it reaches us."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from switchhook.domain.facts import Connected, Fact
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk import AsteriskReader
from tests.pbx.recorded import (
    ALL,
    BY_NAME,
    PROFILE,
    Recorded,
    Told,
    by_call,
    channels,
    facts,
    follow,
    in_another_order,
    messages,
    muddled,
    snapshot,
    told,
)

every_recording = pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
some_recordings = st.sampled_from([one.name for one in ALL if len(one.parts) == 1]).map(BY_NAME.__getitem__)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])



def test_there_are_recordings() -> None:
    assert len(ALL) > 75


@every_recording
def test_a_recording_gives_exactly_the_expected_events(recording: Recorded) -> None:
    assert by_call(follow(facts(recording.parts))) == by_call(recording.expected)


@every_recording
def test_every_call_that_begins_ends(recording: Recorded) -> None:
    tracker = Tracker(lambda _: PROFILE)
    begun, ended = set(), set()
    for fact in facts(recording.parts):
        outcome = tracker.feed(fact)
        begun |= set(tracker.open_calls)
        ended |= set(outcome.ended)
    assert not tracker.open_calls
    assert begun == ended


@every_recording
def test_what_is_not_wanted_makes_no_difference(recording: Recorded) -> None:
    found: list[Fact] = []
    for part in recording.parts:
        codec, reader = AmiCodec(), AsteriskReader()
        found += [fact for message in codec.receive_data(part) for fact in reader.facts(message)]
        assert codec.unintelligible == 0
    assert by_call(follow(found)) == by_call(recording.expected)


@quick
@given(recording=some_recordings, data=st.data())
def test_a_stream_cut_anywhere_gives_the_same(recording: Recorded, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(recording.parts[0])), max_size=30)))

    def cut(part: bytes) -> list[bytes]:
        return [part[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(part)], strict=True)]

    assert facts(recording.parts, cut) == facts(recording.parts)


def test_a_stream_that_comes_byte_by_byte_gives_the_same() -> None:
    recording = BY_NAME["22/pickup-directed"]
    assert facts(recording.parts, lambda part: [bytes([byte]) for byte in part]) == facts(recording.parts)


@quick
@given(recording=some_recordings, data=st.data())
def test_a_stream_that_breaks_off_gives_the_first_of_the_events(recording: Recorded, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(recording.parts[0])))
    got = by_call(follow(facts([recording.parts[0][:end]])))
    expected = by_call(recording.expected)
    assert all(expected[call][: len(events)] == events for call, events in got.items())


@quick
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_facts_lost_repeated_and_shuffled_never_raise(recording: Recorded, seed: int) -> None:
    tracker = Tracker(lambda _: PROFILE)
    follow(muddled(recording, seed), tracker)
    for call in list(tracker.open_calls):
        assert tracker.restore(call, tracker.memory(call))


@quick
@given(recording=some_recordings, seed=st.integers(0, 2**32), begin=st.floats(0, 1))
def test_garbage_in_the_stream_never_raises(recording: Recorded, seed: int, begin: float) -> None:
    chance = random.Random(seed)
    part = bytearray(recording.parts[0])
    at = int(begin * len(part))
    part[at : at + chance.randrange(200)] = chance.randbytes(chance.randrange(400))
    follow(facts([bytes(part)]))


@settings(quick, max_examples=150)
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_events_that_overtake_those_of_other_channels_make_no_difference(recording: Recorded, seed: int) -> None:
    """Asterisk keeps each channel's own order, and gives no promise between channels."""
    chance = random.Random(seed)
    stream = messages(recording.parts[0])
    assume(len(stream) > 1)
    for _ in range(chance.choice((40, 400, 4000))):
        index = chance.randrange(len(stream) - 1)
        one, other = stream[index], stream[index + 1]
        if not channels(one) & channels(other):
            stream[index], stream[index + 1] = other, one
    assert _sets(stream) == {call: set(events) for call, events in by_call(recording.expected).items()}


#: Two users answer one after the other, or one calls a menu while a caller waits on the other line, on channels that
#: share nothing: which was first is their order itself.
ORDER_IS_THE_NEWS = ("transfer-attended-feature-code", "transfer-feature-code-to", "transfer-attended-to")


@settings(quick, max_examples=150)
@given(recording=some_recordings, seed=st.integers(0, 2**32))
def test_any_order_that_keeps_each_channels_own_gives_the_same_events(recording: Recorded, seed: int) -> None:
    assume(not any(name in recording.name for name in ORDER_IS_THE_NEWS))
    stream = in_another_order(messages(recording.parts[0]), random.Random(seed))
    assert _sets(stream) == {call: set(events) for call, events in by_call(recording.expected).items()}


def _sets(stream: list[Message]) -> dict[str, set[Told]]:
    reader = AsteriskReader()
    got = follow(fact for message in stream for fact in reader.facts(message))
    return {call: set(events) for call, events in by_call(got).items()}


@settings(quick, max_examples=300)
@given(recording=some_recordings, moment=st.floats(0, 1))
def test_a_successor_goes_on_with_what_is_remembered_and_a_snapshot(recording: Recorded, moment: float) -> None:
    stream = facts(recording.parts)
    cut = int(moment * len(stream))
    first, second = Tracker(lambda _: PROFILE), Tracker(lambda _: PROFILE)
    got, memories = [], {}
    for fact in stream[:cut]:
        outcome = first.feed(fact)
        got += [told(event) for event in outcome.events]
        memories |= {call: first.memory(call) for call in outcome.changed}
        for call in outcome.ended:
            memories.pop(call, None)
    for call, memory in memories.items():
        assert second.restore(call, memory)
    got += follow([Connected(at=None), *snapshot(stream[:cut]), *stream[cut:]], second)
    assert by_call(got) == by_call(recording.expected)
    assert not second.open_calls
