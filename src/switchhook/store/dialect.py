"""One statement, two databases: what is written here once is said to SQLite and to PostgreSQL as each wants it.

A statement is SQL with `:name` parameters and a few words of our own:

=====================  ====================================  ==============================================
``id IN :ids``         ``IN (SELECT value FROM json_each)``  ``= ANY(array)``; likewise ``NOT IN :ids``
``{now}``              milliseconds since 1970 by the database's clock
``{skip locked}``      nothing: there is one writer          ``FOR UPDATE SKIP LOCKED``
``{rows}``             see `Each`
``{pruned COLUMN}``    see `Each`
=====================  ====================================  ==============================================
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from switchhook.store.rows import Columns

Row = Sequence[Any]
Rows = Sequence[Row]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """A statement to be said once. Lists among the parameters are for IN. The answer is its rows, or none."""

    sql: str
    parameters: Mapping[str, Any]
    postgres: str = ""  # where the two databases must be asked differently


@dataclass(frozen=True, slots=True)
class Each:
    """A statement to be said for each of `rows`; the answer is all that it returned, together.

    Many rows go into one statement, in which each `:name` is ``r.name``. `{rows}` is ``FROM json_to_recordset(…) AS
    r(…)`` on PostgreSQL, which gets all of them at once, and ``FROM (VALUES …)`` on SQLite. `{pruned COLUMN}` repeats
    the rows' keys as an array, from which PostgreSQL's planner sees which partitions are meant.
    """

    sql: str
    columns: Columns
    rows: Sequence[Mapping[str, Any]]
    key: str = "id"


#: What is done in one transaction: yields statements, is sent their rows, returns what came of it.
Work = Generator[Query | Each, Rows, T]

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_IN_LIST = re.compile(r"\b(NOT )?IN :([a-z_]+)")
_PRUNED = re.compile(r"\{pruned ([a-z_.]+)\}")


@lru_cache(maxsize=256)
def for_sqlite(sql: str) -> str:
    """The statement in SQLite's words."""
    sql = _IN_LIST.sub(r"\1IN (SELECT value FROM json_each(:\2))", sql)
    sql = sql.replace("{now}", "CAST((julianday('now') - 2440587.5) * 86400000 + 0.5 AS INTEGER)")
    sql = sql.replace("{skip locked}", "")
    return _PRUNED.sub("", sql)


@lru_cache(maxsize=256)
def for_postgres(sql: str) -> str:
    """The statement in PostgreSQL's words, parameters as psycopg writes them."""
    sql = _IN_LIST.sub(lambda found: f"{'<> ALL' if found[1] else '= ANY'}(:{found[2]})", sql)
    sql = sql.replace("{now}", "(extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    sql = sql.replace("{skip locked}", "FOR UPDATE SKIP LOCKED")
    return _PARAMETER.sub(r"%(\1)s", sql)


def each_for_sqlite(each: Each, count: int) -> str:
    """The statement for `count` rows in SQLite's words; its parameters are the rows' values in the columns' order."""
    return _each_for_sqlite(each.sql, tuple(each.columns), count)


@lru_cache(maxsize=256)
def _each_for_sqlite(sql: str, columns: tuple[str, ...], count: int) -> str:
    named = ", ".join(f"column{number} AS {name}" for number, name in enumerate(columns, start=1))
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * count)
    record = f"(SELECT {named} FROM (VALUES {values})) AS r"  # noqa: S608 (names of ours, and question marks)
    return for_sqlite(_PARAMETER.sub(r"r.\1", sql).replace("{rows}", f"FROM {record}"))


def each_for_postgres(each: Each) -> str:
    """All rows' statement in PostgreSQL's words, with the parameters `rows` (a JSON array of objects) and `keys`."""
    return _each_for_postgres(each.sql, tuple(each.columns.items()))


@lru_cache(maxsize=64)
def _each_for_postgres(sql: str, columns: tuple[tuple[str, str], ...]) -> str:
    record = ", ".join(f"{name} {type_}" for name, type_ in columns)
    sql = _PARAMETER.sub(r"r.\1", sql)
    sql = sql.replace("{rows}", f"FROM json_to_recordset(%(rows)s::json) AS r({record})")
    return _PRUNED.sub(r"AND \1 = ANY(%(keys)s)", sql)


def insert(table: str, columns: Columns, on_conflict: str = "DO NOTHING", returning: str = "") -> str:
    """An INSERT for `Each`."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    sql = f"INSERT INTO {table} ({names}) SELECT {values} {{rows}} WHERE true ON CONFLICT {on_conflict}"
    return f"{sql} RETURNING {returning}" if returning else sql


def storable(text: str) -> str:
    """The text without what no database takes: NUL, and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
