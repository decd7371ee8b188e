"""The audit log in the database itself: lines are added, never changed, and go after a year at the soonest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.store.ports import Store
from switchhook.store.rows import to_ms
from tests.contracts.making import now
from tests.fixtures.seed import Seed

Enter = Callable[..., None]


@pytest.fixture
def enter(seed: Seed) -> Enter:
    """Adds a line of so many days ago."""

    def enter(who: str, days: int, account: UUID | None = None) -> None:
        values: dict[str, Any] = {
            "id": uuid4(), "at_ms": to_ms(now() - timedelta(days=days)), "account_id": account, "who": who,
            "by_operator": False, "via": "portal", "token": "", "address": "", "request_id": "", "action": "changed",
            "kind": "user", "object_id": "", "object_name": "", "detail": "", "changes": "{}"}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        seed.execute(f"INSERT INTO audit_entry ({names}) VALUES ({marks})", *values.values())

    return enter


def _left(seed: Seed) -> set[str]:
    return {row["who"] for row in seed.rows("SELECT who FROM audit_entry")}


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET who = 'somebody else'", "DELETE FROM audit_entry"])
async def test_no_statement_changes_or_deletes_a_line(store: Store, seed: Seed, enter: Enter, statement: str) -> None:
    enter("ada", days=360)
    with pytest.raises(Exception, match="audit log"):
        seed.execute(statement)
    assert _left(seed) == {"ada"}


async def test_each_account_keeps_its_lines_as_long_as_it_says_and_a_year_at_least(
    store: Store, seed: Seed, enter: Enter,
) -> None:
    short, long = seed.account(audit_retention_days=30), seed.account(audit_retention_days=1000)
    for who, days, account in (
        ("short, young", 300, short), ("short, old", 367, short), ("long", 900, long), ("long, old", 1001, long),
        ("no account", 399, None), ("no account, old", 401, None), ("closed account, old", 401, uuid4()),
    ):
        enter(who, days, account)
    await store.prune(now() - timedelta(days=30), 10)
    assert _left(seed) == {"short, young", "long", "no account"}
