"""What a command shows: coloured text and tables on a terminal, JSON lines when it is piped (or with --json)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from switchhook.cli.client import Record

#: A table is as wide as it must be, so that an id can be copied whole; only what is longer than that is cut.
WIDEST = 1000
LONGEST_CELL = 44

#: How states and verdicts are coloured.
_STYLES = {
    "delivered": "green", "done": "green", "pending": "yellow", "failed": "red", "expired": "red", "cancelled": "dim",
}


class Output:
    """Where results go (standard output), and beside them what is only for a person (standard error)."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json or not sys.stdout.isatty()
        self._out = Console(highlight=False, soft_wrap=True)
        self._notes = Console(stderr=True, highlight=False, soft_wrap=True)

    def record(self, record: Record, *shown: RenderableType) -> None:
        """One result: as a JSON line, or as it is shown."""
        if self.as_json:
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        for one in shown:
            self._out.print(one)

    def table(self, records: Iterable[Record], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Many results: a JSON line for each, or one table."""
        if self.as_json:
            for record in records:
                self.record(record)
            return
        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*map(cell, row))
        if table.row_count:
            Console(highlight=False, width=WIDEST).print(table)
        else:
            self.note("There are none.")

    def note(self, text: str, style: str = "") -> None:
        """Something beside the results, for a person."""
        self._notes.print(text, style=style, markup=False)

    def preview(self, shown: Iterable[str]) -> None:
        """What would be done, for the person who is asked: lines as `record` shows them."""
        for one in shown:
            self._notes.print(one)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A sign of life on a terminal while something takes its time."""
        if self._notes.is_terminal:
            with self._notes.status(text):
                yield
        else:
            yield


def cell(value: object) -> Text:
    """A value in a table, never read as markup."""
    text = "" if value is None else str(value)
    text = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    return Text(text, _STYLES.get(text, ""))


def clock(moment: object) -> str:
    """A moment of the API (RFC 3339) as a person reads it, in this machine's time zone."""
    if not isinstance(moment, str):
        return ""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
