"""The page, the export, the settings, the periods, and rating what had no rate."""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.__main__ import main
from billing.configuration import Misconfigured, configuration
from billing.periods import month_before, period_of
from billing.rates import COLUMNS
from billing_fixtures import SECRET, Clock, Program, running


async def test_the_page_sums_by_user_and_call_type(program: Program) -> None:
    await program.tell(leg_id="a", billable_seconds=60)
    await program.tell(leg_id="b", billable_seconds=120, extension_number="202", name="Ben Sample")
    await program.tell(leg_id="c", billable_seconds=60, destination_e164="+12025550188")
    page = await program.look()
    assert '<p class="big" id="total">0.3580 <small>USD</small></p>' in page
    assert '<span id="legs">3</span> charged legs, 4:00 billed' in page
    assert re.findall(r'<th scope="row">(.*?)</th>.*?<td class="n strong">(.*?)</td>', page) == [
        ("Ben Sample · 202", "0.2300"), ("Ada Example · 201", "0.1280"), ("Mobile", "0.3500"), ("Local", "0.0080")]


async def test_the_same_extension_of_another_pbx_is_another_user_and_a_new_name_is_not(program: Program) -> None:
    await program.tell(leg_id="a", name="Ada Sample")
    await program.tell(leg_id="b", name="Ada Example")
    await program.tell(leg_id="c", service_uuid="another", service_friendly_name="Branch", name="Cleo Demo")
    assert re.findall(r'<th scope="row">(.*?)</th><td class="n">(.*?)</td>', await program.look())[:2] == [
        ("Head Office · Ada Sample · 201", "2"), ("Branch · Cleo Demo · 201", "1")]


async def test_before_the_first_leg_the_page_says_so(program: Program) -> None:
    page = await program.look("/")
    assert "Nothing was charged in this period." in page
    assert "Legs appear here as calls end." in page


async def test_another_period_is_another_sum(program: Program) -> None:
    await program.tell()
    assert 'id="total">0.2447 ' in await program.look("/?day=2026-11-22")
    assert 'id="total">0.0000 ' in await program.look("/?day=2026-11-21")
    assert 'id="total">0.0000 ' in await program.look("/?month=2026-10")
    assert "write a day like 2026-11-22" in await program.look("/?day=tomorrow", 400)


async def test_nothing_runs_or_is_fetched_from_elsewhere(program: Program) -> None:
    async with program.session.get(program.url) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        page = await answer.text()
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//| style=| on\w+=|<script", page)
    for path in re.findall(r"(?:src|href)=\"(/static/[^\"]+)", page):
        await program.look(path)


async def test_the_export_has_calls_and_legs_and_no_formulas(program: Program) -> None:
    await program.tell("call.ended")
    await program.tell(name="=1+1", source_number="+12025550100")
    of_call, of_leg = csv.DictReader((await program.look("/records.csv?day=2026-11-22")).splitlines())
    assert (of_call["Leg ID"], of_call["Price"], of_call["Call UUID"]) == ("", "0.0000", of_leg["Call UUID"])
    assert (of_leg["Name"], of_leg["Source Number"], of_leg["Rated Number"]) == (
        "'=1+1", "+12025550100", "+447700900123")
    assert (of_leg["Price"], of_leg["Currency"], of_leg["Call Type"]) == ("0.2447", "USD", "Mobile")


async def test_the_page_can_ask_for_a_password_and_the_webhook_does_not(tmp_path: Path, clock: Clock) -> None:
    async with running(f"sqlite://{tmp_path / 'b.sqlite3'}", clock, BILLING_PASSWORD="synthetic-ä") as program:
        for path in ("/", "/records.csv", "/static/billing.css"):
            await program.look(path, 401)
        await program.look("/", 401, Authorization="Basic " + base64.b64encode(b"x:wrong").decode())
        await program.look("/", 401, Authorization="Basic !")
        await program.look("/", 200, Authorization="Basic " + base64.b64encode("x:synthetic-ä".encode()).decode())
        assert await program.tell() == "New."


async def test_what_had_no_rate_is_rated_once_there_is_one(
    database_url: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text(",".join(COLUMNS) + "\n+1,National,North America,1,0,60/60\n")
    async with running(database_url, clock, BILLING_RATES=str(rates)) as program:
        await program.tell(leg_id="a")
        await program.tell(leg_id="b", destination_e164="+12025550188")
        page = await program.look()
        assert "no rate for +447700900123" in page
        assert ">1 not rated<" in page
        monkeypatch.setenv("BILLING_RATES", str(rates))
        monkeypatch.setenv("BILLING_DATABASE_URL", database_url)
        assert ran(monkeypatch, "rate") == 1
        assert capsys.readouterr().out == "0 rated, 1 without a rate\n"
        with rates.open("a") as table:
            table.write("+44,Mobile,Britain,2,0,60/60\n+12,Local,Changed,9,0,60/60\n")
        assert ran(monkeypatch, "rate") == 0
        prices = [record.charge.price for record in program.legs()]
        assert prices == [Decimal(6), Decimal(3)]  # what had a price keeps it
        assert "Not rated" not in await program.look()
        assert ran(monkeypatch, "export", "2026-11-22") == 0
        assert "6.0000,USD" in capsys.readouterr().out


def ran(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `python -m billing WORDS`."""
    monkeypatch.setattr("sys.argv", ["billing", *words])
    return main()


def test_days_and_months_are_those_of_the_clock_on_the_wall() -> None:
    zone = ZoneInfo("Australia/Sydney")

    def hours(text: str) -> float:
        since, until = period_of(text, zone).milliseconds
        return (until - since) / 3_600_000

    assert (hours("2026-11-22"), hours("2026-04-05"), hours("2026-10-04")) == (24, 25, 23)
    assert (hours("2026-11"), hours("2026-04"), hours("2024-02")) == (720, 721, 696)
    assert month_before("2026-01") == "2025-12"
    for wrong in ("", "2026", "2026-13", "2026-02-30", "0000-01", "9999-12"):
        with pytest.raises(ValueError, match="write a day like 2026-11-22, or a month like 2026-11"):
            period_of(wrong, zone)


@pytest.mark.parametrize(("settings", "named"), [
    ({"BILLING_SECRET": "hello"}, "BILLING_SECRET"), ({"BILLING_SECRET_FILE": "/nowhere"}, "BILLING_SECRET_FILE"),
    ({"BILLING_LISTEN": "80"}, "BILLING_LISTEN"), ({"BILLING_LISTEN": "0.0.0.0:80"}, "BILLING_PASSWORD"),
    ({"BILLING_DATABASE_URL": "mysql://x"}, "BILLING_DATABASE_URL"), ({"BILLING_TIME_ZONE": "Mars/Base"}, "TIME_ZONE"),
    ({"BILLING_DECIMALS": "7"}, "BILLING_DECIMALS"), ({"BILLING_CHARGED": "upwards"}, "BILLING_CHARGED"),
    ({"BILLING_API_URL": "switchhook"}, "BILLING_API_URL"),
])
def test_a_wrong_setting_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        configuration({"BILLING_SECRET": SECRET} | settings)


@pytest.mark.parametrize(("words", "said"), [
    ((), "BILLING_SECRET: write the signing secrets"), (("reconcile",), "BILLING_API_TOKEN: make a token"),
    (("export", "soon"), "'soon' is no period: write a day like 2026-11-22"),
])
def test_what_a_command_lacks_is_told_and_it_ends_with_2(
    words: Sequence[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite://{tmp_path / 'b.sqlite3'}")
    assert ran(monkeypatch, *words) == 2
    assert said in capsys.readouterr().err


def test_a_postgresql_that_does_not_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert ran(monkeypatch, "export") == 2
    assert "billing: the database: " in capsys.readouterr().err
