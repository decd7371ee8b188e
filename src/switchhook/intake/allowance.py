"""How many events an account may still tell by intake. Pure; times are seconds of one clock.

An account has so many a second, and up to ten seconds' worth of them at once (a whole request's, at least): what it
did not use is there later, but no more than that. Each engine counts for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from uuid import UUID

from switchhook.intake.told import MAX_EVENTS

SAVED_SECONDS = 10.0
REMEMBERED = 10_000  # accounts; beyond that all begin anew


@dataclass(slots=True)
class _Purse:
    left: float
    at: float


class Allowances:
    """Of every account that told something lately."""

    def __init__(self) -> None:
        self._purses: dict[UUID, _Purse] = {}

    def spend(self, account_id: UUID, events: int, per_second: float, now: float) -> int:
        """Take so many. Returns 0, or in how many seconds there will be enough; then nothing was taken."""
        most = max(per_second * SAVED_SECONDS, MAX_EVENTS)
        purse = self._purses.get(account_id)
        if purse is None:
            if len(self._purses) >= REMEMBERED:
                self._purses.clear()
            purse = self._purses[account_id] = _Purse(most, now)
        purse.left = min(most, purse.left + (now - purse.at) * per_second)
        purse.at = now
        if purse.left < events:
            return ceil((events - purse.left) / per_second)
        purse.left -= events
        return 0
