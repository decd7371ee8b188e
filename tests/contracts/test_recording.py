"""Record: what an Answer does to a Delivery, and what it does not when somebody else has it by now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.domain.delivery import (
    Delivered,
    DeliveryState,
    DisableIntegration,
    GiveUp,
    NoAnswer,
    Problem,
    Timing,
    TryAgain,
    Verdict,
)
from switchhook.store.ports import Store
from switchhook.store.rows import to_uuid
from tests.contracts.making import (
    ACCOUNT,
    accept_one,
    acceptance,
    delivery,
    event,
    ids,
    now,
    recording,
    responded,
    try_again,
)
from tests.fixtures.seed import Seed


@pytest.mark.parametrize(("verdict", "state"), [
    (Delivered(), "delivered"),
    (GiveUp(state=DeliveryState.FAILED, why="It was refused for good."), "failed"),
    (GiveUp(state=DeliveryState.EXPIRED, why="There is no time for another attempt."), "expired"),
    (DisableIntegration(why="The server says that this URL is gone (410)."), "failed"),
])
async def test_the_verdict_decides_the_state(
    store: Store, engine: UUID, seed: Seed, verdict: Verdict, state: str,
) -> None:
    one = await accept_one(store, engine)
    assert await store.record([recording(engine, one.id, verdict, answer=responded(418))]) == [True]
    row = seed.row("delivery", one.id)
    assert (row["state"], row["last_status"], row["last_problem"]) == (state, 418, getattr(verdict, "why", ""))
    assert row["finished_at_ms"]
    assert (row["owner"], bool(row["tried"])) == (None, True)


async def test_try_again_leaves_it_pending_and_unclaimed_until_then(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    verdict = try_again(30)
    assert await store.record([recording(engine, one.id, verdict)]) == [True]
    row = seed.row("delivery", one.id)
    assert (row["state"], row["owner"], row["finished_at_ms"]) == ("pending", None, None)
    assert row["next_attempt_at_ms"] == int(verdict.at.timestamp() * 1000)
    assert row["last_problem"] == verdict.why


async def test_there_is_no_retry_beyond_the_expiry(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    late = TryAgain(at=one.expires_at + timedelta(seconds=1), why="The server answered 503 Service Unavailable.")
    assert await store.record([recording(engine, one.id, late)]) == [True]
    row = seed.row("delivery", one.id)
    assert (row["state"], row["last_problem"]) == ("expired", late.why)
    assert row["finished_at_ms"]


async def test_the_attempt_is_kept_with_request_and_answer(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    await store.record([recording(engine, one.id, answer=responded(201))])
    (row,) = seed.rows("SELECT * FROM attempt")
    assert (to_uuid(row["delivery_id"]), row["number"], to_uuid(row["engine_id"])) == (one.id, 1, engine)
    assert (row["status"], row["duration_ms"], row["verdict"], row["problem"]) == (201, 48, "delivered", "")
    assert json.loads(row["request"])["headers"] == [["Content-Type", "application/json"], ["Authorization", "••••"]]
    assert json.loads(row["answer"])["body"] == "ok"


async def test_no_answer_is_kept_in_plain_words(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    silence = NoAnswer(problem=Problem.TIMED_OUT, detail="No answer within 15 s.", timing=Timing(total_ms=15000))
    await store.record([recording(engine, one.id, replace(try_again(), why="No answer within 15 s."), answer=silence)])
    (row,) = seed.rows("SELECT * FROM attempt")
    assert (row["status"], row["verdict"], row["problem"]) == (None, "try_again", "No answer within 15 s.")
    assert json.loads(row["answer"])["problem"] == "timed_out"
    assert seed.row("delivery", one.id)["last_status"] is None


async def test_the_answers_of_a_batch_are_told_apart(store: Store, engine: UUID, other_engine: UUID) -> None:
    ours, theirs, also_ours = [await accept_one(store, by) for by in (engine, other_engine, engine)]
    assert await store.record([
        recording(engine, also_ours.id), recording(engine, theirs.id), recording(engine, ours.id, try_again()),
    ]) == [True, False, True]


async def test_recording_twice_is_harmless(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    same = recording(engine, one.id)
    assert await store.record([same]) == [True]
    assert await store.record([same]) == [False]
    assert len(seed.rows("SELECT * FROM attempt")) == 1
    assert await store.record([]) == []


async def test_a_late_answer_is_history_and_changes_no_state(
    store: Store, engine: UUID, other_engine: UUID, seed: Seed,
) -> None:
    one = await accept_one(store, engine)
    await store.end_incarnation(engine)
    (claimed,) = await store.claim(other_engine, 10, firsts=True)
    assert claimed.delivery.attempts == 2
    assert await store.record([recording(engine, one.id)]) == [False]
    row = seed.row("delivery", one.id)
    assert (row["state"], to_uuid(row["owner"]), bool(row["tried"])) == ("pending", other_engine, False)
    assert await store.record([recording(other_engine, one.id, number=2)]) == [True]
    assert [row["number"] for row in seed.rows("SELECT number FROM attempt ORDER BY number")] == [1, 2]


async def test_our_own_answer_to_an_earlier_number_is_late_too(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    await store.release(engine, [one.id])
    await store.claim(engine, 10, firsts=True)
    await store.record([recording(engine, one.id, try_again(-1))])
    await store.claim(engine, 10, firsts=False)
    assert await store.record([recording(engine, one.id, number=1)]) == [False]
    assert to_uuid(seed.row("delivery", one.id)["owner"]) == engine


async def test_a_request_that_could_not_be_rendered_is_kept_as_none(store: Store, engine: UUID, seed: Seed) -> None:
    one = await accept_one(store, engine)
    await store.record([recording(engine, one.id, request=None)])
    (row,) = seed.rows("SELECT request FROM attempt")
    assert json.loads(row["request"]) is None


async def test_a_receivers_bytes_never_break_a_batch(store: Store, engine: UUID, seed: Seed) -> None:
    odd, fine = await accept_one(store, engine), await accept_one(store, engine)
    answer = responded(body=b"\x00\xff\xfe", headers=(("X", "a\x00b\udcff"),))
    why = replace(try_again(), why="It said \x00 and \udcff.")
    batch = [recording(engine, odd.id, why, answer=answer), recording(engine, fine.id)]
    assert await store.record(batch) == [True, True]
    (row,) = seed.rows("SELECT answer FROM attempt WHERE delivery_id = ?", odd.id)
    assert json.loads(row["answer"])["body"] == {"base64": "AP/+"}


class TestCancel:
    async def test_what_is_pending_is_cancelled_also_while_it_is_attempted(
        self, store: Store, engine: UUID, seed: Seed,
    ) -> None:
        flying, waiting, done = [await accept_one(store, engine, claimed=ours) for ours in (True, False, True)]
        await store.record([recording(engine, done.id)])
        assert await store.cancel([flying.id, waiting.id, done.id], "Ada Example cancelled it.") == 2
        assert await store.record([recording(engine, flying.id)]) == [False]
        row = seed.row("delivery", flying.id)
        assert (row["state"], row["last_problem"], row["owner"]) == ("cancelled", "Ada Example cancelled it.", None)
        assert seed.row("delivery", done.id)["state"] == "delivered"
        assert await store.claim(engine, 10, firsts=True) == []

    async def test_another_accounts_delivery_is_left_alone(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine)
        assert await store.cancel([one.id], "no", account_id=uuid4()) == 0
        assert await store.cancel([one.id], "yes", account_id=ACCOUNT) == 1


class TestRedeliver:
    async def test_a_finished_delivery_is_due_again_marked_as_manual(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine)
        await store.record([recording(engine, one.id, GiveUp(state=DeliveryState.FAILED, why="no"))])
        assert await store.redeliver(engine, [one.id], ACCOUNT) == 1
        (claimed,) = await store.claim(engine, 10, firsts=False)
        assert (claimed.delivery.id, claimed.delivery.attempts, claimed.manual) == (one.id, 2, True)
        await store.record([recording(engine, one.id, try_again(-1), number=2)])
        (again,) = await store.claim(engine, 10, firsts=False)
        assert not again.manual

    async def test_one_that_was_never_attempted_is_a_first_attempt(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine, claimed=False)
        await store.cancel([one.id], "no")
        assert await store.redeliver(engine, [one.id], ACCOUNT) == 1
        assert ids(await store.claim(engine, 10, firsts=True)) == [one.id]

    async def test_one_that_waits_is_due_now(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine)
        await store.record([recording(engine, one.id, try_again(3600))])
        await store.redeliver(engine, [one.id], ACCOUNT)
        assert await store.next_due_seconds() == 0

    async def test_one_that_is_being_attempted_is_left_to_it(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine)
        assert await store.redeliver(engine, [one.id], ACCOUNT) == 0
        assert await store.record([recording(engine, one.id)]) == [True]

    async def test_another_accounts_delivery_is_left_alone(self, store: Store, engine: UUID) -> None:
        one = await accept_one(store, engine)
        await store.record([recording(engine, one.id)])
        assert await store.redeliver(engine, [one.id], uuid4()) == 0

    @pytest.mark.parametrize(("event_type", "integration", "seconds"), [
        ("call.inbound_received", {}, 1000), ("user.modified", {}, 3000), ("user.modified", {"expiry_seconds": 7}, 7),
    ])
    async def test_the_expiry_is_that_of_a_new_delivery(
        self, store: Store, engine: UUID, seed: Seed, event_type: str, integration: dict[str, Any], seconds: int,
    ) -> None:
        account = seed.account(call_expiry_seconds=1000, user_expiry_seconds=3000)
        of = event(account_id=account)
        stale = delivery(of, seed.integration(account, **integration), expires_at=now() - timedelta(days=9))
        await store.accept(engine, [replace(acceptance(of, claimed=False), deliveries=[stale])])
        seed.execute("UPDATE delivery SET event_type = ?, state = 'expired'", event_type)
        assert await store.redeliver(engine, [stale.id], account) == 1
        left = seed.row("delivery", stale.id)["expires_at_ms"] / 1000 - now().timestamp()
        assert seconds - 10 < left <= seconds + 1
