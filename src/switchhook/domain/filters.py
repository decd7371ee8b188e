"""Filters: which events of its type an integration wants, in an admin's words; and why it does not want one.

All filters of an integration must let an event through. They are judged when the event is accepted; a test passes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from switchhook.domain.catalogue import EVENTS, EventType, Field
from switchhook.domain.event import Event


class Subject(StrEnum):
    """What of an event a ValueFilter looks at. The value is its name in the API and in the form."""

    EXTENSION = "extension"
    SOURCE = "source"
    DESTINATION = "destination"
    QUEUE = "queue"
    MENU = "menu"
    OPTION = "option"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectSpec:
    """What a Subject is. `fields` names the Fields in which its value may stand: one that fits is enough."""

    label: str
    fields: tuple[Field, ...]
    how: str  # how its values are written, for the form
    is_number: bool = False
    has_ranges: bool = False


SUBJECTS: Mapping[Subject, SubjectSpec] = {
    Subject.EXTENSION: SubjectSpec(
        label="Extension", fields=(Field.EXTENSION_NUMBER,), how="201, 210-219, 3*", has_ranges=True),
    Subject.SOURCE: SubjectSpec(
        label="Source Number", fields=(Field.SOURCE_NUMBER, Field.SOURCE_E164), how="+1 202 555 0171, 1202*",
        is_number=True),
    Subject.DESTINATION: SubjectSpec(
        label="Destination Number", fields=(Field.DESTINATION_NUMBER, Field.DESTINATION_E164),
        how="+1 202 555 0105, 1202*", is_number=True),
    Subject.QUEUE: SubjectSpec(label="Queue", fields=(Field.QUEUE,), how="support, sales*"),
    Subject.MENU: SubjectSpec(label="IVR Name", fields=(Field.IVR_NAME,), how="NPS, Main*"),
    Subject.OPTION: SubjectSpec(label="Option", fields=(Field.OPTION_SELECTED,), how="1-5, 9", has_ranges=True),
    Subject.DIRECTION: SubjectSpec(label="Direction", fields=(Field.DIRECTION,), how="inbound, outbound, internal"),
}

#: Where the direction goes without saying.
_ONE_DIRECTION = frozenset({EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED, EventType.OUTBOUND_PLACED})

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFilter:
    """Only events whose value is one of these (or, `excluding`, is none of them). A value is written as it is, as a
    beginning (`1202*`) or, of extensions and options, as a range (`1-5`)."""

    subject: Subject
    values: tuple[str, ...]
    excluding: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursFilter:
    """Only events inside (or, `outside`, outside) the business hours: from `begins` to before `ends`, in the account's
    zone, on these `days` (0: Monday). Hours that end before they begin go on into the next day."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    begins: time = time(9)
    ends: time = time(17)
    outside: bool = False


Filter = ValueFilter | HoursFilter


def subjects_of(event_type: EventType) -> list[Subject]:
    """What an event of the type can be filtered by, in the order in which it is offered."""
    fields = EVENTS[event_type].fields
    found = [subject for subject, spec in SUBJECTS.items() if any(field in fields for field in spec.fields)]
    return [one for one in found if one is not Subject.DIRECTION or event_type not in _ONE_DIRECTION]


def unmet(filters: Sequence[Filter], event: Event, time_zone: str) -> str:
    """Why the filters do not let the event through, in plain words; empty when they do. `time_zone`: an IANA
    name; "" where the event's own offset is the account's."""
    for one in filters:
        why = _unmet_hours(one, event.at, time_zone) if isinstance(one, HoursFilter) else _unmet_value(one, event)
        if why:
            return f"filter: {why}"
    return ""


def described(one: Filter) -> str:
    """The filter as a sentence: `Option is one of 1-5`."""
    if isinstance(one, HoursFilter):
        return f"Outside {hours_text(one)}" if one.outside else f"Inside {hours_text(one)}"
    label, values = SUBJECTS[one.subject].label, ", ".join(one.values)
    return f"{label} is none of {values}" if one.excluding else f"{label} is one of {values}"


def hours_text(one: HoursFilter) -> str:
    """The hours in short: `Mon-Fri 09:00-17:30`."""
    runs: list[list[int]] = []
    for day in sorted(one.days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [DAYS[run[0]].title() + (f"-{DAYS[run[-1]].title()}" if len(run) > 1 else "") for run in runs]
    return f"{', '.join(names)} {one.begins:%H:%M}-{one.ends:%H:%M}"


# -- values ----------------------------------------------------------------------------------------------------


def _unmet_value(one: ValueFilter, event: Event) -> str:
    spec = SUBJECTS[one.subject]
    values = [str(value) for field in spec.fields if (value := event.fields.get(field)) not in (None, "")]
    value = values[0] if values else ""
    fits = any(_fits(written, value, spec) for value in values for written in one.values)
    if fits is not one.excluding:
        return ""
    label, wanted = spec.label.lower() if one.subject is not Subject.MENU else spec.label, ", ".join(one.values)
    if one.excluding:
        return f"{label} {value} is one of {wanted}"
    return f"{label} {value} is none of {wanted}" if value else f"{label} is not known, and {wanted} is wanted"


def _fits(written: str, value: str, spec: SubjectSpec) -> bool:
    if spec.has_ranges and (bounds := range_of(written)) and value.isdecimal():
        return bounds[0] <= int(value) <= bounds[1]
    plain = _digits if spec.is_number else str.casefold
    written = written.strip()
    if written.endswith("*") and written != "*":  # alone it is the key of that name
        return plain(value).startswith(plain(written[:-1].strip()))
    return plain(value) == plain(written)


_RANGE = re.compile(r"\s*(\d{1,9})\s*[-–]\s*(\d{1,9})\s*", re.ASCII)


def range_of(written: str) -> tuple[int, int] | None:
    """The first and last of a range (`1-5`); None when it is written as none."""
    found = _RANGE.fullmatch(written)
    return None if found is None else (int(found[1]), int(found[2]))


def _digits(number: str) -> str:
    """A number as its digits alone: +1 202 555 0171 and 0012025550171 are one."""
    return "".join(one for one in number if one.isdecimal()).removeprefix("00")


# -- hours -----------------------------------------------------------------------------------------------------


def _unmet_hours(one: HoursFilter, at: datetime, time_zone: str) -> str:
    try:
        local = at.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):  # a zone that this machine does not know: no reason to lose the event
        local = at
    if _is_inside(one, local) is not one.outside:
        return ""
    hours = hours_text(one)
    return f"{local:%a %H:%M} is inside {hours}" if one.outside else f"{local:%a %H:%M} is outside {hours}"


def _is_inside(one: HoursFilter, local: datetime) -> bool:
    today, now = local.weekday(), local.time()
    if one.begins < one.ends:
        return today in one.days and one.begins <= now < one.ends
    yesterday = (local - timedelta(days=1)).weekday()
    return (today in one.days and now >= one.begins) or (yesterday in one.days and now < one.ends)


# -- as they are stored and sent --------------------------------------------------------------------------------


def stored(one: Filter) -> dict[str, Any]:
    """The filter as JSON, in the configuration and over the API."""
    if isinstance(one, HoursFilter):
        return {
            "filter": "business_hours", "match": "outside" if one.outside else "inside",
            "days": [DAYS[day] for day in one.days], "begins": f"{one.begins:%H:%M}", "ends": f"{one.ends:%H:%M}"}
    return {"filter": one.subject.value, "match": "none_of" if one.excluding else "one_of", "values": list(one.values)}


def read(told: Mapping[str, Any]) -> Filter:
    """The filter of such JSON. Raises KeyError or ValueError for what is none."""
    if told["filter"] == "business_hours":
        return HoursFilter(
            days=tuple(DAYS.index(day) for day in told["days"]), begins=time.fromisoformat(told["begins"]),
            ends=time.fromisoformat(told["ends"]), outside=told["match"] == "outside")
    return ValueFilter(
        subject=Subject(told["filter"]), values=tuple(map(str, told["values"])), excluding=told["match"] == "none_of")
