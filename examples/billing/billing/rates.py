"""Rates: what a second to which number costs. The table is a CSV file; money is decimal, never binary. Pure but for
reading the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from billing.ended import Ended

COLUMNS = ("prefix", "call_type", "name", "per_minute", "connection_fee", "increments")
ELSEWHERE = "*"
MOST_MONEY = Decimal(1_000_000)


class CallType(StrEnum):
    """The kinds of calls that can be enabled for a user (Enabled Calls)."""

    LOCAL = "Local"
    NATIONAL = "National"
    MOBILE = "Mobile"
    INTERNATIONAL = "International"
    INTERNATIONAL_OTHER = "International Other"
    PREMIUM = "Premium"
    OTHER = "Other"


class WrongRates(Exception):
    """The rate table cannot be used; the text names the line and says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What calls to numbers with a prefix cost. `60/1`: the first minute whole, then each second."""

    prefix: str
    call_type: CallType
    name: str
    per_minute: Decimal
    connection_fee: Decimal
    first_seconds: int
    step_seconds: int

    def billed_seconds(self, seconds: int) -> int:
        """Whole increments: at least the first."""
        steps = -(-max(0, seconds - self.first_seconds) // self.step_seconds)
        return self.first_seconds + steps * self.step_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a leg costs. `price` None: that is not known, and `why` says why."""

    call_type: str = ""
    rate_name: str = ""
    billed_seconds: int = 0
    price: Decimal | None = Decimal(0)
    why: str = ""


FREE = Charge()


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """All rates by prefix. `charged`: the directions that cost; `decimals`: of a leg's price."""

    rates: Mapping[str, Rate]
    charged: frozenset[str]
    decimals: int

    def rate_of(self, number: str) -> Rate | None:
        """The rate of the longest prefix of a number."""
        prefixes = (number[:length] for length in range(len(number), 0, -1))
        found = (self.rates[prefix] for prefix in prefixes if prefix in self.rates)
        return next(found, self.rates.get(ELSEWHERE))

    def charge(self, ended: Ended) -> Charge:
        """What something that ended costs: an answered leg in a charged direction, its time. All else is free."""
        if not ended.leg_id or ended.direction not in self.charged or ended.disposition != "answered":
            return FREE
        rate = self.rate_of(ended.number)
        if rate is None:
            return Charge(price=None, why=f"no rate for {ended.number or 'an unknown number'}")
        if ended.billable_seconds is None:
            return Charge(call_type=rate.call_type, rate_name=rate.name, price=None, why="its end is not known")
        billed = rate.billed_seconds(ended.billable_seconds)
        price = rate.connection_fee + rate.per_minute * billed / 60
        return Charge(call_type=rate.call_type, rate_name=rate.name, billed_seconds=billed,
                      price=price.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))


def load_rates(path: Path, *, charged: frozenset[str], decimals: int) -> RateTable:
    """The rates of the file. Raises WrongRates."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise WrongRates(f"{path}: cannot be read: {error}") from error
    lines: dict[str, int] = {}
    rates: dict[str, Rate] = {}
    for number, cells in _cells(path, text):
        try:
            rate = _rate(cells)
            if rate.prefix in rates:
                raise ValueError(f"prefix {rate.prefix} is there already, in line {lines[rate.prefix]}: remove one")
        except ValueError as error:
            raise WrongRates(f"{path}, line {number}: {error}") from error
        rates[rate.prefix], lines[rate.prefix] = rate, number
    if not rates:
        raise WrongRates(f"{path}: has no rates: write a line for each prefix below {','.join(COLUMNS)}")
    return RateTable(rates=rates, charged=charged, decimals=decimals)


def _cells(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines with their numbers. Empty ones and those that begin with # are left out."""
    head: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if not head:
            head = cells
            if sorted(head) != sorted(COLUMNS):
                raise WrongRates(f"{path}, line {number}: the first line must be {','.join(COLUMNS)}")
        elif len(cells) != len(head):
            raise WrongRates(f"{path}, line {number}: has {len(cells)} columns instead of {len(head)}")
        else:
            yield number, dict(zip(head, cells, strict=True))


def _rate(cells: Mapping[str, str]) -> Rate:
    prefix = cells["prefix"]
    if not re.fullmatch(r"\+\d*|\d+|\*", prefix, re.ASCII):
        raise ValueError(f"prefix {prefix!r}: write +44, or 911 for what is dialled so, or * for all other numbers")
    increments = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", cells["increments"], re.ASCII)
    if not increments:
        raise ValueError(f"increments {cells['increments']!r}: write seconds, like 60/1 (first minute whole, then each "
                         "second) or 1/1")
    return Rate(
        prefix=prefix, call_type=_call_type(cells["call_type"]), name=cells["name"],
        per_minute=_money("per_minute", cells["per_minute"]),
        connection_fee=_money("connection_fee", cells["connection_fee"]),
        first_seconds=int(increments[1]), step_seconds=int(increments[2]))


def _call_type(text: str) -> CallType:
    try:
        return CallType(text)
    except ValueError:
        near = get_close_matches(text, list(CallType), 1)
        hint = f"do you mean {near[0]}?" if near else f"write one of {', '.join(CallType)}"
        raise ValueError(f"call_type {text!r} is unknown: {hint}") from None


def _money(column: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= MOST_MONEY:
        raise ValueError(f"{column} {text!r}: write an amount with a point, like 0.025")
    return value
