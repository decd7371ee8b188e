"""Pacing: so many a second, evenly spaced, so that no second ever sees more. Pure; times are seconds of one clock."""

from __future__ import annotations


class Pacer:
    """Says when the next one may go."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self.next_at = 0.0

    def take(self, now: float) -> None:
        """One goes now."""
        self.next_at = max(now, self.next_at) + 1 / self.per_second

    def give_back(self) -> None:
        """The one that went was none, after all."""
        self.next_at -= 1 / self.per_second

    def unused_seconds(self, now: float) -> float:
        """For how long one could have gone and none did."""
        return max(0.0, now - self.next_at)
