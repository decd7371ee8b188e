"""How many events an account may still tell by intake, how many requests its inbox may still get. Pure; times are
seconds of one clock.

There are so many a second, and up to ten seconds' worth of them at once: what was not used is there later, but no more
than that. Each engine counts for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from uuid import UUID

SAVED_SECONDS = 10.0
REMEMBERED = 10_000  # owners; beyond that all begin anew


@dataclass(slots=True)
class _Purse:
    left: float
    at: float


class Allowances:
    """Of every owner (an account, an inbox) that spent something lately. `at_once`: so many may be spent at once,
    however few there are a second."""

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._purses: dict[UUID, _Purse] = {}

    def spend(self, owner: UUID, number: int, per_second: float, now: float) -> int:
        """Take so many. Returns 0, or in how many seconds there will be enough; then nothing was taken."""
        most = max(per_second * SAVED_SECONDS, self._at_once)
        purse = self._purses.get(owner)
        if purse is None:
            if len(self._purses) >= REMEMBERED:
                self._purses.clear()
            purse = self._purses[owner] = _Purse(most, now)
        purse.left = min(most, purse.left + (now - purse.at) * per_second)
        purse.at = now
        if purse.left < number:
            return ceil((number - purse.left) / per_second)
        purse.left -= number
        return 0
