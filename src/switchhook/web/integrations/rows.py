"""The rows of Header Values and Field Values as a form posts them: read, add, remove, reorder.

Each row has a number of its own that stays while the form is open, whatever its place; the order is that of the
hidden inputs `header_row` and `value_row`, which stand in the rows. So buttons work by a submit without JavaScript,
and with it the focus stays on the row that moved. Without a number a row could be mistaken for its neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, EventType, Field
from switchhook.domain.integration import BodyKey, Header
from switchhook.domain.validation import MOST_ROWS
from switchhook.web.saying import said


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRow:
    """One row of Header Values. `stored`: the name whose secret value is stored and stays while `value` is empty."""

    number: int
    name: str = ""
    value: str = ""
    secret: bool = False
    stored: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One row of Field Values: a request key with a field, or with a fixed text."""

    number: int
    key: str = ""
    field: str = ""
    text: str = ""
    fixed: bool = False


Row = TypeVar("Row", HeaderRow, ValueRow)


def read_header_rows(data: QueryDict) -> list[HeaderRow]:
    """The posted rows of Header Values, in their order."""
    return [
        HeaderRow(
            number=number, name=data.get(f"header-{number}-name", "").strip(),
            value=data.get(f"header-{number}-value", ""), secret=f"header-{number}-secret" in data,
            stored=data.get(f"header-{number}-stored", ""))
        for number in _numbers(data, "header_row")]


def read_value_rows(data: QueryDict) -> list[ValueRow]:
    """The posted rows of Field Values, in their order."""
    return [
        ValueRow(
            number=number, key=data.get(f"value-{number}-key", "").strip(), field=data.get(f"value-{number}-field", ""),
            text=data.get(f"value-{number}-text", ""), fixed=f"value-{number}-fixed" in data)
        for number in _numbers(data, "value_row")]


def header_rows(headers: Sequence[Header]) -> list[HeaderRow]:
    """Rows for what is stored; a secret value is not among what is shown."""
    return [
        HeaderRow(number=number, name=one.name, secret=True, stored=one.name if one.value else "") if one.secret
        else HeaderRow(number=number, name=one.name, value=one.value)
        for number, one in enumerate(headers)]


def value_rows(keys: Sequence[BodyKey]) -> list[ValueRow]:
    """Rows for what is stored."""
    return [
        ValueRow(number=number, key=one.key, text=one.text, fixed=True) if one.field is None
        else ValueRow(number=number, key=one.key, field=one.field.value)
        for number, one in enumerate(keys)]


def with_all_values(rows: Sequence[ValueRow], event_type: EventType) -> list[ValueRow]:
    """The rows, and one for every standard value of the event that has none yet; rows left empty give way."""
    kept = [row for row in rows if row.key or row.field or row.fixed]
    there = {row.field for row in kept}
    spec = EVENTS[event_type]
    for field in FIELDS.values():
        missing = field.field.value not in there and not field.extra
        if missing and spec.availability(field.field) is not Availability.NEVER:
            kept.append(ValueRow(number=free_number(kept), key=field.field.value, field=field.field.value))
    return kept


def rearranged(rows: Sequence[Row], what: str, number: int) -> list[Row]:
    """The rows after `remove`, `up` or `down` of one of them; anything else leaves them as they are."""
    result = list(rows)
    place = next((place for place, row in enumerate(rows) if row.number == number), None)
    if place is None:
        return result
    row = result.pop(place)
    if what == "up":
        result.insert(max(place - 1, 0), row)
    elif what == "down":
        result.insert(place + 1, row)
    elif what != "remove":
        result.insert(place, row)
    return result


def free_number(rows: Sequence[HeaderRow] | Sequence[ValueRow]) -> int:
    """A number that no row has."""
    return max((row.number for row in rows), default=-1) + 1


def value_choices(event_type: EventType, chosen: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The drop-down of a row: (group, [(value, label, disabled)]). What the event cannot have says so, and cannot be
    chosen; what is chosen already stays choosable, or the browser would leave it out of what it posts."""
    spec = EVENTS[event_type]
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for field in FIELDS.values():
        availability = spec.availability(field.field)
        never = availability is Availability.NEVER
        label = said(field.label)
        if never:
            label = _("%(field)s – not sent with %(event)s") % {"field": label, "event": said(spec.label)}
        elif availability is Availability.WHEN_KNOWN:
            label = _("%(field)s (when known)") % {"field": label}
        groups.setdefault(field.group, []).append((field.field.value, label, never and field.field.value != chosen))
    return list(groups.items())


def known_field(value: str) -> Field | None:
    """The field of that name, None when there is none."""
    return Field(value) if value in Field._value2member_map_ else None


def _numbers(data: QueryDict, name: str) -> list[int]:
    posted = dict.fromkeys(one for one in data.getlist(name) if one.isdecimal() and len(one) <= 6)
    return [int(one) for one in posted][: MOST_ROWS + 1]  # one too many is told as a mistake, more are not read
