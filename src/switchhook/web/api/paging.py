"""Pages by id: a page begins behind the last id of the one before, so that nothing falls between two of them."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from switchhook.domain.checks import Mistake
from switchhook.web.api.problems import invalid
from switchhook.web.api.shapes import PagingById
from switchhook.web.deliveries.search import uuid_or_none

Row = TypeVar("Row", bound=Model)


def by_id(found: QuerySet[Row], paging: PagingById, *, newest_first: bool = True) -> tuple[list[Row], str | None]:
    """The rows of the wanted page, and the cursor of the next. Raises Problem 422 for what is no cursor."""
    if paging.cursor:
        last = uuid_or_none(paging.cursor)
        if last is None:
            raise invalid([Mistake(where="cursor", message="Take the cursor from `next` of the page before.")])
        found = found.filter(**{"id__lt" if newest_first else "id__gt": last})
    rows = list(found.order_by("-id" if newest_first else "id")[: paging.limit + 1])
    following = str(rows[paging.limit - 1].pk) if len(rows) > paging.limit else None
    return rows[: paging.limit], following
