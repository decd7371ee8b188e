"""How long answers take, out of counted buckets."""

from __future__ import annotations

import pytest

from switchhook.domain.histogram import BOUNDS_MS, bucket_of, percentile_ms


@pytest.mark.parametrize(("took_ms", "number"), [(0, 0), (50, 0), (51, 1), (10_000, 7), (10_001, 8), (90_000, 8)])
def test_a_bucket_has_its_bound(took_ms: int, number: int) -> None:
    assert bucket_of(took_ms) == number


def test_percentiles_are_interpolated_in_their_bucket() -> None:
    counts = [0] * (len(BOUNDS_MS) + 1)
    assert percentile_ms(counts, 0.5) is None
    counts[1] = 100  # 50 to 100 ms
    assert percentile_ms(counts, 0.5) == 75
    counts[3] = 100  # 250 to 500 ms
    assert percentile_ms(counts, 0.95) == 475
    assert percentile_ms(counts, 1.0) == 500
