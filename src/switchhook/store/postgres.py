"""The Store on PostgreSQL: a pool of connections, and one of its own to be woken by.

It works behind PgBouncer in transaction mode: nothing is prepared, nothing lasts longer than a transaction. Only
being woken needs a session of its own (`listen_url`); without one, looking happens every second anyway.

A database may also freeze, or its machine vanish: nobody hangs up then, and nobody answers. So whoever waits for too
long cuts the line; and whoever falls silent in the middle of a transaction loses it, with the locks it holds.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool
from pydantic_core import PydanticSerializationError, to_json

from switchhook.domain.errors import OwnershipLost, SchemaMismatch, StoreUnavailable
from switchhook.store.dialect import Each, Query, Rows, Work, each_for_postgres, for_postgres, storable
from switchhook.store.partitions import drop_partitions, make_partitions
from switchhook.store.sqlstore import ALIVE, SqlStore, check_schema

T = TypeVar("T")

CHANNEL = "switchhook"
#: We look at least so often, woken or not, in seconds.
LOOK_SECONDS = 1.0
#: Connections of one engine, at most, without the one that is woken.
CONNECTIONS = 6
#: How long a call waits for one of them, in seconds.
CONNECT_SECONDS = 5.0
#: How long we wait for an answer, in seconds, where the settings say nothing else.
ANSWER_SECONDS = 10.0

_DEFAULTS = {
    "application_name": "switchhook", "connect_timeout": "4", "tcp_user_timeout": "10000", "keepalives_idle": "10",
    "keepalives_interval": "5", "keepalives_count": "2",
}
#: The database is to blame, not what we said to it. Also for what it calls an internal error: a quota on its disk, say.
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction,
         psycopg.errors.InternalError_)
_Connection = psycopg.AsyncConnection[Any]


class PostgresStore(SqlStore):
    """One database, for as many engines and webs as there are."""

    def __init__(
        self, url: str, keys: Sequence[str], *, listen_url: str = "", answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """`listen_url`: past a pooler that keeps no sessions, to be woken by. Who does not answer for `answer_seconds`
        is away."""
        super().__init__(keys)
        self._conninfo = make_conninfo(**(_DEFAULTS | conninfo_to_dict(url)))  # type: ignore[arg-type]
        self._listen_conninfo = make_conninfo(**(_DEFAULTS | conninfo_to_dict(listen_url or url)))  # type: ignore[arg-type]
        self._answer_seconds = answer_seconds
        self._begin = f"BEGIN; SET LOCAL idle_in_transaction_session_timeout = {round(answer_seconds * 1000)}"
        self._pool: AsyncConnectionPool[_Connection] | None = None
        self._woken: _Connection | None = None
        self._session = True  # that of `_woken` is one: no pooler stands in between

    async def open(self) -> None:
        await self.close()
        try:
            first = await psycopg.AsyncConnection.connect(self._conninfo)
            await first.close()
        except psycopg.Error as error:
            raise StoreUnavailable(f"PostgreSQL: {error}") from error
        # The pool gives up connecting soon, so that the next call tries at once: it would wait ever longer otherwise.
        self._pool = AsyncConnectionPool(
            self._conninfo, kwargs={"autocommit": True, "prepare_threshold": None}, min_size=1, max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS, reconnect_timeout=CONNECT_SECONDS / 2, open=False, name="switchhook")
        await self._pool.open()
        try:
            await self.read(check_schema())
        except psycopg.errors.UndefinedTable as error:
            await self.close()
            raise SchemaMismatch("the database is empty: run `switchhook migrate`.") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._sleep_on()
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def write(self, work: Work[T], *, fenced: bool = True) -> T:
        async with self._connection() as connection, self._transaction(connection, self._fence if fenced else None):
            return await _done(connection, work, self._answer_seconds)

    async def read(self, work: Work[T]) -> T:
        async with self._connection() as connection:
            return await _done(connection, work, self._answer_seconds)

    async def wait_for_change(self, timeout_seconds: float) -> None:
        with heeding_cancellation():
            await self._wait_for_change(min(timeout_seconds, LOOK_SECONDS))

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            if self._woken is None:
                self._woken = await psycopg.AsyncConnection.connect(
                    self._listen_conninfo, autocommit=True, prepare_threshold=None)
                with _cut_after(self._woken, self._answer_seconds):
                    self._session = await _is_session(self._woken)
                    if self._session:
                        await self._woken.execute(f"LISTEN {CHANNEL}")
                return  # what came before we listened
            if not self._session:
                await asyncio.sleep(seconds)
                return
            async for _ in self._woken.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            await self._sleep_on()
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            await self._sleep_on()
            raise

    async def make_partitions(self, days_ahead: int) -> None:
        async with self._connection() as connection:
            await make_partitions(connection, days_ahead)

    async def prune(self, before: datetime, limit: int, account_id: UUID | None = None) -> int:
        dropped = 0
        if account_id is None:
            async with self._connection() as connection:
                dropped = await drop_partitions(connection, before)
        return dropped + await super().prune(before, limit, account_id)

    async def _sleep_on(self) -> None:
        connection, self._woken = self._woken, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """One of the pool's. When it turns out to be broken, or to lead to a server that is the primary no longer, so
        may its sisters: all are made anew."""
        if self._pool is None:
            raise StoreUnavailable("the store is not open")
        broken = False
        with heeding_cancellation():
            try:
                async with self._pool.connection() as connection:
                    try:
                        yield connection
                    finally:
                        broken = connection.broken
            except _AWAY as error:
                if broken or isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    with suppress(psycopg.Error):
                        await self._pool.drain()
                raise StoreUnavailable(f"PostgreSQL: {error}") from error

    @asynccontextmanager
    async def _transaction(self, connection: _Connection, fence: UUID | None) -> AsyncIterator[None]:
        """A transaction that neither we nor the server wait for without end. It begins by one message, which asks for
        the fence, too."""
        alive = f"; {ALIVE.format(fence)}" if fence else ""
        with _cut_after(connection, self._answer_seconds):
            begun = await connection.execute(f"{self._begin}{alive}".encode())
        try:
            await begun.set_result(-1)
            if fence and not begun.rowcount:
                raise OwnershipLost
            yield
        except BaseException:
            if not connection.broken:
                with _cut_after(connection, self._answer_seconds):
                    await connection.rollback()
            raise
        with _cut_after(connection, self._answer_seconds):
            await connection.execute("COMMIT")


@contextmanager
def heeding_cancellation() -> Iterator[None]:
    """A cancellation that comes meanwhile is raised at the end, whatever else came of it. On its way a connection is
    closed, or an answer comes in; an error of that may take its place, and who tries again then would never end."""
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        yield
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


@contextmanager
def _cut_after(connection: _Connection, seconds: float) -> Iterator[None]:
    """Cut the line when this takes longer: whoever waits on it then learns that it is broken."""
    timer = asyncio.get_running_loop().call_later(seconds, _cut, connection)
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: _Connection) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


async def _is_session(connection: _Connection) -> bool:
    """Whether the server that answers is the one that we logged in to. PgBouncer puts anybody's in our way: who says
    LISTEN there is heard by nobody, and spoils the connection for others."""
    cursor = await connection.execute("SELECT pg_backend_pid()")
    return await cursor.fetchone() == (connection.info.backend_pid,)


async def _done(connection: _Connection, work: Work[T], answer_seconds: float) -> T:
    """Say the work's statements one after the other; what comes of it."""
    async with connection.cursor() as cursor:
        try:
            statement = next(work)
            while True:
                with _cut_after(connection, answer_seconds):
                    await _say(cursor, statement)
                rows: Rows = await cursor.fetchall() if cursor.description else ()
                statement = work.send(rows)
        except StopIteration as done:
            value: T = done.value
            return value


async def _say(cursor: psycopg.AsyncCursor[Any], statement: Query | Each) -> None:
    if isinstance(statement, Query):
        sql = for_postgres(statement.postgres or statement.sql)
        await cursor.execute(sql.encode(), {name: _value(value) for name, value in statement.parameters.items()})
        return
    await cursor.execute(
        for_postgres(each_for_postgres(statement)).encode(),
        {"rows": _rows_text(statement.rows), "keys": [row[statement.key] for row in statement.rows]})


def _rows_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as JSON, `storable`: which they are, nearly always."""
    with suppress(PydanticSerializationError):  # half a surrogate pair
        text = to_json(rows).decode()
        if "\\u0000" not in text:
            return text
    return json.dumps([{name: _json_value(value) for name, value in row.items()} for row in rows])


def _value(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_value(one) for one in value]
        case _:
            return value


def _json_value(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case UUID():
            return value.hex
        case _:
            return value
