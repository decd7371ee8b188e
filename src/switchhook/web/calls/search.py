"""Finding calls: the filters in the URL, and pages by the moment of their beginning, newest first.

As with deliveries there are no totals, and every query is bounded: a filter looks through a window of the newest
calls and goes on below it, a number or an id is looked up in an index of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet

from switchhook.domain.facts import Direction
from switchhook.web.deliveries.search import LIVE_ROWS, PAGE_ROWS, TAIL_DIGITS, WINDOW_ROWS, uuid_or_none
from switchhook.web.models import Call
from switchhook.web.tenancy import Access

_WRITTEN_IN_NUMBERS = str.maketrans("", "", "0123456789 +-()/*#")
_DIRECTIONS = frozenset(Direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for, as it stands in the URL; an empty text: anything."""

    q: str = ""
    direction: str = ""
    pbx: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Filters:
        """The filters in a query string; what is none is left out."""
        found = cls(**{one.name: data.get(one.name, "").strip()[:200] for one in fields(cls)})
        return replace(found, direction=found.direction if found.direction in _DIRECTIONS else "",
                       pbx=found.pbx if uuid_or_none(found.pbx) else "")

    def url(self, **changes: str) -> str:
        """The query string of these filters, with changes; begins with ? also when it is empty."""
        values = {one.name: getattr(self, one.name) for one in fields(self)} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def any(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some calls, and the key below which the next page begins ("": this was the last)."""

    rows: list[Call]
    next_key: str = ""


def calls(access: Access, filters: Filters, data: Mapping[str, str], most: int | None = None) -> Page:
    """A page of the account's calls, without their timelines. `data`: the query string, for the page's key;
    `most`: so many rows, else PAGE_ROWS."""
    whole = access.calls().defer("notes")
    above, down_to = key(data.get("before", "")), key(data.get("down_to", ""))
    if above:
        whole = below(whole, *above)
    wanted = {"direction": filters.direction, "service_id": filters.pbx}
    conditions = {name: value for name, value in wanted.items() if value}
    if filters.q:
        return looked_up(whole, _meanings(filters.q), conditions, most or PAGE_ROWS)
    if down_to:
        began_ms, id_ = down_to
        return Page(rows=list(_ordered(whole.filter(~_below(began_ms, id_), **conditions))[:LIVE_ROWS]))
    return among_newest(whole, conditions, most or PAGE_ROWS)


def among_newest(whole: QuerySet[Call], conditions: Mapping[str, Any], limit: int) -> Page:
    """A page of those that meet the conditions among the newest of the whole."""
    edge = _ordered(whole)[WINDOW_ROWS : WINDOW_ROWS + 1].first()
    found = _ordered(whole.filter(**conditions))
    if edge is not None:
        found = found.exclude(_below(edge.began_ms, edge.id))
    rows = list(found[: limit + 1])
    if len(rows) > limit:
        return Page(rows=rows[:limit], next_key=key_of(rows[limit - 1]))
    return Page(rows=rows, next_key="" if edge is None else key_of(edge))


def looked_up(
    whole: QuerySet[Call], meanings: Sequence[Mapping[str, Any]], conditions: Mapping[str, Any], limit: int,
) -> Page:
    """A page of those that have one of the meanings; each is looked up by itself, in its own index."""
    found: dict[UUID, Call] = {}
    for meaning in meanings:
        among = _ordered(whole.filter(**meaning).filter(**conditions))
        found |= {call.id: call for call in among[: limit + 1]}
    rows = sorted(found.values(), key=lambda call: (call.began_ms, call.id), reverse=True)
    return Page(rows=rows[:limit], next_key=key_of(rows[limit - 1]) if len(rows) > limit else "")


def key_of(call: Call) -> str:
    """Where a call stands in the list, for URLs."""
    return f"{call.began_ms}.{call.id}"


def _meanings(query: str) -> list[dict[str, Any]]:
    """What was typed: a call's UUID, a number, an extension, the PBX's own id of a call."""
    by_id = uuid_or_none(query)
    if by_id:
        return [{"id": by_id}]
    digits = "".join(one for one in query if one.isdecimal())
    if digits and not query.translate(_WRITTEN_IN_NUMBERS):
        tail = digits[-TAIL_DIGITS:]
        return [{"source_tail": tail}, {"destination_tail": tail}, {"extension_number": digits}]
    return [{"native_call_id": query}, {"extension_number": query}]


def below(found: QuerySet[Call], began_ms: int, id_: UUID) -> QuerySet[Call]:
    """The calls that stand below that place in the list."""
    return found.filter(_below(began_ms, id_))


def _ordered(found: QuerySet[Call]) -> QuerySet[Call]:
    return found.order_by("-began_ms", "-id")


def _below(began_ms: int, id_: UUID) -> Q:
    return Q(began_ms__lte=began_ms) & (Q(began_ms__lt=began_ms) | Q(id__lt=id_))


def key(text: str) -> tuple[int, UUID] | None:
    """The place in the list that `key_of` wrote; None for what is none."""
    began_ms, _, rest = text.partition(".")
    id_ = uuid_or_none(rest)
    return (int(began_ms), id_) if id_ and began_ms.isdecimal() and len(began_ms) < 16 else None
