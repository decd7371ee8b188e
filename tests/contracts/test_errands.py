"""Errands: what people ask of the engine."""

from __future__ import annotations

import json
from uuid import UUID

from switchhook.store.ports import Store
from switchhook.store.rows import to_uuid
from tests.fixtures.seed import Seed


async def test_errands_are_claimed_once_oldest_first(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    account = seed.account()
    second = seed.errand("send_test", {"integration_id": "1"}, account, created_at_ms=2000)
    first = seed.errand("test_connection", {"connection_id": "2"}, created_at_ms=1000)
    third = seed.errand("cancel", {"delivery_ids": []}, account, created_at_ms=3000)
    claimed = await store.claim_errands(engine, 2)
    assert [one.id for one in claimed] == [first, second]
    assert (claimed[0].account_id, claimed[1].account_id) == (None, account)
    assert (claimed[1].kind, claimed[1].args) == ("send_test", {"integration_id": "1"})
    assert claimed[0].created_at.timestamp() == 1
    assert to_uuid(seed.row("errand", first)["owner"]) == engine
    assert [one.id for one in await store.claim_errands(other_engine, 2)] == [third]


async def test_a_finished_errand_has_a_result_and_is_not_done_again(store: Store, engine: UUID, seed: Seed) -> None:
    good, bad = seed.errand("send_test", {}), seed.errand("send_test", {})
    await store.claim_errands(engine, 10)
    await store.finish_errand(good, ok=True, result={"delivery_id": good})
    await store.finish_errand(bad, ok=False, result={"detail": "The integration is gone."})
    assert json.loads(seed.row("errand", good)["result"]) == {"delivery_id": str(good)}
    row = seed.row("errand", bad)
    assert (row["state"], row["owner"]) == ("failed", None)
    assert json.loads(row["result"]) == {"detail": "The integration is gone."}
    assert row["finished_at_ms"]
    await store.finish_errand(good, ok=False, result={})
    assert seed.row("errand", good)["state"] == "done"
    assert await store.claim_errands(engine, 10) == []


async def test_arguments_that_are_no_object_are_none(store: Store, engine: UUID, seed: Seed) -> None:
    for text in ("{", "[1]", "null"):
        seed.execute("UPDATE errand SET args = ? WHERE id = ?", text, seed.errand("send_test", {}))
    assert [one.args for one in await store.claim_errands(engine, 10)] == [{}, {}, {}]


async def test_an_accounts_changed_users_are_done_one_after_the_other(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    account, neighbour = seed.account(), seed.account()
    created = seed.errand("user_changed", {}, account, created_at_ms=1000)
    modified = seed.errand("user_changed", {}, account, created_at_ms=2000)
    test = seed.errand("send_test", {}, account, created_at_ms=3000)
    others = seed.errand("user_changed", {}, neighbour, created_at_ms=4000)
    assert {one.id for one in await store.claim_errands(engine, 10)} == {created, test, others}
    assert await store.claim_errands(other_engine, 10) == []
    await store.finish_errand(created, ok=True, result={})
    assert [one.id for one in await store.claim_errands(other_engine, 10)] == [modified]


async def test_what_is_to_be_done_at_a_pbx_is_done_by_the_engine_that_owns_its_connection(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed
) -> None:
    connection = seed.connection()
    asked = seed.errand("detect", {}, connection_id=connection)
    await store.own_connection(other_engine, connection)
    assert await store.claim_errands(engine, 10) == []
    assert [one.id for one in await store.claim_errands(other_engine, 10)] == [asked]
    await store.disown_connection(other_engine, connection)
    orphan = seed.errand("detect", {}, connection_id=connection)
    assert [one.id for one in await store.claim_errands(engine, 10)] == [orphan]
