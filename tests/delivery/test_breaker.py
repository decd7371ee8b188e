"""A receiver that fails and fails is left alone, probed, and not run over when it is back; paces are kept."""

from __future__ import annotations

import pytest

from switchhook.delivery.lane import Parcel
from switchhook.delivery.lanes import Lanes
from switchhook.domain.breaker import is_alive
from switchhook.domain.delivery import NoAnswer, Problem, Responded, Timing
from tests.delivery.test_lanes import parcel, start_all
from tests.fixtures.delivering import Bench, small_lanes
from tests.fixtures.receiver import Receiver, answering

ONE = 1
T = Timing(total_ms=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lanes(clock: Clock) -> Lanes:
    return Lanes(max_in_flight=100, clock=clock)


def add(lanes: Lanes, *parcels: Parcel, per_second: float | None = None) -> None:
    for one in parcels:
        lanes.add(one, max_in_flight=8, per_second=per_second)


def fail(lanes: Lanes, times: int = 10) -> None:
    for _ in range(times):
        one = parcel(ONE)
        add(lanes, one)
        assert lanes.next() is one
        lanes.ended(one, alive=False)


@pytest.mark.parametrize(("answer", "alive"), [
    *((Responded(status=status, headers=(), body=b"", body_truncated=False, timing=T), alive)
      for status, alive in ((200, True), (301, True), (404, True), (401, True), (408, False), (429, False),
                            (500, False), (503, False))),
    (NoAnswer(problem=Problem.TIMED_OUT, detail="", timing=T), False),
    (NoAnswer(problem=Problem.NAME_NOT_FOUND, detail="", timing=T), False),
    (NoAnswer(problem=Problem.CANNOT_RENDER, detail="", timing=T), None),
    (NoAnswer(problem=Problem.ADDRESS_FORBIDDEN, detail="", timing=T), None),
])
def test_a_receiver_fails_when_it_is_away_or_overloaded_not_when_it_objects(
    answer: Responded | NoAnswer, alive: bool | None,
) -> None:
    assert is_alive(answer) is alive


def test_after_ten_failures_in_a_row_nothing_is_attempted(lanes: Lanes, clock: Clock) -> None:
    fail(lanes, 10)
    add(lanes, parcel(ONE), parcel(ONE, retry=True), parcel(2))
    assert [one.delivery.integration_id.int for one in start_all(lanes)] == [2]
    resting = lanes.resting(parcel(ONE).delivery.integration_id)
    assert resting is not None
    assert (resting.probe_in_seconds, lanes.wait_seconds()) == (10.0, 10.0)


def test_a_success_between_and_failures_far_apart_do_not_count(lanes: Lanes, clock: Clock) -> None:
    fail(lanes, 9)
    good = parcel(ONE)
    add(lanes, good)
    start_all(lanes)
    lanes.ended(good, alive=True)
    fail(lanes, 9)
    clock.now += 61
    fail(lanes, 1)
    add(lanes, parcel(ONE))
    assert len(start_all(lanes)) == 1


def test_the_probe_is_the_oldest_first_attempt_alone_and_comes_ever_later(lanes: Lanes, clock: Clock) -> None:
    fail(lanes)
    oldest, younger, retry = parcel(ONE), parcel(ONE), parcel(ONE, retry=True)
    add(lanes, retry, oldest, younger)
    for rest_seconds in (10, 20, 40, 60, 60):
        clock.now += rest_seconds - 0.1
        assert start_all(lanes) == []
        clock.now += 0.1
        (probe,) = start_all(lanes)
        assert probe is oldest
        assert lanes.ended(probe, alive=False)
        oldest, younger = younger, parcel(ONE)
        add(lanes, younger)


def test_with_no_first_attempt_a_retry_is_the_probe(lanes: Lanes, clock: Clock) -> None:
    fail(lanes)
    add(lanes, parcel(ONE, retry=True), parcel(ONE, retry=True))
    clock.now += 10
    assert [one.retry for one in start_all(lanes)] == [True]


def test_what_never_was_sent_is_no_probe(lanes: Lanes, clock: Clock) -> None:
    fail(lanes)
    add(lanes, *(parcel(ONE) for _ in range(3)))
    clock.now += 10
    for _ in range(3):  # each has expired, say
        (one,) = start_all(lanes)
        lanes.ended(one, alive=None)
    assert lanes.resting(one.delivery.integration_id) is not None


def test_what_gathered_goes_out_at_no_more_than_twice_the_usual_pace(lanes: Lanes, clock: Clock) -> None:
    usual = 10  # a second
    fail(lanes)
    add(lanes, *(parcel(ONE, retry=True) for _ in range(50)))
    per_second: list[int] = []
    for second in range(90):  # it is down for eleven seconds, and probed at 10 s and 30 s
        sent = 0
        for hundredth in range(100):
            clock.now += 0.01
            if hundredth % 10 == 0:
                add(lanes, parcel(ONE))
            while started := start_all(lanes):
                for one in started:
                    sent += 1
                    lanes.ended(one, alive=second >= 11)
        per_second.append(sent)
    assert max(per_second) <= 2 * usual + 1
    assert sum(per_second[31:45]) > 1.8 * usual * 14  # it does catch up
    assert per_second[-1] == usual
    assert lanes.waiting == 0


def test_whoever_was_changed_gets_another_chance_at_once(lanes: Lanes) -> None:
    fail(lanes)
    one = parcel(ONE)
    add(lanes, one)
    lanes.give_another_chance(one.delivery.integration_id)
    assert start_all(lanes) == [one]
    assert lanes.resting(one.delivery.integration_id) is None


def test_a_pace_is_kept_evenly(lanes: Lanes, clock: Clock) -> None:
    add(lanes, *(parcel(ONE) for _ in range(10)), per_second=2)
    add(lanes, *(parcel(2) for _ in range(3)))
    assert len(start_all(lanes)) == 4  # the other has no pace
    assert lanes.wait_seconds() == 0.5
    sent = 0
    for _ in range(20):
        clock.now += 0.1
        for one in start_all(lanes):
            lanes.ended(one, alive=True)
            sent += 1
    assert sent == 4


async def test_an_engine_leaves_a_dead_receiver_alone_and_says_so(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(answering(503))
    crm = bench.integration(receiver, max_in_flight=1)
    await bench.start(lanes=small_lanes(failures=3))
    await bench.accept(*(bench.event() for _ in range(10)))
    await bench.until(lambda: bench.seed.rows("SELECT 1 FROM integration_health WHERE probe_at_ms IS NOT NULL") != [])
    (health,) = bench.seed.rows("SELECT * FROM integration_health")
    assert 0 < health["probe_at_ms"] - health["resting_since_ms"] < 30_000
    assert len(receiver.requests) == 3
    receiver.behave(answering(200))
    bench.seed.execute("UPDATE integration SET name = 'mended' WHERE id = ?", crm)
    await bench.reload()
    await bench.until(lambda: bench.states().count("delivered") == 7)
    await bench.until(lambda: bench.seed.rows("SELECT probe_at_ms FROM integration_health") == [{"probe_at_ms": None}])


async def test_an_integration_s_own_pace_is_kept(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver, rate_per_second=5)
    await bench.start()
    started = bench.engine._deliverer._clock()
    await bench.accept(*(bench.event() for _ in range(6)))
    await bench.settled(6)
    assert (bench.engine._deliverer._clock() - started).total_seconds() >= 1.0
