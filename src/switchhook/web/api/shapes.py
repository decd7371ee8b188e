"""What all shapes of the API have in common. A shape is what is sent or answered, as JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)")
#: Numbers and cursors, as the document describes them. What is none is refused with a better sentence than a pattern's.
NUMBER = "^([^\\u0000]*[0-9][^\\u0000]*)?$"
UUID_CURSOR = "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"
PLACE_CURSOR = "^([0-9]{1,15}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"


def _storable(text: str) -> str:
    if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("Remove the NUL or the half of a surrogate pair.")
    return text


#: Text that a database can keep.
Text = Annotated[str, AfterValidator(_storable), Field(json_schema_extra={"pattern": "^[^\\u0000]*$"})]


def _written(moment: object) -> object:
    if isinstance(moment, str) and not _RFC_3339.fullmatch(moment):
        raise ValueError("Write a moment with its offset: 2026-03-04T12:00:00Z.")
    return moment


#: A moment that was sent: RFC 3339.
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]

Item = TypeVar("Item")


class Shape(BaseModel):
    """A JSON object. What it does not know is refused, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Shape, Generic[Item]):
    """Some of a list. `next`: the cursor with which the following page is asked for; null: this was the last."""

    data: list[Item]
    next: str | None = None


class Paging(BaseModel):
    """Which page is wanted."""

    limit: int = Field(default=50, ge=1, le=200, description="At most so many.")
    cursor: Text = Field(default="", max_length=400, description="`next` of the page before.")


class PagingById(Paging):
    """Which page is wanted, of a list that is ordered by ids."""

    cursor: Text = Field(default="", max_length=400, description="`next` of the page before.",
                         json_schema_extra={"pattern": UUID_CURSOR})


def moment(ms: int | None) -> datetime | None:
    """Milliseconds as RFC 3339 tells them."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
