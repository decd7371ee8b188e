"""Tally: how integrations do, counted as attempts are recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from switchhook.domain.delivery import TryAgain
from switchhook.domain.failing import NoticeKind
from switchhook.store.ports import Recording, Store
from tests.contracts.making import INTEGRATION, Timing, accept_one, now, recording, responded, try_again
from tests.fixtures.seed import Seed


async def attempted(
    store: Store, engine: UUID, *, took_ms: int = 48, verdict: TryAgain | None = None,
    integration: UUID | None = INTEGRATION,
) -> Recording:
    """An attempt at a new delivery, not yet recorded."""
    one = recording(engine, (await accept_one(store, engine)).id, verdict,
                    answer=responded(timing=Timing(total_ms=took_ms)))
    return Recording(attempt=one.attempt, owner=engine, integration_id=integration)


def replace_start(one: Recording, at: datetime) -> Recording:
    return replace(one, attempt=replace(one.attempt, started_at=at))


async def test_an_hour_counts_what_was_delivered_what_failed_and_how_long_it_took(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    batch = [
        await attempted(store, engine, took_ms=40), await attempted(store, engine, took_ms=60),
        await attempted(store, engine, took_ms=20_000), await attempted(store, engine, verdict=try_again()),
        await attempted(store, engine, integration=None)]
    await store.record(batch[:2])
    await store.record(batch[2:])
    await store.record(batch)  # again, because the answer was lost
    (row,) = seed.rows("SELECT * FROM integration_hour")
    assert (row["delivered"], row["failed"], row["total_ms"]) == (3, 1, 20_100)
    assert (row["up_to_50_ms"], row["up_to_100_ms"], row["up_to_250_ms"], row["slower"]) == (1, 1, 0, 1)
    assert row["hour_ms"] % 3_600_000 == 0


async def test_failures_are_counted_since_the_last_success(store: Store, engine: UUID, seed: Seed) -> None:
    account = seed.account()
    integration = seed.integration(account)
    for _ in range(3):
        await store.record([await attempted(store, engine, verdict=try_again(), integration=integration)])
    (failing,) = await store.failing(3)
    assert (failing.integration_id, failing.account_id, failing.failures) == (integration, account, 3)
    assert now() - timedelta(seconds=20) < failing.since <= failing.last <= now()
    assert await store.failing(4) == []
    bad = await attempted(store, engine, verdict=try_again(), integration=integration)
    good = await attempted(store, engine, integration=integration)
    await store.record([bad, replace_start(good, bad.attempt.started_at + timedelta(seconds=1))])
    assert await store.failing(1) == []
    await store.record([await attempted(store, engine, verdict=try_again(), integration=integration)])
    (failing,) = await store.failing(1)
    assert failing.failures == 1
    seed.execute("UPDATE integration SET enabled = ?", False)
    assert await store.failing(0) == []


async def test_a_notice_is_owed_once_for_what_it_is_about(store: Store, seed: Seed) -> None:
    integration = seed.integration(seed.account())
    since = now()
    for _ in range(2):
        await store.give_notice(integration, NoticeKind.FAILING, since, "Nothing but failures.")
    await store.disable_integration(integration, "The receiver is gone.")
    await store.disable_integration(integration, "The receiver is gone.")
    notices = seed.rows("SELECT kind, detail FROM notice ORDER BY kind")
    assert notices == [{"kind": "disabled", "detail": "The receiver is gone."},
                       {"kind": "failing", "detail": "Nothing but failures."}]


async def test_whether_an_integration_rests_is_told(store: Store, seed: Seed) -> None:
    integration = seed.integration(seed.account())
    await store.rest(integration, now(), now())
    assert seed.rows("SELECT 1 FROM integration_health WHERE probe_at_ms > 0") != []
    await store.rest(integration, None, None)
    assert seed.rows("SELECT probe_at_ms FROM integration_health") == [{"probe_at_ms": None}]
