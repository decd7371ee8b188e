"""Accept: what is committed together, and what doing it twice comes to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from switchhook.domain.catalogue import Field
from switchhook.store import open_store
from switchhook.store.ports import CallMemory, Store
from switchhook.store.rows import to_uuid
from tests.contracts.making import INTEGRATION, SERVICE, accept_one, acceptance, delivery, event, ids
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed


async def test_an_accepted_event_is_there_with_all_that_can_be_searched(store: Store, engine: UUID, seed: Seed) -> None:
    one = event(is_test=True)
    accepted = await store.accept(engine, [acceptance(one, unwanted_reason="because")])
    assert accepted.new == {one.id}
    row = seed.row("event", one.id)
    assert to_uuid(row["call_uuid"]) == one.call_uuid
    assert (row["source_number"], row["source_tail"]) == ("+1 (202) 555-0171", "25550171")
    assert (row["destination_tail"], row["extension_number"]) == ("25550101", "201")
    assert (row["unwanted_reason"], bool(row["is_test"])) == ("because", True)
    assert json.loads(row["fields"])["has_voicemail"] is True
    assert abs(row["accepted_at_ms"] - row["at_ms"]) < 60_000


async def test_its_deliveries_are_ours_with_the_first_attempt_allotted(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    row = seed.row("delivery", one.id)
    assert to_uuid(row["owner"]) == engine
    assert (row["state"], row["attempts"], bool(row["tried"]), bool(row["manual"])) == ("pending", 1, False, False)
    assert await store.claim(engine, 10, firsts=True) == []


async def test_what_is_accepted_unclaimed_waits_for_whoever_claims_it(store: Store, engine: UUID) -> None:
    one = acceptance(claimed=False)
    await store.accept(engine, [one])
    (claimed,) = await store.claim(engine, 10, firsts=True)
    assert claimed.delivery == replace(one.deliveries[0], attempts=1)
    assert claimed.event == one.event
    assert not claimed.manual


async def test_of_one_event_one_delivery_may_be_claimed_and_another_not(store: Store, engine: UUID) -> None:
    of = event()
    ours, free = delivery(of), delivery(of, uuid4())
    await store.accept(engine, [replace(acceptance(of), deliveries=[ours, free], unclaimed=frozenset({free.id}))])
    assert ids(await store.claim(engine, 10, firsts=True)) == [free.id]


async def test_accepting_an_event_again_changes_nothing_and_is_told(store: Store, engine: UUID, seed: Seed) -> None:
    one, other = acceptance(), acceptance()
    await store.accept(engine, [one])
    later = replace(one, event=replace(one.event, native_call_id="changed"), deliveries=[delivery(one.event, uuid4())])
    accepted = await store.accept(uuid4(), [later, other])
    assert accepted.new == {other.event.id}
    assert seed.row("event", one.event.id)["native_call_id"] == one.event.native_call_id
    assert len(seed.rows("SELECT id FROM delivery WHERE event_id = ?", one.event.id)) == 1


async def test_the_same_event_twice_in_one_batch_is_one(store: Store, engine: UUID, seed: Seed) -> None:
    one = acceptance()
    accepted = await store.accept(engine, [one, one])
    assert accepted.new == {one.event.id}
    assert len(seed.rows("SELECT id FROM delivery")) == 1


async def test_an_event_that_nobody_wants_is_kept_with_the_reason(store: Store, engine: UUID, seed: Seed) -> None:
    one = replace(acceptance(integrations=()), unwanted_reason="the integration is disabled")
    assert (await store.accept(engine, [one])).new == {one.event.id}
    assert seed.row("event", one.event.id)["unwanted_reason"] == "the integration is disabled"


async def test_two_engines_that_accept_the_same_events_at_once_share_them(
    store: Store, engine: UUID, other_engine: UUID, database_url: str,
) -> None:
    events = [event() for _ in range(40)]
    second = open_store(database_url, KEYS)
    await second.open()
    mine, theirs = await asyncio.gather(
        store.accept(engine, [acceptance(one) for one in events]),
        second.accept(other_engine, [acceptance(one) for one in reversed(events)]))
    await second.close()
    assert mine.new | theirs.new == {one.id for one in events}
    assert not mine.new & theirs.new


class TestIntakeKeys:
    async def test_the_first_event_with_a_key_counts(self, store: Store, engine: UUID, seed: Seed) -> None:
        first, second = event(), event()
        assert not (await store.accept(engine, [acceptance(first, intake_key="order-7")])).known
        accepted = await store.accept(engine, [acceptance(second, intake_key="order-7")])
        assert (accepted.new, accepted.known) == (frozenset(), {second.id: first.id})
        assert not seed.rows("SELECT id FROM event WHERE id = ?", second.id)

    async def test_the_same_event_with_its_key_again_is_known_as_itself(self, store: Store, engine: UUID) -> None:
        one = acceptance(intake_key="order-7")
        await store.accept(engine, [one])
        accepted = await store.accept(engine, [one])
        assert (accepted.new, accepted.known) == (frozenset(), {one.event.id: one.event.id})

    async def test_within_a_batch_the_first_counts(self, store: Store, engine: UUID) -> None:
        first, second = event(), event()
        accepted = await store.accept(
            engine, [acceptance(first, intake_key="order-7"), acceptance(second, intake_key="order-7")])
        assert (accepted.new, accepted.known) == ({first.id}, {second.id: first.id})

    async def test_another_service_has_keys_of_its_own(self, store: Store, engine: UUID) -> None:
        here, there = event(), event(service_id=uuid4())
        accepted = await store.accept(
            engine, [acceptance(here, intake_key="order-7"), acceptance(there, intake_key="order-7")])
        assert (accepted.new, accepted.known) == ({here.id, there.id}, {})


class TestCalls:
    async def test_open_calls_are_remembered_and_forgotten_with_the_events(self, store: Store, engine: UUID) -> None:
        pbx = uuid4()
        call = CallMemory(connection_id=pbx, key="1772580115.42", memory='{"told": 1}')
        await store.accept(engine, [acceptance()], [call, replace(call, key="1772580115.43")])
        await store.accept(engine, [], [
            replace(call, memory='{"told": 2}'), replace(call, key="1772580115.43", memory="")])
        assert await store.open_calls(pbx) == [replace(call, memory='{"told": 2}')]
        await store.forget_calls(pbx, [call.key])
        assert await store.open_calls(pbx) == []

    async def test_the_last_word_on_a_call_counts(self, store: Store, engine: UUID) -> None:
        call = CallMemory(connection_id=uuid4(), key="1", memory="{}")
        await store.accept(engine, [], [call, replace(call, memory="")])
        assert await store.open_calls(call.connection_id) == []

    async def test_a_late_owner_does_not_overwrite_its_successors_memory(
        self, store: Store, engine: UUID, other_engine: UUID,
    ) -> None:
        newer = CallMemory(connection_id=uuid4(), key="1", memory='{"told": 2}')
        assert await store.own_connection(other_engine, newer.connection_id)
        await store.accept(other_engine, [], [newer])
        one = acceptance()
        accepted = await store.accept(engine, [one], [replace(newer, memory='{"told": 1}')])
        assert accepted.new == {one.event.id}
        await store.accept(engine, [], [replace(newer, memory="")])
        assert await store.open_calls(newer.connection_id) == [newer]


class TestErrands:
    async def test_the_errand_is_closed_with_the_events(self, store: Store, engine: UUID, seed: Seed) -> None:
        id_ = seed.errand("user_changed", {})
        await store.claim_errands(engine, 10)
        await store.accept(engine, [acceptance()], errand_id=id_, errand_result={"delivery_id": "1"})
        row = seed.row("errand", id_)
        assert (row["state"], json.loads(row["result"])) == ("done", {"delivery_id": "1"})
        assert row["owner"] is None
        assert row["finished_at_ms"]

    async def test_an_errand_that_another_engine_has_taken_over_stays_open(
        self, store: Store, engine: UUID, other_engine: UUID, seed: Seed,
    ) -> None:
        id_ = seed.errand("user_changed", {})
        await store.claim_errands(other_engine, 10)
        await store.accept(engine, [acceptance()], errand_id=id_)
        assert seed.row("errand", id_)["state"] == "working"


@pytest.mark.parametrize("stranger", ["nul \0 in it", "half a pair \ud83d", "emoji 📞", "100 % :name {rows}"])
async def test_a_strangers_text_never_breaks_a_batch(store: Store, engine: UUID, stranger: str) -> None:
    odd = event(
        native_call_id=stranger, order_key=stranger, fields={Field.SOURCE_NUMBER: stranger, Field.NAME: stranger})
    fine = event()
    accepted = await store.accept(engine, [
        acceptance(odd, claimed=False, intake_key=stranger), acceptance(fine, claimed=False)],
        [CallMemory(connection_id=SERVICE, key=stranger, memory=stranger)])
    assert accepted.new == {odd.id, fine.id}
    claimed = {one.event.id: one for one in await store.claim(engine, 10, firsts=True)}
    assert claimed[odd.id].event.fields[Field.NAME] == stranger
    assert claimed[fine.id].delivery.integration_id == INTEGRATION


async def test_many_at_once(store: Store, engine: UUID, seed: Seed) -> None:
    batch = [acceptance() for _ in range(500)]
    accepted = await store.accept(engine, batch)
    assert len(accepted.new) == 500
    assert seed.rows("SELECT count(*) AS n FROM delivery") == [{"n": 500}]


async def test_nothing_at_all_is_fine(store: Store, engine: UUID) -> None:
    assert (await store.accept(engine, [])).new == frozenset()
