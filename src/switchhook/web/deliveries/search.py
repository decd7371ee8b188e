"""Finding deliveries and events: the filters in the URL, and pages by key, newest first.

There are no totals and no page numbers: counting millions of rows would cost more than it tells, and rows come in
while one reads. A page begins below the last id of the one before. Every query here is bounded: a filter looks
through a window of the newest rows and goes on below it, a number or an id is looked up in an index of its own
(each in one query by itself: SQLite would walk through all of the account's events for two of them at once).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone

from switchhook.domain.catalogue import EVENTS
from switchhook.domain.delivery import DeliveryState, Problem
from switchhook.web.models import Attempt, Delivery, Event
from switchhook.web.tenancy import Access

PAGE_ROWS = 50

#: A live page that was opened long ago shows at most so many rows; "load more" has the rest.
LIVE_ROWS = 200

#: One page looks through so many rows at most. When fewer than a page are among them, "load more" goes on below.
WINDOW_ROWS = 20_000

#: Two numbers are one when their last eight digits agree: +1 202 555 0171, 0012025550171, 2025550171.
TAIL_DIGITS = 8

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for, as it stands in the URL; an empty text: anything."""

    state: str = ""
    integration: str = ""
    event: str = ""
    q: str = ""
    unwanted: str = ""
    test: str = ""  # only: tests alone; none: none of them
    answer: str = ""  # a status, or a domain.delivery.Problem
    begin: str = ""  # of events from then on, 2026-03-04T09:00 in the account's time zone
    end: str = ""  # of events before then

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Filters:
        """The filters in a query string; what is none is left out."""
        found = cls(**{one.name: data.get(one.name, "").strip()[:200] for one in fields(cls)})
        return replace(
            found, state=found.state if found.state in _STATES else "",
            integration=found.integration if uuid_or_none(found.integration) else "",
            event=found.event if found.event in _EVENTS else "", unwanted="1" if found.unwanted == "1" else "",
            test=found.test if found.test in _TESTS else "",
            answer=found.answer if found.answer in _ANSWERS else "",
            begin=found.begin if _moment(found.begin) else "", end=found.end if _moment(found.end) else "")

    def url(self, **changes: str) -> str:
        """The query string of these filters, with changes; begins with ? also when it is empty."""
        values = {one.name: getattr(self, one.name) for one in fields(self)} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def without(self, name: str) -> str:
        """The query string without one of the filters: where its chip leads."""
        return self.url(**{name: ""})

    @property
    def any(self) -> bool:
        return self != Filters()

    @property
    def since(self) -> datetime | None:
        """When `begin` is."""
        return _moment(self.begin)

    @property
    def until(self) -> datetime | None:
        """When `end` is."""
        return _moment(self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows, and the key below which the next page begins ("": this was the last)."""

    rows: list[Row]
    next_key: str = ""


def deliveries(access: Access, filters: Filters, data: Mapping[str, str], most: int | None = None) -> Page[Delivery]:
    """A page of the account's deliveries, each with its event. `data`: the query string, for the page's key;
    `most`: so many rows, else PAGE_ROWS."""
    if not filters.q:
        whole = _in_time(access.deliveries(), filters)
        return _page(whole, narrowed(whole.select_related("event"), filters), data, most or PAGE_ROWS)
    by_id = uuid_or_none(filters.q)
    if by_id and (row := access.deliveries().select_related("event").filter(id=by_id).first()):
        return Page(rows=[row])
    ids, next_key = _matching_events(access, filters.q, data)
    owed = Prefetch("deliveries", queryset=narrowed(access.deliveries(), filters))
    found_events = access.events().filter(id__in=ids).prefetch_related(owed)
    rows = [row for event in found_events for row in event.deliveries.all()]
    return Page(rows=sorted(rows, key=lambda row: row.id, reverse=True), next_key=next_key)


def events(access: Access, filters: Filters, data: Mapping[str, str], most: int | None = None) -> Page[Event]:
    """A page of the account's events, each with its deliveries; also of those that nobody wanted."""
    whole = _in_time(access.events(), filters)
    found = _tests(whole, filters).order_by("-id")
    if filters.event:
        found = found.filter(type=filters.event)
    if filters.unwanted:
        found = found.exclude(unwanted_reason="")
    if not filters.q:
        page = _page(whole, found, data, most or PAGE_ROWS)
        return Page(rows=with_deliveries(access, page.rows), next_key=page.next_key)
    ids, next_key = _matching_events(access, filters.q, data)
    return Page(rows=with_deliveries(access, list(found.filter(id__in=ids))), next_key=next_key)


def with_deliveries(access: Access, rows: list[Event]) -> list[Event]:
    """The same events, each with its deliveries. A delivery's id begins as its event's does: bounds of the ids lead
    SQLite, which knows no better, to these few and not through all of the account's."""
    if rows:
        ids = [row.id for row in rows]
        first, end = UUID(int=min(ids).int >> 80 << 80), UUID(int=((max(ids).int >> 80) + 1) << 80)
        prefetch_related_objects(
            rows, Prefetch("deliveries", queryset=access.deliveries().filter(id__gte=first, id__lt=end)))
    return rows


def uuid_or_none(text: str) -> UUID | None:
    """The UUID that somebody wrote, None when it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def first_id(moment: datetime) -> UUID:
    """The least id of an event of that moment, or of its delivery: all that began earlier are less."""
    return UUID(int=max(0, (moment - _EPOCH) // timedelta(milliseconds=1)) << 80)


def _in_time(found: QuerySet[Row], filters: Filters) -> QuerySet[Row]:
    if filters.since is not None:
        found = found.filter(id__gte=first_id(filters.since))
    return found if filters.until is None else found.filter(id__lt=first_id(filters.until))


def _tests(found: QuerySet[Row], filters: Filters) -> QuerySet[Row]:
    return found.filter(is_test=filters.test == "only") if filters.test else found


def narrowed(found: QuerySet[Delivery], filters: Filters) -> QuerySet[Delivery]:
    """Those of the deliveries that the filters let through (a search apart), newest first."""
    wanted: dict[str, Any] = {
        "state": filters.state, "integration_id": filters.integration, "event_type": filters.event}
    found = _tests(_in_time(found, filters), filters).filter(**{
        name: value for name, value in wanted.items() if value})
    if filters.answer.isdecimal():
        found = found.filter(last_status=int(filters.answer))
    elif filters.answer:
        kind = Attempt.objects.filter(delivery_id=OuterRef("id"), answer__contains=f'"problem": "{filters.answer}"')
        found = found.filter(Exists(kind), last_status=None).exclude(last_problem="")
    return found.order_by("-id")


def _moment(written: str) -> datetime | None:
    """A time as it stands in the URL, in the account's time zone; None when it is none."""
    try:
        moment = datetime.fromisoformat(written)
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())
    except ValueError:
        return None


def _page(whole: QuerySet[Row], found: QuerySet[Row], data: Mapping[str, str], most: int) -> Page[Row]:
    """A page of what was found among the `whole`. It begins below the key `before`; for a page that is live, it goes
    down to the key `down_to`."""
    before, down_to = uuid_or_none(data.get("before", "")), uuid_or_none(data.get("down_to", ""))
    if down_to:
        return Page(rows=list(found.filter(pk__gte=down_to)[:LIVE_ROWS]))
    if before:
        whole, found = whole.filter(pk__lt=before), found.filter(pk__lt=before)
    floor = whole.order_by("-pk").values_list("pk", flat=True)[WINDOW_ROWS : WINDOW_ROWS + 1].first()
    if floor is not None:
        found = found.filter(pk__gt=floor)
    rows = list(found[: most + 1])
    if len(rows) > most:
        return Page(rows=rows[:most], next_key=str(rows[most - 1].pk))
    return Page(rows=rows, next_key="" if floor is None else str(UUID(int=floor.int + 1)))  # the floor comes next


def _matching_events(access: Access, query: str, data: Mapping[str, str]) -> tuple[list[UUID], str]:
    """The ids of a page of events that what was typed may mean, and the key to go on with."""
    found: set[UUID] = set()
    before = uuid_or_none(data.get("before", ""))
    for meaning in meanings(query):
        among = access.events().filter(**meaning)
        if before:
            among = among.filter(id__lt=before)
        found.update(among.order_by("-id").values_list("id", flat=True)[: PAGE_ROWS + 1])
    ids = sorted(found, reverse=True)
    return ids[:PAGE_ROWS], str(ids[PAGE_ROWS - 1]) if len(ids) > PAGE_ROWS else ""


def meanings(query: str) -> list[dict[str, Any]]:
    """What was typed: an id of the event or its call, a number, an extension. Each has an index."""
    by_id = uuid_or_none(query)
    if by_id:
        return [{"id": by_id}, {"call_uuid": by_id}]
    digits = "".join(one for one in query if one.isdecimal())
    if digits and "." not in query and not query.translate(_WRITTEN_IN_NUMBERS):
        tail = digits[-TAIL_DIGITS:]
        return [{"source_tail": tail}, {"destination_tail": tail}, {"extension_number": digits}]
    return [{"native_call_id": query}, {"extension_number": query}]


_WRITTEN_IN_NUMBERS = str.maketrans("", "", "0123456789 +-()/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANSWERS = frozenset((*map(str, range(100, 1000)), *(one.value for one in Problem)))
_STATES = frozenset(one.value for one in DeliveryState)
_EVENTS = frozenset(one.value for one in EVENTS)
_TESTS = frozenset(("only", "none"))
