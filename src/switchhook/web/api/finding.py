"""Finding events and deliveries for the API: filters, and pages by id, newest first. Every query here is bounded.

A number, an extension or a call is looked up in an index of its own. Other filters look through a window of the
newest rows, and the next page goes on below it: a page may have fewer rows than the limit and still a `next`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from pydantic import Field

from switchhook.domain.catalogue import EventType
from switchhook.domain.checks import Mistake
from switchhook.web.api.problems import invalid
from switchhook.web.api.shapes import NUMBER, Moment, Paging, PagingById, Text
from switchhook.web.deliveries.search import TAIL_DIGITS, WINDOW_ROWS, uuid_or_none
from switchhook.web.models import Event
from switchhook.web.tenancy import Access

Row = TypeVar("Row", bound=Model)

#: Ids begin with the start of the call, and no call is taken to be longer than this.
LONGEST_CALL_MS = 24 * 3600 * 1000


class EventFilter(PagingById):
    """Which events, and which page of them."""

    type: EventType | None = None
    service_id: UUID | None = None
    number: Text = Field(default="", max_length=40, description="Source or destination: the last eight digits count.",
                         json_schema_extra={"pattern": NUMBER})
    extension: Text = Field(default="", max_length=40, description="The extension number of the user.")
    call_uuid: UUID | None = None
    since: Moment | None = Field(default=None, description="RFC 3339; not before this moment.")
    until: Moment | None = Field(default=None, description="RFC 3339; before this moment.")


def page_of_events(access: Access, wanted: EventFilter, more: dict[str, Any]) -> tuple[list[Event], str | None]:
    """A page of the account's events, newest first, and the cursor of the next. `more`: further conditions."""
    conditions = dict(more)
    if wanted.type is not None:
        conditions["type"] = wanted.type.value
    if wanted.service_id is not None:
        conditions["service_id"] = wanted.service_id
    conditions |= moments(wanted, "at_ms")
    found = access.events().filter(**conditions)
    exact: dict[str, Any] = {} if wanted.call_uuid is None else {"call_uuid": wanted.call_uuid}
    if wanted.extension:
        exact["extension_number"] = wanted.extension
    looked_up = lookups(exact, wanted.number)
    if not looked_up:
        return window(access.events(), found, wanted)
    ids: set[UUID] = set()
    for lookup in looked_up:  # each by itself: SQLite would walk through all events for two at once
        among = below(found.filter(**lookup), wanted).order_by("-id")
        ids.update(among.values_list("id", flat=True)[: wanted.limit + 1])
    newest = sorted(ids, reverse=True)
    rows = list(access.events().filter(id__in=newest[: wanted.limit]).order_by("-id"))
    return rows, str(newest[wanted.limit - 1]) if len(newest) > wanted.limit else None


def moments(wanted: EventFilter, column: str) -> dict[str, Any]:
    """Conditions for since and until; also on the id, which begins with the start of the call."""
    conditions: dict[str, Any] = {}
    if wanted.since is not None:
        since = in_ms(wanted.since)
        conditions |= {f"{column}__gte": since, "id__gte": _id_at(since - LONGEST_CALL_MS)}
    if wanted.until is not None:
        until = in_ms(wanted.until)
        conditions |= {f"{column}__lt": until, "id__lt": _id_at(until)}
    return conditions


def window(whole: QuerySet[Row], found: QuerySet[Row], paging: Paging) -> tuple[list[Row], str | None]:
    """The page of what was found among the newest of the `whole`, and the cursor of the next."""
    whole, found = below(whole, paging), below(found, paging)
    floor = whole.order_by("-pk").values_list("pk", flat=True)[WINDOW_ROWS : WINDOW_ROWS + 1].first()
    if floor is not None:
        found = found.filter(pk__gt=floor)
    rows = list(found.order_by("-pk")[: paging.limit + 1])
    if len(rows) > paging.limit:
        return rows[: paging.limit], str(rows[paging.limit - 1].pk)
    return rows, None if floor is None else str(UUID(int=floor.int + 1))


def below(found: QuerySet[Row], paging: Paging) -> QuerySet[Row]:
    """What comes after the cursor. Raises Problem 422 for what is no cursor."""
    if not paging.cursor:
        return found
    last = uuid_or_none(paging.cursor)
    if last is None:
        raise invalid([Mistake(where="cursor", message="Take the cursor from `next` of the page before.")])
    return found.filter(pk__lt=last)


def lookups(exact: Mapping[str, Any], number: str) -> list[dict[str, Any]]:
    """What is looked up in an index: one of these must hold. `exact`: columns; `number`: of source or destination."""
    if not number:
        return [dict(exact)] if exact else []
    tail = "".join(one for one in number if one in "0123456789")[-TAIL_DIGITS:]
    if not tail:
        raise invalid([Mistake(where="number", message="A number has digits.")])
    return [{**exact, "source_tail": tail}, {**exact, "destination_tail": tail}]


def in_ms(when: datetime) -> int:
    """Milliseconds since 1970."""
    return int(when.timestamp() * 1000)


def _id_at(ms: int) -> UUID:
    """The least id that begins with these milliseconds."""
    return UUID(int=min(max(ms, 0), (1 << 48) - 1) << 80)
