"""Reconciliation: what a person reads of how the book differs from the API. The journey test asks the real API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.book import Book
from billing.configuration import HERE
from billing.database import Database
from billing.ended import Ended, ended_of
from billing.periods import period_of
from billing.rates import RateTable, load_rates
from billing.reconciliation import Difference, compare
from billing_fixtures import CALL, leg

DAY = period_of("2026-11-22", ZoneInfo("UTC"))
RATES: RateTable = load_rates(HERE / "rates.csv", charged=frozenset({"outbound"}), decimals=4)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Database(f"sqlite://{tmp_path / 'b.sqlite3'}") as database:
        made = Book(database)
        made.create()
        yield made


def ended(leg_id: str, **values: object) -> Ended:
    return ended_of(leg(leg_id=leg_id, **values), "", of_leg=True)


def keep(book: Book, *several: Ended) -> None:
    for one in several:
        book.keep(one, RATES.charge(one))


def compared(book: Book, *told: Ended, unreadable: tuple[str, ...] = ()) -> Difference:
    return compare(book, DAY, "call.leg_ended", told, unreadable)


def test_a_day_without_a_difference(book: Book) -> None:
    legs = [ended(str(number)) for number in range(1234)]
    keep(book, *legs)
    difference = compared(book, *legs)
    assert difference.is_none
    assert difference.lines() == ["1,234 legs, 1,234 rated"]


def test_each_kind_of_difference_is_listed(book: Book) -> None:
    keep(book, ended("same"), ended("mine"))
    keep(book, ended("behind", billable_seconds=5), ended("endless", billable_seconds=None))
    difference = compared(book, ended("same"), ended("behind", billable_seconds=6, sequence=2),
                          ended("endless", billable_seconds=None), ended("lost"), unreadable=("event 7: no offset",))
    assert not difference.is_none
    what = "outbound to +447700900123 by 201, answered"
    assert difference.lines() == [
        "5 legs, 1 rated",
        f"  missing: call {CALL} leg lost, {what}, 128 s",
        f"  differs: call {CALL} leg behind, {what}, 6 s; recorded: {what}, 5 s",
        f"  not rated: call {CALL} leg endless, {what}, unknown: its end is not known",
        f"  only recorded, not in the API: call {CALL} leg mine, {what}, 128 s",
        "  not readable: event 7: no offset"]


def test_of_several_versions_the_newest_is_compared(book: Book) -> None:
    old, new = ended("1", billable_seconds=5), ended("1", billable_seconds=6, sequence=2)
    keep(book, old)
    assert len(compared(book, new, old).other) == 1
    keep(book, new)
    assert compared(book, new, old).is_none


def test_a_leg_whose_correction_is_of_the_next_day_is_not_missing(book: Book) -> None:
    keep(book, ended("1"), ended("1", billable_seconds=6, date_time="2026-11-23T00:00:01+00:00"))
    assert compared(book, ended("1")).is_none
