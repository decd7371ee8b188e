"""An integration that does nothing but fail: people are told on the first day, and after five it is disabled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from switchhook.delivery.watch import Watch
from switchhook.domain.failing import Failing, NoticeKind, what_to_do
from switchhook.store.rows import to_ms
from tests.fixtures.delivering import Bench
from tests.fixtures.receiver import Receiver

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(("span", "failures", "wanted"), [
    (timedelta(minutes=59), 500, None),
    (timedelta(hours=1), 9, None),
    (timedelta(hours=1), 10, NoticeKind.FAILING),
    (timedelta(days=4, hours=23), 5000, NoticeKind.FAILING),
    (timedelta(days=5), 9, None),
    (timedelta(days=5), 10, NoticeKind.DISABLED),
])
def test_what_is_done_follows_from_how_long_and_how_often(
    span: timedelta, failures: int, wanted: NoticeKind | None,
) -> None:
    failing = Failing(integration_id=UUID(int=1), account_id=UUID(int=2), since=NOW - span, last=NOW, failures=failures)
    assert what_to_do(failing) is wanted


def failing_for(bench: Bench, integration_id: UUID, **span: float) -> None:
    now = datetime.now(UTC)
    bench.seed.execute("DELETE FROM integration_health")
    bench.seed.execute(
        "INSERT INTO integration_health (integration_id, failing_since_ms, last_failure_ms, failures) "
        "VALUES (?, ?, ?, 40)", integration_id, to_ms(now - timedelta(**span)), to_ms(now))


async def test_after_five_days_it_is_disabled_and_people_are_told(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver)
    watch = Watch(bench.store)
    failing_for(bench, crm, hours=2)
    await watch.look()
    await watch.look()
    assert bench.seed.rows("SELECT kind FROM notice") == [{"kind": "failing"}]
    assert bench.seed.row("integration", crm)["enabled"]
    failing_for(bench, crm, days=5)
    await watch.look()
    await watch.look()
    row = bench.seed.row("integration", crm)
    assert (bool(row["enabled"]), row["disabled_reason"]) == (
        False, "Nothing but failures for 5 days: 40 attempts, and none succeeded.")
    assert sorted(row["kind"] for row in bench.seed.rows("SELECT kind FROM notice")) == ["disabled", "failing"]
