"""PostgreSQL's partitions: one a day, made ahead, dropped whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from switchhook.store import open_store
from switchhook.store.ports import Store
from tests.contracts.making import accept_one, event, now, recording
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[Store]:
    store = open_store(postgres_url, KEYS)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def seed(postgres_url: str) -> Iterator[Seed]:
    with Seed(postgres_url, KEYS) as seed:
        yield seed


def day(days_from_today: int) -> str:
    return f"{now() + timedelta(days=days_from_today):%Y%m%d}"


def tables(seed: Seed) -> set[str]:
    return {row["name"] for row in seed.rows(
        "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^(event|delivery|attempt)_'")}


DEFAULTS = {"event_default", "delivery_default", "attempt_default"}


async def test_today_and_the_days_ahead_have_their_own(store: Store, seed: Seed) -> None:
    await store.make_partitions(2)
    assert tables(seed) == DEFAULTS | {
        f"{table}_{day(number)}" for table in ("event", "delivery", "attempt") for number in range(3)}


async def test_an_event_its_delivery_and_its_attempts_lie_in_their_day(store: Store, seed: Seed) -> None:
    await store.make_partitions(1)
    engine = uuid4()
    tomorrow = await accept_one(store, engine, event(at=now() + timedelta(days=1)))
    await store.record([recording(engine, tomorrow.id)])
    for table in ("event", "delivery", "attempt"):
        assert seed.rows(f"SELECT count(*) AS n FROM {table}_{day(1)}") == [{"n": 1}]


async def test_an_event_of_any_other_day_is_kept_all_the_same(store: Store, seed: Seed) -> None:
    await store.make_partitions(1)
    await accept_one(store, uuid4(), event(at=now() - timedelta(days=400)))
    assert seed.rows("SELECT count(*) AS n FROM event_default") == [{"n": 1}]


async def test_a_day_whose_events_are_there_already_does_not_get_one(store: Store, seed: Seed) -> None:
    await accept_one(store, uuid4())
    await store.make_partitions(1)
    assert tables(seed) == DEFAULTS | {f"{table}_{day(1)}" for table in ("event", "delivery", "attempt")}
    await accept_one(store, uuid4())


async def test_a_day_that_is_over_is_dropped_whole(store: Store, seed: Seed) -> None:
    await store.make_partitions(2)
    engine = uuid4()
    for days in (0, 1, 2):
        one = await accept_one(store, engine, event(at=now() + timedelta(days=days)), intake_key=str(days))
        await store.record([recording(engine, one.id)])
    after_tomorrow = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    assert await store.prune(after_tomorrow, 10) == 2
    assert tables(seed) == DEFAULTS | {f"{table}_{day(2)}" for table in ("event", "delivery", "attempt")}
    assert seed.rows("SELECT caller_key FROM intake_key") == [{"caller_key": "2"}]
    assert await store.prune(after_tomorrow, 10) == 0


async def test_an_account_that_keeps_less_costs_the_others_no_partition(store: Store, seed: Seed) -> None:
    await store.make_partitions(0)
    engine, one = uuid4(), event()
    for each in (one, event(account_id=uuid4())):
        owed = await accept_one(store, engine, each)
        await store.record([recording(engine, owed.id)])
    assert await store.prune(now() + timedelta(days=2), 10, account_id=one.account_id) == 1
    assert seed.rows("SELECT count(*) AS n FROM event") == [{"n": 1}]


async def test_a_long_report_is_not_waited_for(
    store: Store, seed: Seed, postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("switchhook.store.partitions.LOCK_SECONDS", 0.05)
    with psycopg.connect(postgres_url) as report:
        report.execute("SELECT count(*) FROM event")
        await store.make_partitions(0)
    assert tables(seed) == DEFAULTS
    assert f"could not make the partitions of {now():%Y-%m-%d}" in caplog.text
    await store.make_partitions(0)
    assert f"event_{day(0)}" in tables(seed)
