"""Claim: who gets which delivery, when, and in which order."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from switchhook.domain.catalogue import EventType
from switchhook.store import open_store
from switchhook.store.ports import Store
from tests.contracts.making import (
    INTEGRATION,
    accept_one,
    acceptance,
    delivery,
    event,
    ids,
    now,
    recording,
    try_again,
)
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed


async def test_first_attempts_come_in_the_order_of_their_making(store: Store, engine: UUID) -> None:
    made = [now() - timedelta(seconds=seconds) for seconds in (3, 1, 2)]
    events = [event(at=at) for at in made]
    await store.accept(engine, [
        replace(acceptance(of, claimed=False), deliveries=[delivery(of, created_at=of.at)]) for of in events])
    claimed = await store.claim(engine, 10, firsts=True)
    assert [one.event.at for one in claimed] == sorted(made)


async def test_no_more_than_the_limit_is_claimed(store: Store, engine: UUID) -> None:
    await store.accept(engine, [acceptance(claimed=False) for _ in range(5)])
    assert len(await store.claim(engine, 3, firsts=True)) == 3
    assert len(await store.claim(engine, 3, firsts=True)) == 2
    assert await store.claim(engine, 3, firsts=True) == []


async def test_one_integrations_backlog_hides_nobody_elses_delivery(store: Store, engine: UUID) -> None:
    long_ago = now() - timedelta(hours=1)
    backlog = [event(at=long_ago) for _ in range(50)]
    await store.accept(engine, [
        replace(acceptance(of, claimed=False), deliveries=[delivery(of, created_at=long_ago)]) for of in backlog])
    mine = await accept_one(store, engine, integrations=[uuid4()], claimed=False)
    assert mine.id in ids(await store.claim(engine, 2, firsts=True))
    assert len(await store.claim(engine, 10, firsts=True)) == 10


async def test_what_one_integration_leaves_of_its_share_goes_to_the_others(store: Store, engine: UUID) -> None:
    await store.accept(engine, [acceptance(claimed=False) for _ in range(20)])
    mine = await accept_one(store, engine, integrations=[uuid4()], claimed=False)
    claimed = ids(await store.claim(engine, 10, firsts=True))
    assert len(set(claimed)) == 10
    assert mine.id in claimed


async def test_fewer_than_asked_for_means_that_nothing_else_is_due(store: Store, engine: UUID) -> None:
    many = [uuid4() for _ in range(7)]
    await store.accept(engine, [acceptance(claimed=False, integrations=many[: number % 7 + 1]) for number in range(20)])
    sizes = []
    while claimed := await store.claim(engine, 9, firsts=True):
        sizes.append(len(claimed))
    assert set(sizes[:-1]) == {9}
    assert sum(sizes) == sum(number % 7 + 1 for number in range(20))


async def test_integrations_without_room_are_skipped(store: Store, engine: UUID) -> None:
    await accept_one(store, engine, claimed=False)
    mine = await accept_one(store, engine, integrations=[uuid4()], claimed=False)
    assert ids(await store.claim(engine, 10, firsts=True, skip={INTEGRATION})) == [mine.id]


async def test_retries_are_another_lane_and_come_when_they_are_due(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    await store.record([recording(engine, one.id, try_again(3600))])
    assert await store.claim(engine, 10, firsts=False) == []
    seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    assert await store.claim(engine, 10, firsts=True) == []
    (claimed,) = await store.claim(engine, 10, firsts=False)
    assert (claimed.delivery.id, claimed.delivery.attempts) == (one.id, 2)


async def test_what_is_not_due_yet_waits_behind_what_is(store: Store, engine: UUID) -> None:
    due, resting = await accept_one(store, engine), await accept_one(store, engine)
    await store.record([recording(engine, due.id, try_again(-1)), recording(engine, resting.id, try_again(3600))])
    assert ids(await store.claim(engine, 10, firsts=False)) == [due.id]


async def test_retries_come_by_due_time(store: Store, engine: UUID) -> None:
    early, late = await accept_one(store, engine), await accept_one(store, engine)
    await store.record([recording(engine, early.id, try_again(-1)), recording(engine, late.id, try_again(-9))])
    assert ids(await store.claim(engine, 10, firsts=False)) == [late.id, early.id]


async def test_an_expired_delivery_is_not_claimed_but_said_to_be_expired(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    of = event()
    stale = [delivery(of, uuid4(), expires_at=now() - timedelta(seconds=1)) for _ in range(4)]
    await store.accept(engine, [replace(acceptance(of, claimed=False), deliveries=stale)])
    fresh = await accept_one(store, engine, integrations=[stale[0].integration_id], claimed=False)
    assert ids(await store.claim(engine, 2, firsts=True)) == [fresh.id]
    assert await store.claim(engine, 2, firsts=True) == []
    row = seed.row("delivery", stale[0].id)
    assert (row["state"], row["attempts"], row["owner"]) == ("expired", 0, None)
    assert row["last_problem"] == "It expired before it could be attempted."
    assert row["finished_at_ms"]


async def test_two_engines_never_claim_the_same(
    store: Store, engine: UUID, other_engine: UUID, database_url: str,
) -> None:
    await store.accept(engine, [acceptance(claimed=False, integrations=[uuid4()]) for _ in range(60)])
    second = open_store(database_url, KEYS)
    await second.open()
    got: Counter[UUID] = Counter()

    async def claim_all(by: Store, engine_id: UUID) -> None:
        while True:
            claimed = await by.claim(engine_id, 7, firsts=True)
            got.update(ids(claimed))
            if not claimed:
                return

    await asyncio.gather(claim_all(store, engine), claim_all(second, other_engine))
    left = await store.claim(engine, 100, firsts=True)  # what one skipped while the other held it
    await second.close()
    got.update(ids(left))
    assert len(got) == 60
    assert set(got.values()) == {1}


async def test_what_is_given_back_is_claimed_again_with_the_same_number(store: Store, engine: UUID) -> None:
    one = await accept_one(store, engine)
    await store.release(engine, [one.id])
    (claimed,) = await store.claim(engine, 10, firsts=True)
    assert (claimed.delivery.id, claimed.delivery.attempts) == (one.id, 1)


async def test_what_is_given_back_may_rest(store: Store, engine: UUID) -> None:
    one = await accept_one(store, engine)
    await store.release(engine, [one.id], due_in_seconds=60)
    assert await store.claim(engine, 10, firsts=True) == []
    due = await store.next_due_seconds()
    assert due is not None
    assert 50 < due <= 60


async def test_nobody_gives_back_what_is_not_his(store: Store, engine: UUID, other_engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    await store.release(other_engine, [one.id])
    assert seed.row("delivery", one.id)["attempts"] == 1
    assert await store.claim(other_engine, 10, firsts=True) == []


async def test_what_an_engine_holds_without_knowing_it_is_given_back(
    store: Store, engine: UUID, other_engine: UUID,
) -> None:
    """Its accept or claim was committed, and the answer got lost."""
    in_hand, lost, done, theirs = [await accept_one(store, by) for by in (engine, engine, engine, other_engine)]
    await store.record([recording(engine, done.id)])
    assert await store.held(engine) == {in_hand.id, lost.id}
    await store.release(engine, [lost.id])
    assert await store.held(engine) == {in_hand.id}
    (claimed,) = await store.claim(other_engine, 10, firsts=True)
    assert (claimed.delivery.id, claimed.delivery.attempts) == (lost.id, 1)
    assert await store.record([recording(engine, in_hand.id), recording(other_engine, theirs.id)]) == [True, True]
    assert await store.held(other_engine) == {lost.id}


async def test_the_next_due_time_is_that_of_what_nobody_holds(store: Store, engine: UUID) -> None:
    assert await store.next_due_seconds() is None
    one = await accept_one(store, engine)
    assert await store.next_due_seconds() is None
    await store.record([recording(engine, one.id, try_again(90))])
    due = await store.next_due_seconds()
    assert due is not None
    assert 80 < due <= 90
    await accept_one(store, engine, claimed=False)
    assert await store.next_due_seconds() == 0


async def test_what_a_suspended_account_is_owed_waits_untouched(store: Store, engine: UUID, seed: Seed) -> None:
    integration = seed.integration(seed.account())
    one = await accept_one(store, engine, integrations=[integration], claimed=False)
    seed.execute("UPDATE account SET state = 'suspended'")
    assert await store.claim(engine, 10, firsts=True) == []
    assert await store.next_due_seconds() is None
    assert await store.overdue_seconds() == 0
    seed.execute("UPDATE account SET state = 'open'")
    assert await store.next_due_seconds() == 0
    (claimed,) = await store.claim(engine, 10, firsts=True)
    assert claimed.delivery.id == one.id


async def test_a_delivery_whose_event_is_gone_is_cancelled(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine, claimed=False)
    seed.execute("DELETE FROM event")
    assert await store.claim(engine, 10, firsts=True) == []
    row = seed.row("delivery", one.id)
    assert (row["state"], row["last_problem"]) == ("cancelled", "Its event is no longer kept.")


async def test_what_only_a_newer_release_can_read_is_left_for_it(store: Store, engine: UUID, seed: Seed) -> None:
    strange = await accept_one(store, engine, claimed=False)
    seed.execute("UPDATE event SET type = 'call.beamed_up'")
    fine = await accept_one(store, engine, claimed=False)
    assert ids(await store.claim(engine, 10, firsts=True)) == [fine.id]
    row = seed.row("delivery", strange.id)
    assert (row["state"], row["attempts"], row["owner"]) == ("pending", 0, None)


class TestOrder:
    """A later event's first attempt waits for the end of the earlier one's, within integration and order key."""

    async def test_the_second_event_of_a_call_waits_for_the_firsts_first_attempt(
        self, store: Store, engine: UUID,
    ) -> None:
        received = event()
        answered = event(call_uuid=received.call_uuid, type=EventType.INBOUND_ANSWERED, sequence=2)
        first, second = await accept_one(store, engine, received), await accept_one(store, engine, answered)
        assert await store.earlier_firsts_pending([first.id, second.id]) == {second.id}
        await store.record([recording(engine, first.id, try_again())])
        assert await store.earlier_firsts_pending([first.id, second.id]) == frozenset()

    async def test_who_holds_the_earlier_one_does_not_matter(
        self, store: Store, engine: UUID, other_engine: UUID,
    ) -> None:
        received = event()
        first = await accept_one(store, other_engine, received)
        second = await accept_one(store, engine, event(call_uuid=received.call_uuid, sequence=2))
        assert await store.earlier_firsts_pending([second.id]) == {second.id}
        await store.cancel([first.id], "enough")
        assert await store.earlier_firsts_pending([second.id]) == frozenset()

    async def test_another_integration_and_another_call_wait_for_nothing(self, store: Store, engine: UUID) -> None:
        received = event()
        await accept_one(store, engine, received)
        elsewhere = await accept_one(
            store, engine, event(call_uuid=received.call_uuid, sequence=2), integrations=[uuid4()])
        another = await accept_one(store, engine, event(sequence=2))
        assert await store.earlier_firsts_pending([elsewhere.id, another.id]) == frozenset()

    async def test_events_of_equal_sequence_go_by_time(self, store: Store, engine: UUID) -> None:
        earlier = event(at=now() - timedelta(seconds=1), order_key="user-1")
        later = event(order_key="user-1")
        first, second = await accept_one(store, engine, earlier), await accept_one(store, engine, later)
        assert await store.earlier_firsts_pending([first.id, second.id]) == {second.id}
