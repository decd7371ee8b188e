"""The card Filters of an integration's form: one line for each thing that the chosen event can be filtered by.

A line that is left empty is no filter. Only lines of the chosen event are shown, and only these are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction
from switchhook.domain.filters import DAYS, SUBJECTS, Filter, HoursFilter, Subject, ValueFilter, subjects_of
from switchhook.web.saying import said

DAY_NAMES = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """The line of a Subject: its values as they are typed, comma separated."""

    subject: Subject
    text: str = ""
    excluding: bool = False

    @property
    def name(self) -> str:
        return f"filter-{self.subject.value}"

    @property
    def label(self) -> str:
        return said(SUBJECTS[self.subject].label)

    @property
    def how(self) -> str:
        return said(SUBJECTS[self.subject].how)

    @property
    def choices(self) -> list[tuple[str, bool]]:
        """The values to choose among, each with whether it is chosen; empty: they are typed."""
        chosen = _parts(self.text)
        return [(one.value, one.value in chosen) for one in Direction] if self.subject is Subject.DIRECTION else []


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursLine:
    """The line of the business hours. `match`: always, inside or outside."""

    match: str = "always"
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    begins: str = "09:00"
    ends: str = "17:00"

    @property
    def day_choices(self) -> list[tuple[str, str, bool]]:
        return [(DAYS[day], str(name), day in self.days) for day, name in enumerate(DAY_NAMES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCard:
    """All lines that the event has."""

    values: tuple[ValueLine, ...]
    hours: HoursLine

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters that the lines say; times that are none make hours that end when they begin (a mistake)."""
        filters: list[Filter] = [
            ValueFilter(subject=line.subject, values=tuple(_parts(line.text)), excluding=line.excluding)
            for line in self.values if line.text.strip()]
        if self.hours.match != "always":
            begins, ends = _time(self.hours.begins), _time(self.hours.ends)
            known = begins is not None and ends is not None
            filters.append(HoursFilter(
                days=self.hours.days, outside=self.hours.match == "outside",
                begins=begins if known and begins else time(), ends=ends if known and ends else time()))
        return tuple(filters)

    def place(self, where: str) -> str:
        """The line of the filter that stands at that place (`filters.0.values`)."""
        used = [line.name for line in self.values if line.text.strip()] + ["filter-hours"]
        number = where.split(".")[1] if "." in where else ""
        return used[int(number)] if number.isdecimal() and int(number) < len(used) else "filter-hours"


def shown_card(filters: Sequence[Filter], event_type: EventType) -> FilterCard:
    """The card of stored filters."""
    stored: Mapping[Subject, ValueFilter] = {one.subject: one for one in filters if isinstance(one, ValueFilter)}
    hours = next((one for one in filters if isinstance(one, HoursFilter)), None)
    return FilterCard(
        values=tuple(_stored_line(subject, stored.get(subject)) for subject in subjects_of(event_type)),
        hours=HoursLine() if hours is None else HoursLine(
            match="outside" if hours.outside else "inside", days=hours.days, begins=f"{hours.begins:%H:%M}",
            ends=f"{hours.ends:%H:%M}"))


def read_card(data: QueryDict, event_type: EventType) -> FilterCard:
    """The card as it was posted: of what was typed, what the chosen event has."""
    match = data.get("filter-hours", "always")
    return FilterCard(
        values=tuple(_posted_line(data, subject) for subject in subjects_of(event_type)),
        hours=HoursLine() if "filter-hours" not in data else HoursLine(
            match=match if match in ("inside", "outside") else "always",
            days=tuple(number for number, day in enumerate(DAYS) if day in data.getlist("filter-hours-days")),
            begins=data.get("filter-hours-begins", ""), ends=data.get("filter-hours-ends", "")))


def _stored_line(subject: Subject, one: ValueFilter | None) -> ValueLine:
    if one is None:
        return ValueLine(subject=subject)
    return ValueLine(subject=subject, text=", ".join(one.values), excluding=one.excluding)


def _posted_line(data: QueryDict, subject: Subject) -> ValueLine:
    name = f"filter-{subject.value}"
    return ValueLine(
        subject=subject, text=", ".join(data.getlist(name)).strip()[:20_000],
        excluding=data.get(f"{name}-match") == "none_of")


def _parts(text: str) -> list[str]:
    return _each(part.strip() for part in text.split(","))


def _each(parts: Iterable[str]) -> list[str]:
    """Each once, in order; empty ones left out."""
    return [part for part in dict.fromkeys(parts) if part]


def _time(text: str) -> time | None:
    found = _TIME.fullmatch(text.strip())
    return None if found is None else time(int(found[1]), int(found[2]))
