"""A Line: hearing never waits for the database, open calls survive an engine, and what was missed is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.event import Event
from switchhook.domain.profile import Profile
from switchhook.pbx import connector, line
from switchhook.pbx.line import Line
from switchhook.store import open_store
from switchhook.store.ports import CallMemory, Store
from switchhook.store.rows import to_ms
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed
from tests.pbx.fake_freeswitch import FakeFreeSwitch, fake_freeswitch, frame
from tests.pbx.fake_pbx import FakePbx, fake_pbx, inbound
from tests.pbx.test_freeswitch import EXPECTED, TYPES, lines_of

pytestmark = pytest.mark.timeout(60)
PROFILE = Profile(service_id=UUID(int=1), account_id=UUID(int=2))


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "BACK_OFF_SECONDS", (0.01, 0.02))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = open_store(database_url, KEYS)
    await store.open()
    yield store
    await store.close()


class Acceptor:
    """Takes what a Line hands on; a closed gate is a database that does not answer."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.calls: list[CallMemory] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self._more = asyncio.Condition()

    async def __call__(self, events: Sequence[Event], calls: Sequence[CallMemory]) -> None:
        self.asked.set()
        await self.gate.wait()
        async with self._more:
            self.events += events
            self.calls += calls
            self._more.notify_all()

    async def until(self, true: Callable[[], bool]) -> None:
        async with self._more, asyncio.timeout(20):
            await self._more.wait_for(true)


@asynccontextmanager
async def at_work(pbx: FakePbx | FakeFreeSwitch, store: Store, accept: Acceptor) -> AsyncIterator[Line]:
    one = Line(pbx.connection, lambda _leg: PROFILE, store, accept, random=Random(1))
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await one.finish()


async def test_a_database_that_does_not_answer_stops_no_one_from_reading_the_socket(store: Store) -> None:
    accept = Acceptor()
    async with fake_pbx() as pbx, at_work(pbx, store, accept) as one:
        writer = await pbx.connected.get()
        accept.gate.clear()
        writer.write(inbound(0))
        await accept.asked.wait()
        for number in range(1, 3000):
            writer.write(inbound(number))
            await writer.drain()  # returns only because the other side reads
        while one.ear.messages < 3000:
            await asyncio.sleep(0.005)
        assert accept.events == []
        accept.gate.set()
        await accept.until(lambda: len(accept.events) == 3000)
        assert {event.type for event in accept.events} == {EventType.INBOUND_RECEIVED}


async def test_too_much_waiting_is_given_up_and_told_as_a_gap(
    store: Store, seed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "MOST_WAITING", 10)
    accept = Acceptor()
    async with fake_pbx() as pbx, at_work(pbx, store, accept) as one:
        writer = await pbx.connected.get()
        accept.gate.clear()
        writer.write(inbound(0))
        await accept.asked.wait()
        writer.write(b"".join(inbound(number) for number in range(1, 40)))
        while one.ear.messages < 40:
            await asyncio.sleep(0.005)
        async with asyncio.timeout(20):
            while not seed.rows("SELECT reason FROM gap"):  # type: ignore[attr-defined]
                await asyncio.sleep(0.02)
        assert "events were lost" in seed.rows("SELECT reason FROM gap")[0]["reason"]  # type: ignore[attr-defined]
        accept.gate.set()


async def test_what_nobody_heard_between_two_engines_is_a_gap(store: Store, seed: Seed) -> None:
    accept = Acceptor()
    async with fake_pbx() as pbx:
        async with at_work(pbx, store, accept) as one:
            (await pbx.connected.get()).write(inbound(1))
            await accept.until(lambda: len(accept.events) == 1)
            heard_at = one.ear.last_message_at
        await store.report_connection(one.report())  # now that no report of its own is on its way
        async with at_work(pbx, store, accept), asyncio.timeout(20):
            while not seed.rows("SELECT id FROM gap"):
                await asyncio.sleep(0.02)
    (gap,) = seed.rows("SELECT begin_ms, reason FROM gap")
    assert heard_at is not None
    assert (gap["begin_ms"], gap["reason"]) == (to_ms(heard_at), "no engine listened")


async def test_a_lost_connection_leaves_a_gap_with_the_calls_that_were_open(store: Store, seed: object) -> None:
    accept = Acceptor()
    async with fake_pbx() as pbx, at_work(pbx, store, accept):
        writer = await pbx.connected.get()
        writer.write(inbound(1))
        await accept.until(lambda: len(accept.events) == 1)
        await pbx.hang_up()
        await pbx.connected.get()
        async with asyncio.timeout(20):
            while not seed.rows("SELECT id FROM gap"):  # type: ignore[attr-defined]
                await asyncio.sleep(0.02)
        (gap,) = seed.rows("SELECT begin_ms, end_ms, partial_calls FROM gap")  # type: ignore[attr-defined]
        assert gap["partial_calls"] == 1
        assert gap["begin_ms"] <= gap["end_ms"] <= datetime.now(UTC).timestamp() * 1000


async def test_a_successor_goes_on_with_an_open_call_and_tells_nothing_twice(store: Store) -> None:
    engine_id = uuid4()
    await store.begin_incarnation(engine_id, "test", 1)
    async with fake_pbx() as pbx:
        accept = Acceptor()
        connection_id = pbx.connection.id
        assert await store.own_connection(engine_id, connection_id)
        async with at_work(pbx, store, accept):
            (await pbx.connected.get()).write(inbound(1))
            await accept.until(lambda: len(accept.calls) == 1)
        await store.accept(engine_id, (), accept.calls)

        successor = Acceptor()
        async with at_work(pbx, store, successor):
            writer = await pbx.connected.get()
            writer.write(inbound(1) + inbound(2))
            await successor.until(lambda: len(successor.events) >= 1)
        assert [event.native_call_id for event in successor.events] == ["1795312523.2"]


async def test_a_call_is_kept_for_people_while_it_is_open_and_at_its_end(store: Store, seed: Seed) -> None:
    accept = Acceptor()
    async with fake_pbx() as pbx:
        async with at_work(pbx, store, accept):
            writer = await pbx.connected.get()
            accept.gate.clear()  # a timeline does not wait for accepting, nor accepting for it
            writer.write(inbound(1))
            async with asyncio.timeout(20):
                while not seed.rows("SELECT id FROM call"):
                    await asyncio.sleep(0.02)
            (row,) = seed.rows("SELECT state, ended_ms, source_number, notes FROM call")
            assert (row["state"], row["ended_ms"], row["source_number"]) == ("ringing", None, "12025550171")
            assert "came in over trunk-provider to 12025550101" in row["notes"]
            writer.write(b"Event: Hangup\r\nChannel: PJSIP/trunk-provider-00000001\r\nUniqueid: 1795312523.1\r\n"
                         b"Linkedid: 1795312523.1\r\nCause: 16\r\n\r\n")
            accept.gate.set()
            await accept.until(lambda: any(not call.memory for call in accept.calls))
        (row,) = seed.rows("SELECT state, ended_ms, notes FROM call")  # a line that ends writes what it has
        assert row["state"] == "unanswered"
        assert row["ended_ms"] is not None
        assert row["notes"].count("the caller left") == 1


async def test_a_timeline_that_cannot_be_written_costs_no_event(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: object) -> None:
        raise ValueError("no such column")

    monkeypatch.setattr(store, "keep_calls", broken)
    accept = Acceptor()
    async with fake_pbx() as pbx, at_work(pbx, store, accept):
        writer = await pbx.connected.get()
        writer.write(inbound(1))
        async with asyncio.timeout(20):
            while "pbx.timelines_lost" not in caplog.text:
                await asyncio.sleep(0.02)
        writer.write(inbound(2))
        await accept.until(lambda: len(accept.events) == 2)


async def test_recorded_calls_of_a_freeswitch_come_through_the_socket(store: Store) -> None:
    accept = Acceptor()
    sent = b"".join(frame(line) for name in EXPECTED for line in lines_of(name))
    expected = [TYPES[one["event"]] for name in EXPECTED for one in EXPECTED[name]]
    async with fake_freeswitch() as pbx, at_work(pbx, store, accept) as one:
        writer = await pbx.connected.get()
        for begin in range(0, len(sent), 3001):
            writer.write(sent[begin : begin + 3001])
            await writer.drain()
        await accept.until(lambda: len(accept.events) == len(expected))
        assert [event.type for event in accept.events] == expected
        assert one.ear.messages == sum(len(lines_of(name)) for name in EXPECTED)
        assert one.report().unclaimed == 0


async def test_a_freeswitch_that_restarts_leaves_a_gap_and_no_open_call(store: Store, seed: Seed) -> None:
    accept = Acceptor()
    lines = lines_of("in_direct")
    async with fake_freeswitch() as pbx, at_work(pbx, store, accept):
        (await pbx.connected.get()).write(b"".join(frame(line) for line in lines[:9]))
        await accept.until(lambda: len(accept.events) == 1)
        await pbx.hang_up()
        await pbx.connected.get()
        await accept.until(lambda: bool(accept.calls) and accept.calls[-1].memory == "")
        async with asyncio.timeout(20):
            while not seed.rows("SELECT id FROM gap"):
                await asyncio.sleep(0.02)
        (gap,) = seed.rows("SELECT partial_calls FROM gap")
        assert gap["partial_calls"] == 1
