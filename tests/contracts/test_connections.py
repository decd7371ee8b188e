"""What engines tell of their Connections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from switchhook.domain.claiming import UnclaimedCall
from switchhook.store.ports import ConnectionReport, Gap, Store
from switchhook.store.rows import to_uuid
from tests.fixtures.seed import Seed

SINCE = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)
REPORT = ConnectionReport(
    connection_id=uuid4(), state="refused", since=SINCE, detail="The PBX refused the login.", last_message_at=SINCE,
    messages=5_000_000_000, messages_per_second=1234.5, reconnects=3, unclaimed=7)


async def test_a_report_replaces_the_one_before_and_keeps_the_owner(store: Store, engine: UUID, seed: Seed) -> None:
    await store.own_connection(engine, REPORT.connection_id)
    await store.report_connection(REPORT)
    await store.report_connection(replace(REPORT, state="connected", detail="", last_message_at=None))
    (row,) = seed.rows("SELECT * FROM connection_state")
    assert to_uuid(row["owner"]) == engine
    assert (row["state"], row["detail"], row["since_ms"]) == ("connected", "", 1772620915000)
    assert (row["last_message_at_ms"], row["messages"]) == (None, 5_000_000_000)
    assert row["messages_per_second"] == 1234.5
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


def _unclaimed(number: int) -> UnclaimedCall:
    return UnclaimedCall(
        call=f"1772620915.{number}", at=SINCE + timedelta(seconds=number), device="trunk-provider",
        caller_number="12025550171", dialled="12025550101", tenant="", place="from-trunk", account_code="acme")


async def test_of_the_calls_that_nobody_claims_the_newest_are_kept(store: Store, seed: Seed) -> None:
    other = uuid4()
    await store.keep_unclaimed(other, [_unclaimed(0)], 3)
    await store.keep_unclaimed(REPORT.connection_id, [_unclaimed(2), _unclaimed(1)], 3)
    await store.keep_unclaimed(REPORT.connection_id, [_unclaimed(2), _unclaimed(3), _unclaimed(4)], 3)
    rows = seed.rows("SELECT * FROM unclaimed_call WHERE connection_id = ? ORDER BY at_ms", REPORT.connection_id)
    assert [row["native_call_id"][-2:] for row in rows] == [".2", ".3", ".4"]
    assert (rows[0]["at_ms"], rows[0]["place"], rows[0]["account_code"]) == (1772620917000, "from-trunk", "acme")
    assert len(seed.rows("SELECT * FROM unclaimed_call WHERE connection_id = ?", other)) == 1


async def test_calls_that_nobody_claimed_are_dropped_when_they_are_old(store: Store, seed: Seed) -> None:
    await store.keep_unclaimed(REPORT.connection_id, [_unclaimed(1), _unclaimed(9)], 3)
    await store.prune(SINCE + timedelta(seconds=5), 100)
    assert [row["native_call_id"] for row in seed.rows("SELECT * FROM unclaimed_call")] == ["1772620915.9"]
