"""The engine stops, is declared dead, or loses its database: nothing is lost, nothing is sent that should not be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from switchhook.domain.errors import StoreUnavailable
from tests.fixtures.delivering import Bench, small_lanes
from tests.fixtures.receiver import Receiver, after, answering, silent

Away = Callable[[], AbstractContextManager[None]]


async def test_a_clean_stop_ends_what_is_in_flight_and_gives_back_the_rest(bench: Bench, receiver: Receiver) -> None:
    go_on = asyncio.Event()
    receiver.behave(after(go_on, answering(200)))
    bench.integration(receiver, max_in_flight=2)
    await bench.start()
    await bench.accept(*(bench.event() for _ in range(6)))
    await receiver.got(2)
    stopping = asyncio.create_task(bench.stop(10))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    rows = bench.deliveries()
    assert sorted(row["state"] for row in rows) == ["delivered"] * 2 + ["pending"] * 4
    assert {(row["owner"], row["attempts"]) for row in rows if row["state"] == "pending"} == {(None, 0)}
    assert len(receiver.requests) == 2


async def test_what_does_not_end_within_the_grace_is_sent_once_more_by_the_successor(
    bench: Bench, receiver: Receiver
) -> None:
    receiver.behave(silent, answering(200))
    bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await receiver.got(1)
    await bench.stop(0)
    (row,) = bench.deliveries()
    assert (row["state"], row["attempts"]) == ("pending", 1)
    await bench.store.end_incarnation(bench.engine_id)
    await bench.start()
    first, second = await receiver.got(2)
    await bench.settled(1)
    assert first.header("webhook-id") == second.header("webhook-id")
    assert bench.deliveries()[0]["attempts"] == 2


async def test_after_another_engine_took_over_nothing_more_is_sent(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(silent)
    bench.integration(receiver, max_in_flight=1)
    await bench.start()
    await bench.accept(*(bench.event() for _ in range(5)))
    await receiver.got(1)
    receiver.behave(answering(200))
    await bench.engine.abandon()
    await bench.end()
    assert len(receiver.requests) == 1
    assert bench.states() == ["pending"] * 5


async def test_events_wait_in_memory_while_the_database_is_away(
    bench: Bench, receiver: Receiver, database_away: Away
) -> None:
    bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await bench.settled(1)
    with database_away():
        waiting = [bench.engine.accept([bench.event()]) for _ in range(50)]
        await until_away(bench)
        assert not any(one.done() for one in waiting)
    await asyncio.gather(*waiting)
    await bench.settled(51)
    assert len(receiver.requests) == 51
    assert bench.engine.recorder.waiting_bytes == 0


async def test_attempts_are_recorded_when_the_database_is_back(
    bench: Bench, receiver: Receiver, database_away: Away
) -> None:
    go_on = asyncio.Event()
    receiver.behave(after(go_on, answering(200)))
    bench.integration(receiver)
    await bench.start()
    await bench.accept(*(bench.event() for _ in range(8)))
    await receiver.got(8)
    with database_away():
        go_on.set()
        await until_away(bench)
    await bench.settled(8)
    assert len(receiver.requests) == 8
    assert bench.states() == ["delivered"] * 8


async def test_who_is_not_patient_hears_at_once_that_the_database_is_away(bench: Bench, database_away: Away) -> None:
    await bench.start()
    with database_away():
        with pytest.raises(StoreUnavailable):
            await bench.engine.accept([bench.event()], patient=False)
        with pytest.raises(StoreUnavailable):
            bench.engine.accept([bench.event()], patient=False)  # known by now: not even a future
    await bench.until(lambda: not bench.engine.recorder.store_away)
    await bench.accept(bench.event())
    assert len(bench.seed.rows("SELECT 1 FROM event")) == 1


async def test_more_events_than_may_wait_are_refused(bench: Bench, database_away: Away) -> None:
    await bench.start(waiting_events_bytes=20_000)
    with database_away():
        taken = []
        while bench.engine.recorder.waiting_bytes < 18_000:
            taken.append(bench.engine.accept([bench.event()]))
        with pytest.raises(StoreUnavailable, match="too many events"):
            bench.engine.accept([bench.event()])
        assert len(taken) > 5
    await asyncio.gather(*taken)
    await bench.accept(bench.event())
    assert len(bench.seed.rows("SELECT 1 FROM event")) == len(taken) + 1


async def test_a_claim_whose_answer_was_lost_is_found_again(
    bench: Bench, receiver: Receiver, database_away: Away
) -> None:
    bench.integration(receiver)
    await bench.start()
    acceptance = bench.engine.dispatcher.dispatch(bench.event())
    await bench.store.accept(bench.engine_id, [acceptance])  # committed, and we never heard of it
    with database_away():
        waiting = bench.engine.accept([bench.event()])
        await until_away(bench)
    await waiting
    await bench.settled(2)
    assert len(receiver.requests) == 2


async def test_shedding_goes_on_after_an_outage(bench: Bench, receiver: Receiver, database_away: Away) -> None:
    bench.integration(receiver, max_in_flight=2)
    await bench.start(lanes=small_lanes(firsts_waiting=3))
    with database_away():
        waiting = [bench.engine.accept([bench.event()]) for _ in range(20)]
        await until_away(bench)
    await asyncio.gather(*waiting)
    waiting = [bench.engine.accept([bench.event()]) for _ in range(20)]
    await bench.settled(40)
    assert len(receiver.requests) == 40


async def until_away(bench: Bench) -> None:
    async with asyncio.timeout(20):
        while not bench.engine.recorder.store_away:
            await asyncio.sleep(0.01)
