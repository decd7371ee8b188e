"""Upkeep: what is old goes, what waits is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from switchhook.domain.catalogue import Field
from switchhook.domain.service import Account
from switchhook.store.ports import Gap, Store
from switchhook.store.rows import to_uuid
from switchhook.upkeep import MIB, drop_old_bodies, keep_within_quotas, prune_old
from tests.contracts.making import ACCOUNT, accept_one, acceptance, event, now, recording, request, try_again
from tests.fixtures.seed import Seed

OLD = timedelta(days=31)


async def test_old_events_go_with_all_that_is_theirs(store: Store, engine: UUID, seed: Seed) -> None:
    old = [event(at=now() - OLD) for _ in range(3)]
    await store.accept(engine, [acceptance(of, intake_key=str(of.id)) for of in old])
    kept = await accept_one(store, engine)
    for (id_,) in [tuple(row.values()) for row in seed.rows("SELECT id FROM delivery")]:
        await store.record([recording(engine, UUID(str(id_)))])
    bound = now() - timedelta(days=30)
    assert await store.prune(bound, 2) == 2
    assert await store.prune(bound, 2) == 1
    assert await store.prune(bound, 2) == 0
    assert len(seed.rows("SELECT * FROM event")) == len(seed.rows("SELECT * FROM attempt")) == 1
    assert seed.row("delivery", kept.id)
    assert seed.rows("SELECT * FROM intake_key") == []


async def test_an_account_may_keep_less(store: Store, engine: UUID, seed: Seed) -> None:
    mine, theirs = event(at=now() - OLD), event(at=now() - OLD, account_id=uuid4())
    made = [acceptance(mine), acceptance(theirs)]
    await store.accept(engine, made)
    await store.record([recording(engine, one.deliveries[0].id) for one in made])
    assert await store.prune(now() - timedelta(days=7), 10, account_id=ACCOUNT) == 1
    assert [row["n"] for row in seed.rows("SELECT count(*) AS n FROM event")] == [1]
    assert seed.row("event", theirs.id)


async def test_what_belongs_to_no_event_goes_with_time(store: Store, engine: UUID, seed: Seed) -> None:
    asked = seed.errand("send_test", {}, created_at_ms=1000)
    done = seed.errand("send_test", {}, created_at_ms=1000, state="done")
    gap = Gap(connection_id=uuid4(), begin=now() - OLD, end=now() - OLD, reason="silent")
    await store.record_gap(gap)
    await store.record_gap(replace(gap, end=now()))
    await store.prune(now() - timedelta(days=30), 10)
    assert seed.row("errand", asked)
    assert seed.rows("SELECT id FROM errand WHERE id = ?", done) == []
    assert len(seed.rows("SELECT * FROM gap")) == 1


async def test_the_backlog_tells_what_waits_what_is_due_and_what_is_held(store: Store, engine: UUID) -> None:
    assert await store.backlog() == {"pending": 0, "due": 0, "claimed": 0}
    held, resting, _, done = [await accept_one(store, engine, claimed=ours) for ours in (True, True, False, True)]
    await store.record([recording(engine, resting.id, try_again(3600)), recording(engine, done.id)])
    assert await store.backlog() == {"pending": 3, "due": 1, "claimed": 1}
    assert held.id


async def test_making_partitions_twice_is_harmless(store: Store, engine: UUID, seed: Seed) -> None:
    await store.make_partitions(2)
    await store.make_partitions(2)
    one = await accept_one(store, engine)
    assert json.loads(seed.row("event", one.event_id)["fields"])


async def test_each_account_keeps_what_happened_for_as_long_as_it_says(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    less, more = seed.account(retention_days=7), seed.account(retention_days=90)
    ages = [(less, 8), (more, 60), (more, 91)]
    told = [event(at=now() - timedelta(days=days), account_id=account) for account, days in ages]
    await store.accept(engine, [acceptance(one, integrations=()) for one in told])
    accounts = (await store.load_configuration()).accounts
    assert [accounts[id_].retention_days for id_ in (less, more)] == [7, 90]
    await prune_old(store, [*accounts.values(), Account(id=uuid4(), name="")], now())
    assert [to_uuid(row["id"]) for row in seed.rows("SELECT id FROM event")] == [told[1].id]


async def test_who_stores_too_much_loses_the_oldest_first(store: Store, engine: UUID, seed: Seed) -> None:
    mine, theirs = seed.account(), seed.account()
    events = [event(at=now() - timedelta(minutes=90 - number), account_id=mine, fields={Field.NAME: "x" * 30_000})
              for number in range(60)]
    made = [acceptance(one) for one in (*events, event(account_id=theirs))]
    await store.accept(engine, made)
    await store.record([recording(engine, one.deliveries[0].id) for one in made])
    assert 1.5 * MIB < await store.weigh(mine) < 3 * MIB
    assert seed.row("account", mine)["stored_bytes"] > 1.5 * MIB
    accounts = [Account(id=mine, name="", max_stored_mib=1), Account(id=theirs, name="")]
    await keep_within_quotas(store, accounts, default_mib=100)
    kept = [to_uuid(row["id"]) for row in seed.rows("SELECT id FROM event WHERE account_id = ? ORDER BY id", mine)]
    assert 20 < len(kept) < 40
    assert kept == sorted(one.id for one in events)[-len(kept):]
    assert seed.row("account", mine)["stored_bytes"] <= MIB
    assert len(seed.rows("SELECT 1 FROM event WHERE account_id = ?", theirs)) == 1


async def test_what_is_still_owed_stays_however_little_an_account_may_store(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    account = seed.account(retention_days=1)
    told = [event(at=now() - timedelta(days=2, minutes=-number), account_id=account) for number in range(3)]
    made = [acceptance(one) for one in told]
    await store.accept(engine, made)
    delivered, tried, _ = [one.deliveries[0].id for one in made]
    await store.record([recording(engine, delivered), recording(engine, tried, try_again(3600))])
    few = Account(id=account, name="", retention_days=1, max_stored_mib=0)
    await prune_old(store, [few], now())
    await keep_within_quotas(store, [few], default_mib=100)
    assert [to_uuid(row["id"]) for row in seed.rows("SELECT id FROM event ORDER BY id")] == [one.id for one in told[1:]]
    assert {row["state"] for row in seed.rows("SELECT state FROM delivery")} == {"pending"}


async def test_an_account_without_anything_weighs_nothing(store: Store, seed: Seed) -> None:
    account = seed.account()
    assert await store.weigh(account) == 0
    assert await store.excess_until(account, 0.5) is None


async def test_bodies_are_dropped_where_an_account_keeps_them_shorter(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    shorter, as_rest = seed.account(body_days=7), seed.account()
    ages = [(shorter, 8), (shorter, 6), (as_rest, 8)]
    told = [event(at=now() - timedelta(days=days), account_id=account) for account, days in ages]
    made = [acceptance(one) for one in told]
    await store.accept(engine, made)
    await store.record([
        recording(engine, one.deliveries[0].id, request=request(url="https://crm.example/hook?caller=12025550171"))
        for one in made])
    accounts = (await store.load_configuration()).accounts
    assert [accounts[id_].body_days for id_ in (shorter, as_rest)] == [7, None]
    await drop_old_bodies(store, accounts.values(), now())
    await drop_old_bodies(store, accounts.values(), now())  # again: it goes on where it ended
    kept = {to_uuid(row["delivery_id"]): row for row in seed.rows("SELECT * FROM attempt")}
    old, young, other = (kept[one.deliveries[0].id] for one in made)
    for row in (young, other):
        assert "12025550171" in row["request"]
        assert json.loads(row["answer"])["body"] == "ok"
    assert "12025550171" not in old["request"]
    sent, came_back = json.loads(old["request"]), json.loads(old["answer"])
    assert (sent["url"], sent["body"]) == ("https://crm.example/hook?…", None)
    assert (came_back["status"], came_back["body"]) == (200, "")


async def test_bodies_of_later_attempts_of_an_old_delivery_are_dropped_too(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    account = seed.account(body_days=7)
    integration = seed.integration(account)
    made = [acceptance(event(at=now() - timedelta(days=8, minutes=number), account_id=account), (integration,))
            for number in range(3)]
    await store.accept(engine, made[:2])
    redelivered, retried, caught_up = [one.deliveries[0] for one in made]
    await store.record([recording(engine, redelivered.id), recording(engine, retried.id, try_again(0))])
    accounts = (await store.load_configuration()).accounts
    await drop_old_bodies(store, accounts.values(), now())
    assert await store.redeliver(engine, [redelivered.id], account) == 1
    await store.accept(engine, [replace(made[2], deliveries=())])
    assert await store.owe([(made[2].event, caught_up)]) == 1
    claimed = [*await store.claim(engine, 10, firsts=True), *await store.claim(engine, 10, firsts=False)]
    await store.record([recording(engine, one.delivery.id, number=one.delivery.attempts) for one in claimed])
    await drop_old_bodies(store, accounts.values(), now())
    attempts = seed.rows("SELECT * FROM attempt")
    assert len(attempts) == 5
    for row in attempts:
        assert (json.loads(row["request"])["body"], json.loads(row["answer"])["body"]) == (None, "")


async def test_a_retry_that_ends_long_after_its_account_keeps_bodies_is_dropped_too(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    account = seed.account(body_days=1)
    made = acceptance(event(at=now() - timedelta(days=2), account_id=account), (seed.integration(account),))
    await store.accept(engine, [made])
    await store.record([recording(engine, made.deliveries[0].id, try_again(0))])
    accounts = (await store.load_configuration()).accounts
    await drop_old_bodies(store, accounts.values(), now())
    (one,) = await store.claim(engine, 10, firsts=False)
    await store.record([recording(engine, one.delivery.id, number=2)])
    await drop_old_bodies(store, accounts.values(), now())
    assert [json.loads(row["answer"])["body"] for row in seed.rows("SELECT answer FROM attempt")] == ["", ""]


async def test_bodies_of_what_was_told_long_after_it_happened_are_dropped_too(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    account = seed.account(body_days=1)
    ages = [2, 5]  # days; the walk has passed the second by when that is told
    for days in ages:
        made = acceptance(event(at=now() - timedelta(days=days), account_id=account), (seed.integration(account),))
        await store.accept(engine, [made])
        await store.record([recording(engine, made.deliveries[0].id)])
        await drop_old_bodies(store, (await store.load_configuration()).accounts.values(), now())
    assert [json.loads(row["answer"])["body"] for row in seed.rows("SELECT answer FROM attempt")] == ["", ""]
