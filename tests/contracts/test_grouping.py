"""Groups of failures: what attempts failed of, counted as they are recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from switchhook.domain.delivery import Answer, NoAnswer, Problem, Timing
from switchhook.store.ports import Recording, Store
from switchhook.store.rows import to_ms
from tests.contracts.making import INTEGRATION, accept_one, recording, request, responded, try_again
from tests.fixtures.seed import Seed

NINE = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
REFUSED = NoAnswer(problem=Problem.CONNECTION_REFUSED, detail="", timing=Timing(total_ms=3))


async def failed(
    store: Store, engine: UUID, minutes: int, answer: Answer, host: str = "crm.example",
    integration: UUID | None = INTEGRATION,
) -> Recording:
    """An attempt that failed so many minutes after nine, not yet recorded."""
    one = recording(engine, (await accept_one(store, engine)).id, try_again(), answer=answer,
                    request=request(url=f"https://{host}/hook"))
    attempt = replace(one.attempt, started_at=NINE + timedelta(minutes=minutes))
    return replace(one, attempt=attempt, integration_id=integration)


async def test_failures_are_counted_by_what_came_back_and_from_where(store: Store, engine: UUID, seed: Seed) -> None:
    down = responded(503)
    batch = [
        await failed(store, engine, 12, down), await failed(store, engine, 14, down),
        await failed(store, engine, 13, REFUSED), await failed(store, engine, 15, down, "other.example"),
        await failed(store, engine, 61, down), await failed(store, engine, 16, down, integration=None)]
    await store.record(batch[:1])
    await store.record(batch[1:])
    await store.record(batch)  # again, because the answer was lost
    rows = seed.rows("SELECT * FROM integration_failure ORDER BY first_ms")
    assert [(row["answer"], row["host"], row["failed"]) for row in rows] == [
        ("503", "crm.example", 2), ("connection_refused", "crm.example", 1), ("503", "other.example", 1),
        ("503", "crm.example", 1)]
    assert (rows[0]["first_ms"], rows[0]["last_ms"]) == (
        to_ms(NINE + timedelta(minutes=12)), to_ms(NINE + timedelta(minutes=14)))
    assert rows[1]["said"] == "The server refused the connection."


async def test_old_groups_are_dropped_with_everything_else(store: Store, engine: UUID, seed: Seed) -> None:
    await store.record([await failed(store, engine, 1, REFUSED)])
    await store.prune(datetime.now(UTC), 100)
    assert seed.rows("SELECT * FROM integration_failure") == []
