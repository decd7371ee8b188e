"""What is wrong with filters that somebody wants to save. The form and the API show the same sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.checks import Mistake, check_length, check_one_line, check_rows
from switchhook.domain.facts import Direction
from switchhook.domain.filters import SUBJECTS, Filter, HoursFilter, Subject, ValueFilter, range_of, subjects_of

MOST_FILTERS = 20
MOST_VALUES = 200
LONGEST_VALUE = 200


def filter_mistakes(filters: Sequence[Filter], event_type: EventType) -> Iterator[Mistake]:
    """Everything that must be corrected, at `filters.0.values` and the like."""
    yield from check_rows("filters", len(filters), MOST_FILTERS)
    times = Counter(one.subject for one in filters if isinstance(one, ValueFilter))
    for number, one in enumerate(filters):
        where = f"filters.{number}"
        if isinstance(one, HoursFilter):
            yield from _hours(where, one)
        else:
            yield from _values(where, one, event_type)
            if times[one.subject] > 1:
                yield Mistake(where=f"{where}.filter", message=(
                    f"{SUBJECTS[one.subject].label} is there twice: put its values into one filter."))


def _values(where: str, one: ValueFilter, event_type: EventType) -> Iterator[Mistake]:
    spec, event = SUBJECTS[one.subject], EVENTS[event_type]
    possible = subjects_of(event_type)
    if one.subject not in possible:
        labels = ", ".join([*(SUBJECTS[subject].label for subject in possible), "business hours"])
        yield Mistake(where=f"{where}.filter", message=(
            f"{event.label} cannot be filtered by {spec.label}. It can be by: {labels}."))
    if not any(value.strip() for value in one.values):
        yield Mistake(where=f"{where}.values", message=f"Write at least one value, like {spec.how}.")
    yield from check_rows(f"{where}.values", len(one.values), MOST_VALUES)
    for value in one.values:
        yield from check_one_line(f"{where}.values", value, LONGEST_VALUE)
        if message := _mistake(value, one.subject):
            yield Mistake(where=f"{where}.values", message=message)


def _mistake(value: str, subject: Subject) -> str:
    spec = SUBJECTS[subject]
    directions = [one.value for one in Direction]
    if subject is Subject.DIRECTION and value.strip().lower() not in directions:
        return f"{value} is no direction: write {', '.join(directions)}."
    if value.strip() == "*" and subject is not Subject.OPTION:
        return f"A * alone says nothing: write a beginning before it, like {spec.how}."
    if "*" in value.removesuffix("*"):
        return f"A * can only stand at the end: {value.partition('*')[0]}* means whatever begins so."
    if spec.is_number and not any(one.isdecimal() for one in value):
        return f"{value} is no number: write it like {spec.how}."
    bounds = range_of(value) if spec.has_ranges else None
    if bounds and bounds[0] > bounds[1]:
        return f"{value} ends before it begins: write {bounds[1]}-{bounds[0]}."
    return ""


def _hours(where: str, one: HoursFilter) -> Iterator[Mistake]:
    if not one.days:
        yield Mistake(where=f"{where}.days", message="Choose at least one day.")
    if one.begins == one.ends:
        yield Mistake(where=f"{where}.ends", message="The hours end when they begin: write from when until when.")
    yield from check_length(f"{where}.days", "".join(map(str, one.days)), 7)
