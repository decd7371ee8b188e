"""The book: rated records of calls and legs, each with every version that an event told.

`call_version` has them all and is only added to; `call_record` has the newest version of each call and leg. So a
request that comes again changes nothing, and the order in which versions come does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from enum import StrEnum

from billing.database import Database, Row
from billing.ended import Ended
from billing.periods import Period
from billing.rates import Charge

MILLION = Decimal(1_000_000)
COLUMNS = [one.name for one in (*fields(Ended), *fields(Charge))]
COLUMNS[COLUMNS.index("price")] = "price_micros"  # whole millionths of the currency: both databases add them exactly
ALL = ", ".join(COLUMNS)
ORDER = "at_ms, sequence, event_id, digest"  # the newest version is the greatest; the last two settle a draw

_TABLE = """
CREATE TABLE IF NOT EXISTS {name} (
  call_uuid TEXT NOT NULL, leg_id TEXT NOT NULL,  -- leg_id '': the call itself
  at_ms BIGINT NOT NULL, sequence BIGINT NOT NULL, event_id TEXT NOT NULL,
  account TEXT NOT NULL, service_uuid TEXT NOT NULL, service TEXT NOT NULL, direction TEXT NOT NULL,
  trunk TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL, number TEXT NOT NULL,
  extension TEXT NOT NULL, user_name TEXT NOT NULL, answered_at TEXT NOT NULL, ended_at TEXT NOT NULL,
  duration BIGINT, billable_seconds BIGINT, disposition TEXT NOT NULL,
  call_type TEXT NOT NULL, rate_name TEXT NOT NULL, billed_seconds BIGINT NOT NULL,
  price_micros BIGINT, why TEXT NOT NULL,         -- null: not rated, and why
  digest TEXT NOT NULL, PRIMARY KEY ({key}))
"""
SCHEMA = (
    _TABLE.format(name="call_version", key="call_uuid, leg_id, digest"),
    _TABLE.format(name="call_record", key="call_uuid, leg_id"),
    "CREATE INDEX IF NOT EXISTS call_record_at ON call_record (at_ms)",
    "CREATE INDEX IF NOT EXISTS call_record_unrated ON call_record (at_ms) WHERE price_micros IS NULL",
)
_INSERT = f"INSERT INTO {{}} ({ALL}, digest) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608 - all of it ours
_KEEP_VERSION = _INSERT.format("call_version") + " ON CONFLICT DO NOTHING"
_KEEP_NEWEST = (
    _INSERT.format("call_record") + " ON CONFLICT (call_uuid, leg_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS[2:], "digest"))
    + " WHERE ({}) > ({})".format(*(", ".join(f"{table}.{name}" for name in ORDER.split(", "))
                                    for table in ("excluded", "call_record"))))
_OF_ANOTHER = "SELECT 1 FROM call_record WHERE call_uuid = ? AND leg_id = ? AND account <> ?"
_RATE = ("UPDATE {} SET call_type = ?, rate_name = ?, billed_seconds = ?, price_micros = ?, why = ?"
         " WHERE call_uuid = ? AND leg_id = ? AND digest = ? AND price_micros IS NULL")
_VERSIONS = "(SELECT count(*) FROM call_version v WHERE v.call_uuid = r.call_uuid AND v.leg_id = r.leg_id)"
_RECORDS = f"SELECT {ALL}, {_VERSIONS} FROM call_record r"  # noqa: S608


class Kept(StrEnum):
    """What became of an event."""

    NEW = "new"
    SAME = "here before"
    CORRECTED = "a correction"
    LATE = "older than what is known"
    FOREIGN = "another account has this call: not kept"


@dataclass(frozen=True, slots=True)
class Record:
    """The newest version of a call or leg and what it costs. `versions`: how many were told."""

    ended: Ended
    charge: Charge
    versions: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What the answered, charged legs of somebody, or of a call type, come to."""

    name: tuple[str, ...]
    legs: int
    unrated: int
    billed_seconds: int
    price: Decimal


class Book:
    """The records in a database. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> None:
        """Make its tables, where they are not there yet."""
        with self._database.transaction():
            for statement in SCHEMA:
                self._database.run(statement)

    def keep(self, ended: Ended, charge: Charge) -> Kept:
        """Keep what an event told: as the record, if it is the newest version. Nobody changes another account's."""
        row = _row(ended, charge)
        with self._database.transaction():
            if self._database.rows(_OF_ANOTHER, (*ended.key, ended.account)):
                return Kept.FOREIGN
            if self._database.run(_KEEP_VERSION, row) == 0:
                return Kept.SAME
            if self._database.run(_KEEP_NEWEST, row) == 0:
                return Kept.LATE
            [(versions,)] = self._database.rows(
                "SELECT count(*) FROM call_version WHERE call_uuid = ? AND leg_id = ?", ended.key)
            return Kept.NEW if versions == 1 else Kept.CORRECTED

    def records(self, period: Period, *, legs: bool = True, calls: bool = True) -> list[Record]:
        """The records of a period, in the order of time."""
        kinds = [is_kind for is_kind, wanted in (("<> ''", legs), ("= ''", calls)) if wanted]
        which = " OR ".join(f"leg_id {is_kind}" for is_kind in kinds)
        return self._records(f"at_ms >= ? AND at_ms < ? AND ({which}) ORDER BY at_ms, call_uuid, leg_id",
                             *period.milliseconds)

    def record(self, call_uuid: str, leg_id: str) -> Record | None:
        """The record of a call, or of a leg."""
        return next(iter(self._records("call_uuid = ? AND leg_id = ?", call_uuid, leg_id)), None)

    def latest(self, period: Period, limit: int) -> list[Record]:
        """The legs that ended last."""
        return self._records("leg_id <> '' AND at_ms >= ? AND at_ms < ? ORDER BY at_ms DESC, call_uuid, leg_id LIMIT ?",
                             *period.milliseconds, limit)

    def unrated(self, limit: int) -> list[Record]:
        """Those whose price is not known, of all time."""
        return self._records("price_micros IS NULL ORDER BY at_ms DESC, call_uuid, leg_id LIMIT ?", limit)

    def corrected(self, period: Period, limit: int) -> list[Record]:
        """The legs that were told in more than one version."""
        return self._records(f"leg_id <> '' AND at_ms >= ? AND at_ms < ? AND {_VERSIONS} > 1"
                             " ORDER BY at_ms DESC, call_uuid, leg_id LIMIT ?", *period.milliseconds, limit)

    def versions(self, call_uuid: str, leg_id: str) -> list[tuple[Ended, Charge]]:
        """Every version of a call or leg, the newest first."""
        rows = self._database.rows(
            f"SELECT {ALL} FROM call_version WHERE call_uuid = ? AND leg_id = ?"  # noqa: S608
            f" ORDER BY {', '.join(f'{name} DESC' for name in ORDER.split(', '))}", (call_uuid, leg_id))
        return [_version(row) for row in rows]

    def sums_by_user(self, period: Period) -> list[Sum]:
        """What each user is to pay, the most first, by account, service, name and extension."""
        names = "account, max(service), max(user_name), extension"
        return self._sums(period, names, by="account, service_uuid, extension")

    def sums_by_call_type(self, period: Period) -> list[Sum]:
        """What each type of calls comes to, the most first."""
        return self._sums(period, "call_type", by="call_type")

    def _sums(self, period: Period, names: str, *, by: str) -> list[Sum]:
        rows = self._database.rows(
            f"SELECT {names}, count(*), sum(CASE WHEN price_micros IS NULL THEN 1 ELSE 0 END),"  # noqa: S608
            " sum(billed_seconds), coalesce(sum(price_micros), 0) FROM call_record"
            " WHERE (billed_seconds > 0 OR price_micros IS NULL) AND at_ms >= ? AND at_ms < ?"
            f" GROUP BY {by} ORDER BY coalesce(sum(price_micros), 0) DESC, {by}", period.milliseconds)
        return [Sum(row[:-4], row[-4], row[-3], int(row[-2]), row[-1] / MILLION) for row in rows]

    def rate_again(self, charge_of: Callable[[Ended], Charge]) -> tuple[int, int]:
        """Rate what has no price. How many have one now, and how many still have none."""
        rated = left = 0
        for table in ("call_version", "call_record"):
            rows = self._database.rows(f"SELECT {ALL} FROM {table} WHERE price_micros IS NULL")  # noqa: S608
            with self._database.transaction():
                for ended, _ in map(_version, rows):
                    charge = charge_of(ended)
                    row = _row(ended, charge)
                    self._database.run(_RATE.format(table), (*row[-6:-1], *row[:2], row[-1]))
                    rated += charge.price is not None and table == "call_record"
                    left += charge.price is None and table == "call_record"
        return rated, left

    def _records(self, where: str, *values: object) -> list[Record]:
        rows = self._database.rows(f"{_RECORDS} WHERE {where}", values)  # `where` is ours
        return [Record(*_version(row[:-1]), row[-1]) for row in rows]


def _row(ended: Ended, charge: Charge) -> Sequence[object]:
    price = None if charge.price is None else int(charge.price * MILLION)
    return (*astuple(ended), charge.call_type, charge.rate_name, charge.billed_seconds, price, charge.why, ended.digest)


def _version(row: Row) -> tuple[Ended, Charge]:
    values = dict(zip(COLUMNS, row, strict=True))
    micros = values.pop("price_micros")
    charge = {one.name: values.pop(one.name) for one in fields(Charge) if one.name != "price"}
    return Ended(**values), Charge(**charge, price=None if micros is None else micros / MILLION)
