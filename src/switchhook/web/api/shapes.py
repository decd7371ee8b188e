"""What all shapes of the API have in common. A shape is what is sent or answered, as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _storable(text: str) -> str:
    if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("Remove the NUL or the half of a surrogate pair.")
    return text


#: Text that a database can keep.
Text = Annotated[str, AfterValidator(_storable)]

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


def moment(ms: int | None) -> datetime | None:
    """Milliseconds as RFC 3339 tells them."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
