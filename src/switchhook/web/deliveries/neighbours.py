"""The deliveries before and after one, within the filters of the list from which it was opened."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from switchhook.web.deliveries.search import PAGE_ROWS, WINDOW_ROWS, Filters, meanings, narrowed
from switchhook.web.models import Delivery
from switchhook.web.tenancy import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Their ids; None: there is none, or none that is near."""

    newer: UUID | None = None
    older: UUID | None = None


def neighbours(access: Access, filters: Filters, delivery_id: UUID) -> Neighbours:
    """The next ones up and down the list, each looked for among so many rows at most as a page looks through."""
    if filters.q:
        return Neighbours(newer=_nearest_found(access, filters, delivery_id, newer=True),
                          older=_nearest_found(access, filters, delivery_id, newer=False))
    above, below = access.deliveries().filter(id__gt=delivery_id), access.deliveries().filter(id__lt=delivery_id)
    return Neighbours(newer=_nearest(above, filters, "id"), older=_nearest(below, filters, "-id"))


def _nearest_found(access: Access, filters: Filters, delivery_id: UUID, *, newer: bool) -> UUID | None:
    """Among what was searched for: the events that this may mean are looked up in their indexes, a page of each. A
    delivery's id begins with its event's milliseconds."""
    at_ms = delivery_id.int >> 80
    side = {"id__gte": UUID(int=at_ms << 80)} if newer else {"id__lt": UUID(int=at_ms + 1 << 80)}
    events = {
        id_ for meaning in meanings(filters.q) for id_ in access.events().filter(**meaning, **side)
        .order_by("id" if newer else "-id").values_list("id", flat=True)[:PAGE_ROWS]}
    owed = narrowed(access.deliveries().filter(event_id__in=events), filters).order_by()
    ids = owed.values_list("id", flat=True)
    if newer:
        return min((one for one in ids if one > delivery_id), default=None)
    return max((one for one in ids if one < delivery_id), default=None)


def _nearest(side: QuerySet[Delivery], filters: Filters, order: str) -> UUID | None:
    ids = side.order_by(order).values_list("id", flat=True)
    edge = ids[WINDOW_ROWS : WINDOW_ROWS + 1].first()
    found = narrowed(side, filters).order_by(order).values_list("id", flat=True)
    if edge is not None:
        found = found.filter(id__lt=edge) if order == "id" else found.filter(id__gt=edge)
    nearest: UUID | None = found.first()
    return nearest
