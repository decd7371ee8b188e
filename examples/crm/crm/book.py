"""The book: what is to go into the CRM and what went there, in SQLite. A webhook is answered once its entry is here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from crm.contacts import PhoneNumber
from crm.entries import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    e164 TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at REAL NOT NULL,
    next_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',
    problem TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS entry_due ON entry (next_at) WHERE state = 'waiting';
"""
SELECT_LINES = "SELECT reference, e164, written, title, text, made_at, attempts, state, problem FROM entry "


class State(StrEnum):
    """How an entry stands."""

    WAITING = "waiting"
    DONE = "in the CRM"
    UNKNOWN = "no such contact"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry and how it stands. Times are seconds since 1970."""

    entry: Entry
    made_at: float
    attempts: int
    state: State
    problem: str


class Book:
    """One connection to the file; `with Book(path) as book` closes it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what we answered 2xx for is on the disk
        self._db.executescript(SCHEMA)

    def __enter__(self) -> Book:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def keep(self, entry: Entry, *, now: float) -> bool:
        """Keep what is to go into the CRM. False: its reference was here before; nothing is done."""
        kept = self._db.execute(
            "INSERT INTO entry (reference, e164, written, title, text, made_at, next_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (entry.reference, entry.number.e164, entry.number.written, entry.title, entry.text, now, now),
        )
        return kept.rowcount == 1

    def due(self, *, now: float) -> Line | None:
        """The entry whose turn it is."""
        lines = self._lines("WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at, id LIMIT 1", now)
        return lines[0] if lines else None

    def next_due(self) -> float | None:
        """When an entry is due, seconds since 1970; None when none waits."""
        due: float | None = self._db.execute("SELECT min(next_at) FROM entry WHERE state = 'waiting'").fetchone()[0]
        return due

    def latest(self, limit: int) -> Sequence[Line]:
        """The last entries, the newest first."""
        return self._lines("ORDER BY id DESC LIMIT ?", limit)

    def note(self, line: Line, state: State, problem: str = "", *, next_at: float = 0) -> None:
        """It was tried: how it stands now, and when to try again."""
        self._db.execute(
            "UPDATE entry SET state = ?, problem = ?, next_at = ?, attempts = attempts + 1 WHERE reference = ?",
            (state, problem, next_at, line.entry.reference),
        )

    def _lines(self, rest: str, value: float) -> list[Line]:
        rows = self._db.execute(SELECT_LINES + rest, (value,))  # `rest` is ours
        return [
            Line(
                Entry(reference=reference, number=PhoneNumber(e164, written), title=title, text=text),
                made_at,
                attempts,
                State(state),
                problem,
            )
            for reference, e164, written, title, text, made_at, attempts, state, problem in rows
        ]
