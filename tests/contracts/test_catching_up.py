"""Catching up: what was missed, what was not delivered, and how far an errand has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import DeliveryState as State
from switchhook.domain.delivery import GiveUp
from switchhook.domain.integration import Integration, Wanted
from switchhook.store.ports import Store, Undelivered
from tests.contracts.making import (
    ACCOUNT,
    INTEGRATION,
    SERVICE,
    accept_one,
    acceptance,
    delivery,
    event,
    ids,
    now,
    recording,
)
from tests.fixtures.seed import Seed

BEGINNING, END = UUID(int=0), UUID(int=2**128 - 1)
ORDER = Integration(
    id=INTEGRATION, account_id=ACCOUNT, service_id=SERVICE, name="CRM", event_type=EventType.INBOUND_RECEIVED,
    request_url="https://crm.example/hook")


async def test_missed_events_are_those_of_its_kind_and_place_while_applications_were_on(
    store: Store, engine: UUID,
) -> None:
    missed, received = event(), event()
    await store.accept(engine, [
        acceptance(received),
        acceptance(missed, (), unwanted_reason=Wanted.DISABLED.value),
        acceptance(event(), (), unwanted_reason=Wanted.APPLICATIONS_OFF.value),
        acceptance(event(is_test=True), ()),
        acceptance(event(type=EventType.OUTBOUND_PLACED), ()),
        acceptance(event(service_id=uuid4()), ()),
        acceptance(event(account_id=uuid4()), ())])
    stretch = await store.missed_events(ORDER, BEGINNING, END, 100)
    assert ([one.id for one in stretch.found], stretch.end) == (sorted([received.id, missed.id]), None)
    everywhere = await store.missed_events(replace(ORDER, service_id=None), BEGINNING, END, 100)
    assert len(everywhere.found) == 3


async def test_history_is_walked_in_stretches_of_so_many_rows(store: Store, engine: UUID) -> None:
    start = now() - timedelta(hours=1)
    events = [event(at=start + timedelta(seconds=number)) for number in range(5)]
    others = [event(at=one.at, type=EventType.OUTBOUND_PLACED) for one in events]
    await store.accept(engine, [acceptance(one, ()) for one in (*events, *others)])
    found, after, stretches = [], BEGINNING, 0
    while after is not None:
        stretch = await store.missed_events(ORDER, after, END, 3)
        found += stretch.found
        after, stretches = stretch.end, stretches + 1
    assert ([one.id for one in found], stretches) == ([one.id for one in events], 4)


async def test_what_is_owed_later_is_due_at_once_and_owed_only_once(store: Store, engine: UUID) -> None:
    missed = event()
    await store.accept(engine, [acceptance(missed, ())])
    await accept_one(store, engine)
    assert await store.owe([(missed, delivery(missed))]) == 1
    assert await store.owe([(missed, delivery(missed))]) == 0
    claimed = await store.claim(engine, 10, firsts=True)
    assert (ids(claimed), claimed[0].delivery.attempts) == ([delivery(missed).id], 1)


async def test_undelivered_are_those_that_ended_badly_in_the_window(store: Store, engine: UUID) -> None:
    start = now() - timedelta(hours=2)
    owed = [await accept_one(store, engine, event(at=start + timedelta(minutes=minute))) for minute in range(5)]
    test = await accept_one(store, engine, event(at=start, is_test=True))
    for one in (*owed[:4], test):
        verdict = None if one is owed[1] else GiveUp(state=State.FAILED, why="404")
        await store.record([recording(engine, one.id, verdict)])
    wanted = Undelivered(account_id=ACCOUNT, since=start, until=start + timedelta(minutes=3))
    assert (await store.undelivered(wanted, BEGINNING, 100)).found == [owed[0].id, owed[2].id]
    assert (await store.undelivered(replace(wanted, integration_id=INTEGRATION), owed[0].id, 100)).found == [owed[2].id]
    for other in (
        replace(wanted, integration_id=uuid4()), replace(wanted, event_type="call.outbound_placed"),
        replace(wanted, account_id=uuid4()), replace(wanted, states=frozenset({State.EXPIRED})),
    ):
        assert (await store.undelivered(other, BEGINNING, 100)).found == []
    first = await store.undelivered(wanted, BEGINNING, 2)
    assert first.end is not None
    rest = await store.undelivered(wanted, first.end, 100)
    assert ([*first.found, *rest.found], rest.end) == ([owed[0].id, owed[2].id], None)


async def test_progress_is_written_while_the_errand_is_ours_and_is_there_for_the_next(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    errand = seed.errand("catch_up", {})
    await store.claim_errands(engine, 1)
    assert await store.progress_errand(engine, errand, {"done": 3})
    assert not await store.progress_errand(other_engine, errand, {"done": 9})
    await store.end_incarnation(engine)
    (again,) = await store.claim_errands(other_engine, 1)
    assert again.progress == {"done": 3}
    seed.execute("UPDATE errand SET state = 'paused', owner = NULL WHERE id = ?", errand)
    assert not await store.progress_errand(other_engine, errand, {"done": 4})
