"""What engines tell of their Connections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from switchhook.store.ports import ConnectionReport, Gap, Store
from switchhook.store.rows import to_uuid
from tests.fixtures.seed import Seed

SINCE = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)
REPORT = ConnectionReport(
    connection_id=uuid4(), state="refused", since=SINCE, detail="The PBX refused the login.", last_message_at=SINCE,
    messages=5_000_000_000, reconnects=3, unclaimed=7)


async def test_a_report_replaces_the_one_before_and_keeps_the_owner(store: Store, engine: UUID, seed: Seed) -> None:
    await store.own_connection(engine, REPORT.connection_id)
    await store.report_connection(REPORT)
    await store.report_connection(replace(REPORT, state="connected", detail="", last_message_at=None))
    (row,) = seed.rows("SELECT * FROM connection_state")
    assert to_uuid(row["owner"]) == engine
    assert (row["state"], row["detail"], row["since_ms"]) == ("connected", "", 1772620915000)
    assert (row["last_message_at_ms"], row["messages"]) == (None, 5_000_000_000)
    assert (row["reconnects"], row["unclaimed"]) == (3, 7)


async def test_a_report_of_a_connection_that_nobody_owns_is_kept(store: Store, engine: UUID, seed: Seed) -> None:
    await store.report_connection(REPORT)
    assert seed.rows("SELECT state, owner FROM connection_state") == [{"state": "refused", "owner": None}]
    assert await store.own_connection(engine, REPORT.connection_id)


async def test_a_gap_told_twice_is_one(store: Store, seed: Seed) -> None:
    gap = Gap(
        connection_id=REPORT.connection_id, begin=SINCE, end=SINCE.replace(minute=42), reason="silent", partial_calls=2)
    await store.record_gap(gap)
    await store.record_gap(gap)
    (row,) = seed.rows("SELECT * FROM gap")
    assert (row["end_ms"] - row["begin_ms"], row["reason"], row["partial_calls"]) == (60_000, "silent", 2)
