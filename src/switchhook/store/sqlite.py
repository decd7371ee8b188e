"""The Store on SQLite: one thread writes, one reads, each with a connection of its own; asyncio hands them the work.

WAL with `synchronous=FULL`: what is committed is on the disk. `BEGIN IMMEDIATE`: a read that turns into a write
would fail at once while the web writes. A connection that met an error is closed; the next call opens another.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from switchhook.domain.errors import OwnershipLost, SchemaMismatch, StoreUnavailable
from switchhook.store.dialect import Each, Query, Rows, Work, each_for_sqlite, for_sqlite, storable
from switchhook.store.sqlstore import ALIVE, SqlStore, check_schema

T = TypeVar("T")

#: How often we look whether the web has written, in seconds.
LOOK_SECONDS = 0.05
#: How long a write waits for the web's.
BUSY_SECONDS = 10.0
#: How many rows go into one statement: as many as fit, by few statements that stay prepared. Each statement lets other
#: threads in, and in a busy engine coming back takes longer than a row.
ROWS_AT_ONCE = (64, 16, 4, 1)

_PRAGMAS = (
    "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=FAST",  # what is deleted is not left where that costs no further writing; erasing (web) is ON
    # A page that many commits change is copied out of the WAL once, not each time: 40 MB may stand in it.
    "PRAGMA wal_autocheckpoint=10000", "PRAGMA journal_size_limit=67108864", "PRAGMA cache_size=-64000",
)


class SqliteStore(SqlStore):
    """One file. The web has it open, too, and so may other engines on this machine."""

    def __init__(self, path: str, keys: Sequence[str]) -> None:
        super().__init__(keys)
        self._writer = _Thread(path, "store-writer")
        self._reader = _Thread(path, "store-reader")
        self._seen = 0

    async def open(self) -> None:
        try:
            await self.read(check_schema())
        except sqlite3.OperationalError as error:
            raise SchemaMismatch("the database is empty: run `switchhook migrate`.") from error
        self._seen = await self._writer.do(_data_version)

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()

    async def write(self, work: Work[T], *, fenced: bool = True) -> T:
        fence = self._fence if fenced else None
        return await self._writer.do(lambda connection: _transaction(connection, work, "BEGIN IMMEDIATE", fence))

    async def read(self, work: Work[T]) -> T:
        return await self._reader.do(lambda connection: _transaction(connection, work, "BEGIN"))

    async def wait_for_change(self, timeout_seconds: float) -> None:
        """`data_version` of the writer's connection: our own commits do not change it, everybody else's do."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while (version := await self._writer.do(_data_version)) == self._seen:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
                self._seen = version

    async def make_partitions(self, days_ahead: int) -> None:
        """There are none."""


class _Thread:
    """A thread with a connection that is opened when it is needed."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def do(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._do, job)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._drop)
        self._threads.shutdown()

    def _do(self, job: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = _connect(self._path)
            return job(self._connection)
        except sqlite3.Error as error:
            self._drop()
            if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError) and _may_pass(error):
                raise StoreUnavailable(f"SQLite: {error}") from error
            raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _connect(path: str) -> sqlite3.Connection:
    """A connection to a file that is there: `mode=rw` makes none."""
    if not Path(path).exists():
        raise StoreUnavailable(f"there is no database at {path}: run `switchhook migrate`.")
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _may_pass(error: sqlite3.Error) -> bool:
    """Whether the database is to blame (locked, full, away), not what we said to it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE)


def _transaction(connection: sqlite3.Connection, work: Work[T], begin: str, fence: UUID | None = None) -> T:
    connection.execute(begin)
    try:
        if fence and not connection.execute(ALIVE.format(fence.hex)).fetchall():
            raise OwnershipLost
        value = _done(connection, work)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return value


def _done(connection: sqlite3.Connection, work: Work[T]) -> T:
    """Say the work's statements one after the other; what comes of it."""
    try:
        statement = next(work)
        while True:
            statement = work.send(_say(connection, statement))
    except StopIteration as done:
        value: T = done.value
        return value


def _say(connection: sqlite3.Connection, statement: Query | Each) -> Rows:
    if isinstance(statement, Query):
        parameters = {name: _value(value) for name, value in statement.parameters.items()}
        return connection.execute(for_sqlite(statement.sql), parameters).fetchall()
    returned: list[Any] = []
    rows = statement.rows
    while rows:
        count = next(size for size in ROWS_AT_ONCE if size <= len(rows))
        values = [_value(row[name]) for row in rows[:count] for name in statement.columns]
        returned += connection.execute(each_for_sqlite(statement, count), values).fetchall()
        rows = rows[count:]
    return returned


def _data_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)


def _value(value: Any) -> Any:
    """A parameter as SQLite has it: as Django writes it there."""
    as_stored = _AS_STORED.get(type(value))
    return value if as_stored is None else as_stored(value)


#: By type, as this is asked of each value of each row; what is of none of these is stored as it is.
_AS_STORED: Mapping[type, Callable[[Any], Any]] = {
    str: storable,
    UUID: attrgetter("hex"),
    datetime: lambda moment: moment.astimezone(UTC).replace(tzinfo=None).isoformat(" "),
    list: lambda values: json.dumps([_value(one) for one in values]),
}
