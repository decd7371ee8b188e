"""PostgreSQL's partitions: one a day for events, deliveries and attempts, by the day that their ids begin with.

Making or dropping one locks its table for a moment. Whoever holds it longer (a long report, a backup) is not waited
for, because all others would wait behind us: what could not be done today is done tomorrow.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql

from switchhook.store.rows import first_id, to_ms

log = logging.getLogger("switchhook.store")

#: From the one that others belong to down; dropped the other way round.
TABLES = ("event", "delivery", "attempt")
LOCK_SECONDS = 2

_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass"
_CREATE = sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})")
_COUNT = sql.SQL("SELECT count(*) FROM {}")
_DROP = sql.SQL("DROP TABLE {}")
_NAME = re.compile(r"event_(\d{8})")
_TURN = 0x73776974  # the number of our advisory lock: one engine at a time

_Connection = psycopg.AsyncConnection[Any]


async def make_partitions(connection: _Connection, days_ahead: int) -> None:
    """See that today and so many days to come (UTC) have their partitions."""
    today = datetime.now(UTC).date()
    for day in (today + timedelta(days=number) for number in range(days_ahead + 1)):
        async with _alone(connection, f"make the partitions of {day}"):
            if day not in await _days(connection):
                bounds = [sql.Literal(str(first_id(to_ms(_begin(one))))) for one in (day, day + timedelta(days=1))]
                for table in TABLES:
                    await connection.execute(_CREATE.format(_partition(table, day), sql.Identifier(table), *bounds))


async def drop_partitions(connection: _Connection, before: datetime) -> int:
    """Drop the partitions of days that were over before that time. Returns how many events there were."""
    dropped = 0
    for day in sorted(await _days(connection)):
        if _begin(day + timedelta(days=1)) <= before:
            async with _alone(connection, f"drop the partitions of {day}"):
                if day in await _days(connection):
                    counted = await connection.execute(_COUNT.format(_partition("event", day)))
                    for table in reversed(TABLES):
                        await connection.execute(_DROP.format(_partition(table, day)))
                    for (count,) in await counted.fetchall():
                        dropped += count
    return dropped


@asynccontextmanager
async def _alone(connection: _Connection, what: str) -> AsyncIterator[None]:
    """A transaction that no other engine does at the same time, and that waits for nobody long."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
            yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.CheckViolation) as error:
        # CheckViolation: the default partition has rows of that day already, and keeps them.
        log.warning("could not %s: %s", what, error.diag.message_primary)


async def _days(connection: _Connection) -> frozenset[date]:
    cursor = await connection.execute(_PARTITIONS)
    names = (_NAME.fullmatch(name) for (name,) in await cursor.fetchall())
    return frozenset(datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() for found in names if found)


def _partition(table: str, day: date) -> sql.Identifier:
    return sql.Identifier(f"{table}_{day:%Y%m%d}")


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
