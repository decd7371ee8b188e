"""The rate table: which rate, what it comes to, and what is said of its mistakes."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from billing.configuration import HERE
from billing.ended import Ended, ended_of
from billing.rates import COLUMNS, RateTable, WrongRates, load_rates
from billing_fixtures import leg

HEAD = ",".join(COLUMNS) + "\n"
OUTBOUND = frozenset({"outbound"})


def table(path: Path, lines: str, decimals: int = 4, charged: frozenset[str] = OUTBOUND) -> RateTable:
    (path / "rates.csv").write_text(HEAD + lines)
    return load_rates(path / "rates.csv", charged=charged, decimals=decimals)


def ended(**values: object) -> Ended:
    return ended_of(leg(**values), "", of_leg=True)


@pytest.mark.parametrize(("number", "name"), [
    ("+12025550188", "Washington DC"), ("+13125550111", "United States and Canada"), ("+19005550100", "Pay per call"),
    ("+447700900123", "United Kingdom mobile"), ("+442079460018", "United Kingdom"), ("+8885550100", "Elsewhere"),
    ("911", "Emergency"), ("9115550100", "Emergency"), ("112", "Short codes"), ("", "Short codes"),
])
def test_the_longest_prefix_wins(number: str, name: str) -> None:
    rate = load_rates(HERE / "rates.csv", charged=OUTBOUND, decimals=4).rate_of(number)
    assert rate is not None
    assert rate.name == name


@pytest.mark.parametrize(("increments", "seconds", "billed"), [
    ("60/1", 0, 60), ("60/1", 60, 60), ("60/1", 61, 61), ("60/60", 61, 120), ("6/6", 7, 12), ("30/6", 37, 42),
    ("1/1", 7, 7),
])
def test_time_is_billed_in_whole_increments(tmp_path: Path, increments: str, seconds: int, billed: int) -> None:
    rates = table(tmp_path, f"+,Other,all,1,0,{increments}")
    assert rates.charge(ended(billable_seconds=seconds)).billed_seconds == billed


def test_a_price_is_rounded_once_half_up(tmp_path: Path) -> None:
    rates = table(tmp_path, "+,Other,all,0.01,0.005,1/1", decimals=2)
    assert rates.charge(ended(billable_seconds=29)).price == Decimal("0.01")  # 0.00983…
    assert rates.charge(ended(billable_seconds=60)).price == Decimal("0.02")  # 0.015


@pytest.mark.parametrize("values", [
    {"direction": "inbound"}, {"direction": "internal"}, {"disposition": "busy"}, {"disposition": "unanswered"},
])
def test_what_came_in_and_what_nobody_answered_is_free(tmp_path: Path, values: dict[str, object]) -> None:
    assert table(tmp_path, "*,Other,all,1,1,60/60").charge(ended(**values)).price == 0


def test_inbound_legs_can_be_charged_too(tmp_path: Path) -> None:
    rates = table(tmp_path, "+,Other,all,1,0,60/60", charged=frozenset({"inbound"}))
    assert rates.charge(ended(direction="inbound")).price == 3
    assert rates.charge(ended(direction="outbound")).price == 0


def test_what_cannot_be_rated_is_not_guessed(tmp_path: Path) -> None:
    rates = table(tmp_path, "+1,National,all,1,0,60/60")
    unknown = rates.charge(ended())
    assert (unknown.price, unknown.why) == (None, "no rate for +447700900123")
    endless = rates.charge(ended(destination_e164="+12025550188", billable_seconds=None))
    assert (endless.price, endless.why) == (None, "its end is not known")


@pytest.mark.parametrize(("lines", "said"), [
    ("+44,Mobil,UK,1,0,60/1", "line 2: call_type 'Mobil' is unknown: do you mean Mobile?"),
    ("+44,Zzz,UK,1,0,60/1", "line 2: call_type 'Zzz' is unknown: write one of Local, National, Mobile, "),
    ("# UK\n\n+44,Mobile,UK,1,0,60/1\n+44,Mobile,UK,2,0,60/1", "line 5: prefix +44 is there already, in line 4"),
    ("0044-,Mobile,UK,1,0,60/1", "line 2: prefix '0044-': write +44"),
    ("+44,Mobile,UK,free,0,60/1", "line 2: per_minute 'free': write an amount with a point, like 0.025"),
    ("+44,Mobile,UK,1,-1,60/1", "line 2: connection_fee '-1'"), ("+44,Mobile,UK,NaN,0,60/1", "per_minute 'NaN'"),
    ("+44,Mobile,UK,1,0,60", "line 2: increments '60': write seconds, like 60/1"),
    ("+44,Mobile,UK,1,0,0/0", "line 2: increments '0/0'"),
    ('+44,Mobile,UK,"0,11",0,60/1', "per_minute '0,11'"),
    ("+44,Mobile,UK,0,11,0,60/1", "line 2: has 7 columns instead of 6"), ("", "has no rates: write a line for each"),
])
def test_a_mistake_is_told_with_its_line_and_what_to_write(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(WrongRates, match=re.escape(said)):
        table(tmp_path, lines)


def test_a_wrong_head_or_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("prefix;price\n+1;2\n")
    with pytest.raises(WrongRates, match="line 1: the first line must be prefix,call_type"):
        load_rates(tmp_path / "r.csv", charged=OUTBOUND, decimals=4)
    with pytest.raises(WrongRates, match=r"none\.csv: cannot be read"):
        load_rates(tmp_path / "none.csv", charged=OUTBOUND, decimals=4)
