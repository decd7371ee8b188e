"""How long answers take, counted by how long: enough to say a median and a 95th percentile of any span of hours."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

#: The longest of each bucket, in milliseconds; what is slower than the last goes into one more.
BOUNDS_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000)

#: Up to this an attempt may take, so that it bounds the last bucket.
LONGEST_MS = 30_000


def bucket_of(milliseconds: int) -> int:
    """The number of the bucket, from 0."""
    return bisect_left(BOUNDS_MS, milliseconds)


def percentile_ms(counts: Sequence[int], share: float) -> float | None:
    """The time that this share of them (0 to 1) did not exceed, interpolated in its bucket; None: there were none."""
    wanted = share * sum(counts)
    if not wanted:
        return None
    edges = (0, *BOUNDS_MS, LONGEST_MS)
    before = 0
    for number, count in enumerate(counts):
        if count and before + count >= wanted:
            return edges[number] + (edges[number + 1] - edges[number]) * (wanted - before) / count
        before += count
    return float(LONGEST_MS)
