"""Nobody waits for somebody else's receiver; a call's events keep their order; what has no room is not lost."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

from switchhook.domain.catalogue import EventType
from tests.fixtures.delivering import Bench, small_lanes
from tests.fixtures.receiver import Got, Receiver, after, answering, closing, silent


def sequences(requests: list[Got]) -> list[int]:
    return [json.loads(got.body)["sequence"] for got in requests]


async def test_a_dead_receiver_does_not_delay_anothers_first_attempt(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.behave(silent)
    for _ in range(20):
        bench.integration(receiver, event_type=EventType.INBOUND_RECEIVED)
    bench.integration(other_receiver, event_type=EventType.OUTBOUND_PLACED)
    await bench.start(lanes=small_lanes(max_in_flight=32, firsts_waiting=4))
    await bench.accept(*(bench.event() for _ in range(50)))  # a thousand that nobody will ever answer
    for number in range(1, 11):
        await bench.accept(bench.event(EventType.OUTBOUND_PLACED))
        await other_receiver.got(number)
    await bench.settled(10)
    assert bench.engine.lanes.in_flight > 20  # the dead ones are still being waited for


async def test_a_heap_of_due_retries_does_not_delay_first_attempts(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.behave(closing)
    bench.integration(receiver, event_type=EventType.INBOUND_RECEIVED)
    bench.integration(other_receiver, event_type=EventType.OUTBOUND_PLACED)
    await bench.start(lanes=small_lanes(failures=1000))  # its retries are not held back by a breaker
    await bench.accept(*(bench.event() for _ in range(150)))
    await bench.until(lambda: len(bench.seed.rows("SELECT 1 FROM attempt")) == 150)
    receiver.behave(silent)
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    await receiver.got(154)  # half of the integration's eight
    await bench.accept(bench.event(EventType.OUTBOUND_PLACED))
    await other_receiver.got(1)
    assert len(receiver.requests) == 154


async def test_a_later_event_of_a_call_waits_for_the_earlier_ones_first_attempt(
    bench: Bench, receiver: Receiver
) -> None:
    go_on = asyncio.Event()
    receiver.behave(after(go_on, answering(500)), answering(200))
    bench.integration(receiver)
    await bench.start()
    await bench.accept(*(bench.event(call="one", sequence=number) for number in (1, 2, 3)))
    await bench.accept(bench.event(call="another", sequence=7))  # of whose beginning nothing is known here
    assert sequences(await receiver.got(2)) == [1, 7]
    go_on.set()
    assert sequences(await receiver.got(4)) == [1, 7, 2, 3]


async def test_what_has_no_room_goes_by_the_database_and_keeps_its_order(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver, max_in_flight=2)
    await bench.start(lanes=small_lanes(firsts_waiting=5, max_in_flight=4))
    for sequence in range(1, 11):
        await asyncio.gather(*(
            bench.engine.accept([bench.event(call=f"call {call}", sequence=sequence)]) for call in range(20)))
    got = await receiver.got(200)
    await bench.settled(200)
    by_call: dict[str, list[int]] = {}
    for one in got:
        body = json.loads(one.body)
        by_call.setdefault(body["native_call_id"], []).append(body["sequence"])
    assert set(by_call) == {f"call {call}" for call in range(20)}
    assert all(order == list(range(1, 11)) for order in by_call.values())
    assert len(receiver.requests) == 200


async def test_order_holds_when_the_earlier_event_is_with_another_engine(
    bench: Bench, receiver: Receiver, open_database: object
) -> None:
    go_on = asyncio.Event()
    receiver.behave(after(go_on, answering(200)), answering(200))
    bench.integration(receiver)
    assert callable(open_database)
    other = Bench(bench.database_url, bench.seed, await open_database(), bench.account_id, bench.service_id)
    await bench.start()
    await other.start()
    try:
        await bench.accept(bench.event(call="one", sequence=1))
        await receiver.got(1)
        await other.accept(bench.event(call="one", sequence=2), bench.event(call="one", sequence=3))
        await other.accept(bench.event(call="free", sequence=2))
        assert sequences(await receiver.got(2)) == [1, 2]
        assert json.loads(receiver.requests[1].body)["native_call_id"] == "free"
        go_on.set()
        assert sequences(await receiver.got(4)) == [1, 2, 2, 3]
    finally:
        await other.stop(0)


async def test_what_a_dead_engine_held_is_sent_by_its_successor(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver)
    dead = uuid4()
    await bench.start()
    await bench.store.begin_incarnation(dead, "gone", 1)
    event = bench.event()
    acceptance = bench.engine.dispatcher.dispatch(event)
    await bench.store.accept(dead, [acceptance])
    assert receiver.requests == []
    assert await bench.store.bury_dead(-1.0) != []
    await receiver.got(1)
    await bench.store.begin_incarnation(bench.engine_id, "test", 1)
