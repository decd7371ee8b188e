"""The book: what was chosen, and what is still to be sent because of it, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from nps.hook import Choice
from nps.messages import Message

AGAIN = "a second choice in the same call"
NOT_COUNTED_KEPT_MS = 30 * 24 * 3600 * 1000

SCHEMA = """
CREATE TABLE IF NOT EXISTS choice (
  webhook_id TEXT PRIMARY KEY,   -- the same on every attempt of the sender
  at_ms INTEGER NOT NULL,        -- when the caller chose, milliseconds since 1970
  score INTEGER,                 -- 0 to 10; null: not counted
  why TEXT NOT NULL,             -- why it is not counted
  option TEXT NOT NULL, menu TEXT NOT NULL, call_uuid TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
  user TEXT NOT NULL, extension TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS choice_at ON choice (at_ms);
CREATE UNIQUE INDEX IF NOT EXISTS one_score_a_call ON choice (call_uuid, menu)
  WHERE score IS NOT NULL AND call_uuid <> '';
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY,
  webhook_id TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  made_at REAL NOT NULL, next_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, sent, given up, no such contact
  problem TEXT NOT NULL DEFAULT '',
  UNIQUE (webhook_id, kind, target)
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (next_at) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS recording (  -- of a call with a score: a row only where recordings are asked for
  call_uuid TEXT PRIMARY KEY,
  state TEXT NOT NULL,           -- awaited, there, absent
  why TEXT NOT NULL,             -- what it is waited for, or why there is none
  service_id TEXT NOT NULL, numbers TEXT NOT NULL,  -- of which PBX, and which: "1 2"
  since REAL NOT NULL, next_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recording_awaited ON recording (next_at) WHERE state = 'awaited';
"""
#: The score of a call in a menu that counts so far.
COUNTED = """
SELECT webhook_id, at_ms FROM choice
WHERE call_uuid = ? AND menu = ? AND score IS NOT NULL AND call_uuid <> ''
"""
#: A message waits for the recording of its call, be it to learn that there is none.
FROM_DUE = """
FROM outbox JOIN choice USING (webhook_id) LEFT JOIN recording ON recording.call_uuid = choice.call_uuid
WHERE outbox.state = 'waiting' AND coalesce(recording.state, '') <> 'awaited'
"""

SELECT_ROWS = """
SELECT at_ms, score, choice.why, option, menu, choice.call_uuid, source, destination, user, extension, coalesce((
  SELECT group_concat(kind || ' ' || state, ', ')
  FROM (SELECT kind, state FROM outbox WHERE outbox.webhook_id = choice.webhook_id ORDER BY id)), ''),
  recording.state, recording.why, recording.service_id, recording.numbers
FROM choice LEFT JOIN recording ON recording.call_uuid = choice.call_uuid AND score IS NOT NULL WHERE """


class Sought(StrEnum):
    """How the search for a call's recordings stands."""

    AWAITED = "awaited"
    THERE = "there"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recordings of a call. `why`: what is waited for, or why there is none; `numbers`: those that can be had."""

    state: Sought
    why: str
    service_id: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A choice as it was kept. `told`: its messages, how they stand ("mail sent, crm waiting"). `recorded`: None
    where recordings are not asked for."""

    at_ms: int
    score: int | None
    why: str
    option: str
    menu: str
    call_uuid: str
    source: str
    destination: str
    user: str
    extension: str
    told: str
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that waits for being sent."""

    id: int
    webhook_id: str
    kind: str
    target: str
    subject: str
    body: str
    made_at: float
    attempts: int
    call_uuid: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """A call whose recordings are waited for, since then (seconds since 1970)."""

    call_uuid: str
    since: float


class Book:
    """One connection to the file. Every method is one transaction; `with Book(path) as book` closes it."""

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

    def keep(
        self,
        choice: Choice,
        score: int | None,
        why: str,
        owed: Sequence[Message],
        *,
        now: float,
        listen_at: float | None = None,
    ) -> bool:
        """Keep a choice and what is to be sent because of it. `listen_at`: when to look for the call's recording first.
        False: this request was here before; nothing is done.

        A call's first score in a menu counts, also when it is told after a second one: that no longer counts then, and
        what was still to be sent because of it is not."""
        row = (
            choice.webhook_id,
            round(choice.at.timestamp() * 1000),
            score,
            why,
            choice.option,
            choice.menu,
            choice.call_uuid,
            choice.source,
            choice.destination,
            choice.user,
            choice.extension,
        )
        with _transaction(self._db) as db:
            if db.execute("SELECT 1 FROM choice WHERE webhook_id = ?", row[:1]).fetchone():
                return False
            counted = db.execute(COUNTED, (choice.call_uuid, choice.menu)).fetchone() if score is not None else None
            if counted and counted[1] <= row[1]:
                score, owed = None, ()
                row = (*row[:2], score, AGAIN, *row[4:])
            elif counted:
                db.execute("UPDATE choice SET score = NULL, why = ? WHERE webhook_id = ?", (AGAIN, counted[0]))
                db.execute("DELETE FROM outbox WHERE webhook_id = ? AND state = 'waiting'", counted[:1])
            db.execute("INSERT INTO choice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.executemany(
                "INSERT INTO outbox (webhook_id, kind, target, subject, body, made_at, next_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(choice.webhook_id, one.kind, one.target, one.subject, one.body, now, now) for one in owed],
            )
            if listen_at is not None and score is not None:
                db.execute(
                    "INSERT INTO recording VALUES (?, 'awaited', 'The call goes on.', '', '', ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (choice.call_uuid, now, listen_at),
                )
        return True

    def owed(self, *, now: float, limit: int = 20) -> list[Owed]:
        """What is due to be sent, the oldest first."""
        rows = self._db.execute(
            "SELECT outbox.id, webhook_id, kind, target, subject, body, made_at, attempts, choice.call_uuid"
            f"{FROM_DUE} AND outbox.next_at <= ? ORDER BY outbox.next_at, outbox.id LIMIT ?",
            (now, limit),
        )
        return [Owed(*row) for row in rows]

    def next_due(self) -> float | None:
        """When something is due, seconds since 1970; None when nothing waits."""
        due: float | None = self._db.execute(f"SELECT min(outbox.next_at){FROM_DUE}").fetchone()[0]
        return due

    def note_closed(self, owed: Owed, state: str, problem: str) -> None:
        """There is nothing more to do: it is "sent", "given up", or the CRM has "no such contact"."""
        self._db.execute(
            "UPDATE outbox SET state = ?, problem = ?, attempts = attempts + 1 WHERE id = ?", (state, problem, owed.id)
        )

    def note_failed(self, owed: Owed, problem: str, *, next_at: float) -> None:
        """It could not be sent; try again at `next_at`."""
        self._db.execute(
            "UPDATE outbox SET problem = ?, attempts = attempts + 1, next_at = ? WHERE id = ?",
            (problem, next_at, owed.id),
        )

    def awaited(self, *, now: float, limit: int = 20) -> list[Awaited]:
        """The calls whose recordings are to be looked for now, the longest waiting first."""
        rows = self._db.execute(
            "SELECT call_uuid, since FROM recording WHERE state = 'awaited' AND next_at <= ? ORDER BY next_at LIMIT ?",
            (now, limit),
        )
        return [Awaited(*row) for row in rows]

    def next_awaited(self) -> float | None:
        """When a recording is to be looked for, seconds since 1970; None when none is waited for."""
        at: float | None = self._db.execute("SELECT min(next_at) FROM recording WHERE state = 'awaited'").fetchone()[0]
        return at

    def note_awaited(self, call_uuid: str, why: str, *, next_at: float) -> None:
        """The recording is not there yet."""
        self._db.execute("UPDATE recording SET why = ?, next_at = ? WHERE call_uuid = ?", (why, next_at, call_uuid))

    def note_recorded(self, call_uuid: str, found: Recorded) -> None:
        """The recordings are there, or will not come: the search is over."""
        self._db.execute(
            "UPDATE recording SET state = ?, why = ?, service_id = ?, numbers = ? WHERE call_uuid = ?",
            (found.state, found.why, found.service_id, " ".join(map(str, found.numbers)), call_uuid),
        )

    def recorded(self, call_uuid: str) -> Recorded | None:
        """The recordings of a call; None when they were not asked for."""
        row = self._db.execute(
            "SELECT state, why, service_id, numbers FROM recording WHERE call_uuid = ?", (call_uuid,)
        ).fetchone()
        return _recorded(*row) if row else None

    def scores(self, since_ms: int, menu: str = "") -> list[Row]:
        """The scores that count, the newest first."""
        return self._rows(
            "score IS NOT NULL AND at_ms >= ? AND (? = '' OR menu = ?) ORDER BY at_ms DESC", since_ms, menu, menu
        )

    def not_counted(self, limit: int) -> list[Row]:
        """The latest that do not count, the newest first: tests, other menus, `*` and `#`."""
        return self._rows("score IS NULL ORDER BY at_ms DESC LIMIT ?", limit)

    def menus(self) -> list[str]:
        """The names of the surveys."""
        rows = self._db.execute("SELECT DISTINCT menu FROM choice WHERE score IS NOT NULL ORDER BY menu")
        return [str(menu) for (menu,) in rows]

    def forget(self, *, now: float) -> None:
        """Drop what never counted and is older than 30 days."""
        self._db.execute(
            "DELETE FROM choice WHERE score IS NULL AND at_ms < ?", (int(now * 1000) - NOT_COUNTED_KEPT_MS,)
        )

    def _rows(self, where: str, *values: object) -> list[Row]:
        with closing(self._db.execute(SELECT_ROWS + where, values)) as found:  # `where` is ours
            return [replace(Row(*row[:11]), recorded=_recorded(*row[11:])) for row in found]


def _recorded(state: str | None, why: str, service_id: str, numbers: str) -> Recorded | None:
    return Recorded(Sought(state), why, service_id, tuple(map(int, numbers.split()))) if state else None


class _transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
