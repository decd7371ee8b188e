"""An integration that does nothing but fail: when people are told, and when it is disabled. Never silently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

#: So many failures and no success: fewer say nothing.
AT_LEAST = 10
#: After so long the account's admins get a warning, on the first day.
WARN_AFTER = timedelta(hours=1)
#: After so long it is disabled.
DISABLE_AFTER = timedelta(days=5)


class NoticeKind(StrEnum):
    """What an e-mail to an account's admins is about."""

    FAILING = "failing"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """An enabled integration, and its failures since its last success (or since it was enabled)."""

    integration_id: UUID
    account_id: UUID
    since: datetime
    last: datetime
    failures: int


def what_to_do(failing: Failing) -> NoticeKind | None:
    """Warn of it, or disable it; None: neither. By the failures, not by the clock: silence is no failure."""
    span = failing.last - failing.since
    if failing.failures < AT_LEAST or span < WARN_AFTER:
        return None
    return NoticeKind.FAILING if span < DISABLE_AFTER else NoticeKind.DISABLED


def reason(failing: Failing) -> str:
    """Why it is disabled, for people."""
    days = (failing.last - failing.since).days
    return f"Nothing but failures for {days} days: {failing.failures:,} attempts, and none succeeded."
