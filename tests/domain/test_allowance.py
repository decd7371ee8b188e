"""How many events an account may tell."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.allowance import SAVED_SECONDS, Allowances
from switchhook.intake.told import MAX_EVENTS

A, B = UUID(int=1), UUID(int=2)


def test_who_has_spent_all_waits_and_others_do_not() -> None:
    allowances = Allowances(MAX_EVENTS)
    assert allowances.spend(A, 1000, 100, 0.0) == 0
    assert allowances.spend(A, 200, 100, 0.0) == 2
    assert allowances.spend(B, 1000, 100, 0.0) == 0
    assert allowances.spend(A, 200, 100, 2.0) == 0


def test_a_request_of_full_size_is_possible_with_the_smallest_quota() -> None:
    assert Allowances(MAX_EVENTS).spend(A, MAX_EVENTS, 1, 0.0) == 0


@given(st.integers(1, 500), st.lists(st.tuples(st.integers(1, MAX_EVENTS), st.floats(0, 60)), max_size=50))
def test_over_any_time_no_more_is_told_than_the_rate_and_what_was_saved(
    per_second: int, asked: list[tuple[int, float]],
) -> None:
    allowances, now, told = Allowances(MAX_EVENTS), 0.0, 0
    for events, later in asked:
        now += later
        wait = allowances.spend(A, events, per_second, now)
        told += events if wait == 0 else 0
        if wait:
            now += wait
            assert allowances.spend(A, events, per_second, now) == 0  # what it was told to wait is enough
            told += events
    assert told <= max(per_second * SAVED_SECONDS, MAX_EVENTS) + per_second * now + 1e-6
