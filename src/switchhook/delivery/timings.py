"""Timings: how long something took, counted by how long, as Prometheus' histograms want it."""

from __future__ import annotations

from bisect import bisect_left

#: The longest of each bucket, in seconds; there is one more, without end.
BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Timings:
    """Counts since this engine began."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self._sum_seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more. What a clock that was set back makes negative counts as nothing."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self._sum_seconds += seconds

    def samples(self, name: str) -> dict[str, float]:
        """As samples of the histogram of that name; each bucket has those before it, too."""
        samples: dict[str, float] = {}
        count = 0
        for bound, more in zip((*map(str, BOUNDS_SECONDS), "+Inf"), self._counts, strict=True):
            count += more
            samples[f'{name}_bucket{{le="{bound}"}}'] = float(count)
        return samples | {f"{name}_sum": self._sum_seconds, f"{name}_count": float(count)}
