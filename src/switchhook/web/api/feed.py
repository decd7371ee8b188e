"""The feed: events in the order in which they were accepted, for a program that follows along.

The list of events is ordered by their ids, which begin with the start of the call: an event of a long call stands
below newer ones. Here nothing comes in behind a cursor that was given out. What was accepted within the last second
is held back, because of two transactions the earlier one may be seen later.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from switchhook.domain.catalogue import EventType
from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.events import EventShape, event_shape
from switchhook.web.api.finding import in_ms
from switchhook.web.api.problems import invalid
from switchhook.web.api.shapes import PLACE_CURSOR, Moment, Shape, Text
from switchhook.web.deliveries.search import WINDOW_ROWS, uuid_or_none
from switchhook.web.models import Event

router = Router()

HELD_BACK_MS = 1000
_LEAST_ID = UUID(int=0)

_NOW_MS = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 + 0.5 AS INTEGER)",
    "postgresql": "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
}


class Following(BaseModel):
    """From where on, and which events."""

    after: Text = Field(default="", max_length=60, description="`next` of the answer before; empty: from now on.",
                        json_schema_extra={"pattern": PLACE_CURSOR})
    since: Moment | None = Field(
        default=None, description="RFC 3339. Without `after`: from this moment on, instead of from now.")
    type: list[EventType] = Field(default=[], description="Only these; may be repeated.")
    service_id: UUID | None = None
    limit: int = Field(default=100, ge=1, le=200, description="At most so many.")


class Feed(Shape):
    """Events, the earliest accepted first. Ask again with `after` = `next`, at once when `more` says so."""

    data: list[EventShape]
    next: str
    more: bool


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the feed: behind the event of that id, accepted then."""

    accepted_at_ms: int
    id: UUID

    def __str__(self) -> str:
        return f"{self.accepted_at_ms}.{self.id}"


@router.get("/events/feed", response=Feed, auth=READ)
def follow_events(request: HttpRequest, wanted: Query[Following]) -> Feed:
    """Events as they are accepted, for following along: ask about once a second. None is left out, none comes twice."""
    horizon_ms = _database_clock_ms() - HELD_BACK_MS
    place = _place(wanted, horizon_ms)
    ahead = _behind(access_of(request).events().filter(accepted_at_ms__lte=horizon_ms), place)
    edge = ahead[WINDOW_ROWS : WINDOW_ROWS + 1].first()
    found = ahead if edge is None else ahead.filter(accepted_at_ms__lte=edge.accepted_at_ms)
    if wanted.type:
        found = found.filter(type__in=[one.value for one in wanted.type])
    if wanted.service_id is not None:
        found = found.filter(service_id=wanted.service_id)
    rows = list(found[: wanted.limit + 1])
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    if more or edge is None:
        reached = _place_of(rows[-1]) if rows else place
    else:
        reached = max(_place_of(one) for one in (edge, *rows[-1:]))
    return Feed(data=[event_shape(row) for row in rows], next=str(reached), more=more or edge is not None)


def _behind(found: QuerySet[Event], place: Place) -> QuerySet[Event]:
    later = Q(accepted_at_ms__gt=place.accepted_at_ms) | Q(id__gt=place.id)
    return found.filter(later, accepted_at_ms__gte=place.accepted_at_ms).order_by("accepted_at_ms", "id")


def _place(wanted: Following, horizon_ms: int) -> Place:
    """Where to begin. Raises Problem 422 for what is no cursor."""
    if not wanted.after:
        return Place(horizon_ms if wanted.since is None else max(0, in_ms(wanted.since)), _LEAST_ID)
    digits, _, rest = wanted.after.partition(".")
    id_ = uuid_or_none(rest)
    if id_ is None or not digits.isdecimal() or len(digits) > 15:
        raise invalid([Mistake(where="after", message="Take it from `next` of the answer before.")])
    return Place(int(digits), id_)


def _place_of(row: Event) -> Place:
    return Place(row.accepted_at_ms, row.id)


def _database_clock_ms() -> int:
    """By the clock by which events are accepted."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW_MS[connection.vendor])
        [now_ms] = cursor.fetchone()
    return int(now_ms)
