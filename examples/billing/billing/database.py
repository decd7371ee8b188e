"""One connection to SQLite or PostgreSQL, for the same SQL: `?` stands for a value. Outside of a transaction, each
statement is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]


class Trouble(Exception):
    """The database cannot be reached, or refused: whoever asked should ask again later."""


class _Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Row]: ...


class Database:
    """What both databases can do. `with Database(url) as database` closes it; it may go from thread to thread."""

    def __init__(self, url: str) -> None:
        """`url`: postgresql://…, or sqlite:///the/file."""
        self._errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
        if url.startswith("sqlite:"):
            self._open_sqlite(Path(url.removeprefix("sqlite://")))
        else:
            self._open_postgres(url)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._trouble():
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.run(self._begin)
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """How many rows it changed."""
        with self._trouble():
            return self._execute(sql, values).rowcount

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self._trouble():
            return self._execute(sql, values).fetchall()

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise Trouble(f"the database: {' '.join(str(error).split())}") from error

    def _execute(self, sql: str, values: Sequence[object]) -> _Cursor:
        cursor: _Cursor = self._connection.execute(self._prepare(sql), values)
        return cursor

    def _open_sqlite(self, path: Path) -> None:
        self._begin = "BEGIN IMMEDIATE"
        self._prepare: Any = str
        with self._trouble():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection: Any = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")  # what we answered 2xx for is on the disk

    def _open_postgres(self, url: str) -> None:
        try:
            import psycopg  # only who uses PostgreSQL needs it
        except ImportError as error:
            raise Trouble("PostgreSQL needs a package more: pip install 'psycopg[binary]'") from error
        self._errors = (psycopg.Error,)
        self._begin = "BEGIN"
        self._prepare = lambda sql: sql.replace("?", "%s").encode()
        with self._trouble():
            self._connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
