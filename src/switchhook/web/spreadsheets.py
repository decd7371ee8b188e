"""Lists as CSV for spreadsheets: streamed, bounded, and without anything that a spreadsheet would run as a formula.
Who took such a file along stands in the audit log."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from switchhook.domain.text_file import safe
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.models import Account

#: So many rows a file has at most, the newest; so many are read at once.
MOST_ROWS = 50_000
ROWS_AT_ONCE = 500

Cell = str | int | bool | None
Row = TypeVar("Row", covariant=True)


class Page(Protocol[Row]):
    """Some rows of a list and the key of the next page, "" after the last."""

    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def next_key(self) -> str: ...


def csv_answer(
    account: Account | None, name: str, heading: Sequence[str], rows: Iterable[Sequence[Cell]],
) -> StreamingHttpResponse:
    """A file to download, of that account (None: of all of them). It begins with the mark by which spreadsheets know
    UTF-8."""
    note(Action.EXPORTED, Kind.ACCOUNT, account.id if account else "", account.name if account else "",
         account_id=account.id if account else None, detail=f"{name}.csv")
    writer = csv.writer(_Echo())
    lines = (writer.writerow([_written(cell) for cell in row]) for row in rows)
    response = StreamingHttpResponse(
        _chained("\ufeff" + writer.writerow(heading), lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def all_rows(page_below: Callable[[str], Page[Row]]) -> Iterator[Row]:
    """The rows of all pages, up to MOST_ROWS. `page_below` is asked for a page by the key of the one before."""
    key, left = "", MOST_ROWS
    while True:
        page = page_below(key)
        yield from page.rows[:left]
        left -= len(page.rows)
        if left <= 0 or not page.next_key:
            return
        key = page.next_key


def moment(milliseconds: int | None, zone: str) -> str:
    """A time as spreadsheets understand it, in the account's zone."""
    if milliseconds is None:
        return ""
    local = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(ZoneInfo(zone))
    return local.isoformat(sep=" ", timespec="milliseconds")


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "Yes" if cell else "No"
        case _:
            return safe(str(cell))


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        return line


def _chained(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest
