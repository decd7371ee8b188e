"""How many messages a second a PBX told of late."""

from __future__ import annotations

from switchhook.pbx.message_rate import MessageRate


def test_the_rate_looks_back_a_minute_or_as_far_as_it_has_seen() -> None:
    rate = MessageRate()
    assert rate.after(0, 100.0) == 0.0
    assert rate.after(50, 105.0) == 10.0
    for second in range(110, 165, 5):
        rate.after(50, float(second))
    assert rate.after(50, 165.0) == 0.0  # the fifty came a minute ago
    assert rate.after(650, 170.0) == 10.0


def test_a_moment_that_is_none_has_no_rate() -> None:
    rate = MessageRate()
    rate.after(1, 100.0)
    assert rate.after(9, 100.0) == 0.0
