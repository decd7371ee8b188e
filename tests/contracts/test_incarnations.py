"""Incarnations of engines: heartbeats, burials, and what the dead leave behind."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from switchhook.domain.errors import OwnershipLost
from switchhook.store.ports import CallMemory, Store
from switchhook.store.rows import to_uuid
from tests.contracts.making import accept_one, ids, recording, try_again
from tests.fixtures.seed import Seed


async def test_an_engine_that_beats_is_not_buried(store: Store, engine: UUID, seed: Seed) -> None:
    seed.execute("UPDATE engine SET heartbeat_at_ms = 0")
    await store.beat(engine)
    assert await store.bury_dead(10) == []
    row = seed.row("engine", engine)
    assert (row["host"], row["pid"]) == ("host-1", 4711)
    assert row["heartbeat_at_ms"] >= row["started_at_ms"]


async def test_one_that_does_not_is_buried_and_told_when_it_beats_again(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    seed.execute("UPDATE engine SET heartbeat_at_ms = heartbeat_at_ms - 11000 WHERE id = ?", engine)
    assert await store.bury_dead(10) == [engine]
    assert await store.bury_dead(10) == []
    with pytest.raises(OwnershipLost):
        await store.beat(engine)
    await store.beat(other_engine)


async def test_what_the_dead_held_goes_to_the_living_in_its_old_place(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    sent, unsent, later = [await accept_one(store, engine, claimed=ours) for ours in (True, True, False)]
    seed.execute("UPDATE delivery SET next_attempt_at_ms = next_attempt_at_ms - 1 WHERE id = ?", unsent.id)
    await store.record([recording(engine, sent.id, try_again(-1))])
    (claimed,) = await store.claim(engine, 10, firsts=False)
    assert claimed.delivery.id == sent.id
    errand = seed.errand("test_call", {})
    await store.claim_errands(engine, 10)
    pbx = uuid4()
    assert await store.own_connection(engine, pbx)
    assert not await store.own_connection(other_engine, pbx)

    seed.execute("UPDATE engine SET heartbeat_at_ms = 0 WHERE id = ?", engine)
    assert await store.bury_dead(10) == [engine]

    assert ids(await store.claim(other_engine, 10, firsts=True)) == [unsent.id, later.id]
    (retry,) = await store.claim(other_engine, 10, firsts=False)
    assert (retry.delivery.id, retry.delivery.attempts) == (sent.id, 3)
    assert [one.id for one in await store.claim_errands(other_engine, 10)] == [errand]
    assert await store.own_connection(other_engine, pbx)


async def test_what_somebody_wrote_after_his_burial_is_taken_too(store: Store, engine: UUID) -> None:
    zombie = uuid4()
    one = await accept_one(store, zombie)
    assert await store.bury_dead(10) == [zombie]
    (claimed,) = await store.claim(engine, 10, firsts=True)
    assert (claimed.delivery.id, claimed.delivery.attempts) == (one.id, 2)


async def test_the_claims_of_the_living_are_left_to_them(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    mine, theirs = await accept_one(store, engine), await accept_one(store, other_engine)
    seed.execute("UPDATE engine SET heartbeat_at_ms = 0 WHERE id = ?", engine)
    await store.bury_dead(10)
    assert to_uuid(seed.row("delivery", theirs.id)["owner"]) == other_engine
    assert seed.row("delivery", mine.id)["owner"] is None


async def test_an_engine_that_ends_leaves_nothing_behind(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    one = await accept_one(store, engine)
    pbx = uuid4()
    await store.own_connection(engine, pbx)
    await store.end_incarnation(engine)
    assert not seed.rows("SELECT id FROM engine WHERE id = ?", engine)
    assert ids(await store.claim(other_engine, 10, firsts=True)) == [one.id]
    assert await store.own_connection(other_engine, pbx)
    assert await store.bury_dead(10) == []


async def test_beginning_again_after_an_unsure_answer_is_harmless(store: Store, engine: UUID) -> None:
    await store.begin_incarnation(engine, "host-1", 4711)
    await store.beat(engine)


class TestConnections:
    async def test_a_connection_has_one_owner(self, store: Store, engine: UUID, other_engine: UUID) -> None:
        pbx = uuid4()
        assert await store.own_connection(engine, pbx)
        assert await store.own_connection(engine, pbx)
        assert not await store.own_connection(other_engine, pbx)
        await store.disown_connection(other_engine, pbx)
        assert not await store.own_connection(other_engine, pbx)
        await store.disown_connection(engine, pbx)
        assert await store.own_connection(other_engine, pbx)

    async def test_an_engine_that_was_buried_owns_nothing(self, store: Store, engine: UUID) -> None:
        pbx = uuid4()
        assert not await store.own_connection(uuid4(), pbx)
        assert await store.own_connection(engine, pbx)

    async def test_a_successor_finds_the_calls_that_were_open(
        self, store: Store, engine: UUID, other_engine: UUID,
    ) -> None:
        call = CallMemory(connection_id=uuid4(), key="1772580115.42", memory='{"told": 1}')
        await store.own_connection(engine, call.connection_id)
        await store.accept(engine, [], [call, replace(call, connection_id=uuid4())])
        await store.end_incarnation(engine)
        assert await store.own_connection(other_engine, call.connection_id)
        assert await store.open_calls(call.connection_id) == [call]


async def test_who_could_not_beat_itself_buries_nobody(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    seed.execute("UPDATE engine SET heartbeat_at_ms = 0")
    assert await store.bury_dead(10, engine) == []
    await store.beat(engine)
    assert await store.bury_dead(10, engine) == [other_engine]


async def test_an_engine_that_was_buried_while_it_slept_writes_nothing_more(store: Store, seed: Seed) -> None:
    """Except what it attempted: that is kept as history and changes no state."""
    engine = uuid4()
    await store.begin_incarnation(engine, "test", 1)
    store.fence(engine)
    one = await accept_one(store, engine)
    seed.execute("DELETE FROM engine")
    with pytest.raises(OwnershipLost):
        await accept_one(store, engine)
    with pytest.raises(OwnershipLost):
        await store.cancel([one.id], "the integration is disabled")
    with pytest.raises(OwnershipLost):
        await store.beat(engine)
    assert [row["state"] for row in seed.rows("SELECT state FROM delivery")] == ["pending"]
    assert len(seed.rows("SELECT id FROM event")) == 1
    await store.record([recording(engine, one.id)])
    assert len(seed.rows("SELECT number FROM attempt")) == 1
