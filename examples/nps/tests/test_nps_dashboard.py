"""The dashboard, the export, the settings and the rules."""

from __future__ import annotations

import base64
import csv
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nps.configuration import Misconfigured, configuration
from nps.figures import PERIODS, starts
from nps.rules import load_rules
from nps_fixtures import SECRET, Clock, Program, running

SYDNEY = ZoneInfo("Australia/Sydney")


async def test_the_page_shows_the_score_with_its_interval(program: Program) -> None:
    for i, score in enumerate([10, 9, 9, 7, 3]):
        await program.tell(f"msg_{i}", option_selected=str(score), call_uuid=str(i))
    page = await program.look()
    assert '<p class="big" id="nps">+40</p>' in page
    assert "<b>−30</b> to <b>+80</b>" in page
    assert '<span id="answers">5</span> answers' in page
    assert "3: 1, 4: 0" in page  # the distribution, in words
    assert "Ada Example · 201" in page


async def test_before_the_first_score_the_page_says_so(program: Program) -> None:
    assert "No scores in this period" in await program.look()
    assert "No scores in this period" in await program.look("/figures?period=nonsense&menu=none")


async def test_nothing_runs_or_is_fetched_from_elsewhere(program: Program) -> None:
    async with program.session.get(program.url) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style")
        page = await answer.text()
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//| style=| on\w+=", page)
    for path in re.findall(r"(?:src|href)=\"(/static/[^\"]+)", page):
        await program.look(path)


async def test_what_a_caller_sends_is_shown_as_text(program: Program) -> None:
    await program.tell(source_number="<script>x</script>", name='"><img>', ivr_name="NPS<b>")
    page = await program.look()
    assert "<script>x" not in page
    assert "<img>" not in page
    assert "NPS<b>" not in page
    assert "&lt;script&gt;x" in page


async def test_a_survey_can_be_looked_at_alone(program: Program) -> None:
    await program.tell("a", ivr_name="NPS sales", option_selected="10", call_uuid="a")
    await program.tell("b", ivr_name="NPS help", option_selected="0", call_uuid="b")
    assert 'id="nps">0<' in await program.look()
    assert 'id="nps">+100<' in await program.look("/?menu=NPS+sales")


async def test_the_export_is_a_table_in_which_nothing_is_a_formula(program: Program) -> None:
    await program.tell(source_number="=1+1", option_selected="8")
    (row,) = csv.DictReader((await program.look("/scores.csv?period=hour")).splitlines())
    assert (row["Score"], row["Group"], row["Source Number"], row["IVR Name"]) == ("8", "passive", "'=1+1", "NPS")
    await program.tell("b", call_uuid="b", source_number="+12025550171")
    assert ",+12025550171," in await program.look("/scores.csv?period=hour")


async def test_the_dashboard_can_ask_for_a_password_and_the_webhook_does_not(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NPS_PASSWORD="synthetic-ä") as program:
        for path in ("/", "/figures", "/scores.csv", "/static/live.js"):
            await program.look(path, 401)
        await program.look("/", 401, Authorization="Basic " + base64.b64encode(b"x:wrong").decode())
        await program.look("/", 401, Authorization="Basic !")
        await program.look("/", 200, Authorization="Basic " + base64.b64encode("x:synthetic-ä".encode()).decode())
        assert await program.tell() == 204


def test_steps_are_days_of_the_clock_on_the_wall_also_when_it_changes() -> None:
    now = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)  # the day after Sydney's clocks went back
    days = starts(PERIODS["week"], now, SYDNEY)
    assert [f"{day:%d %H:%M}" for day in days] == [f"{day:02} 00:00" for day in (31, 1, 2, 3, 4, 5, 6)]
    assert days[-1].timestamp() - days[-2].timestamp() == timedelta(hours=25).total_seconds()
    hours = starts(PERIODS["day"], now, SYDNEY)
    assert {b.timestamp() - a.timestamp() for a, b in pairwise(hours)} == {3600}
    assert starts(PERIODS["year"], now, SYDNEY)[-1].strftime("%a %d") == "Mon 06"
    assert starts(PERIODS["hour"], now, SYDNEY)[-1].strftime("%H:%M") == "11:00"


@pytest.mark.parametrize(("settings", "named"), [
    ({"NPS_SECRET": ""}, "NPS_SECRET"), ({"NPS_SECRET": "hello"}, "NPS_SECRET"),
    ({"NPS_SECRET_FILE": "/nowhere"}, "NPS_SECRET_FILE"), ({"NPS_LISTEN": "80"}, "NPS_LISTEN"),
    ({"NPS_LISTEN": "0.0.0.0:80"}, "NPS_PASSWORD"), ({"NPS_SMTP_URL": "mail.example.com"}, "NPS_SMTP_URL"),
    ({"NPS_CRM_URL": "ftp://crm.example.com"}, "NPS_CRM_URL"),
    ({"NPS_API_URL": "https://switchhook.example.com/api/v1"}, "NPS_API_TOKEN"),
    ({"NPS_TRYTON_URL": "https://tryton.example.com/"}, "database's name"),
    ({"NPS_TRYTON_URL": "https://crm.example.com/a", "NPS_CRM_URL": "https://crm.example.com"}, "one of the two"),
    ({"NPS_TIME_ZONE": "Mars/Base"}, "NPS_TIME_ZONE"),
])
def test_a_wrong_setting_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        configuration({"NPS_SECRET": SECRET} | settings)


@pytest.mark.parametrize("wrong", [
    'scores = [0, 11]\nto = "a@example.com"\nsubject = "x"\ntext = ""',
    'scores = [0, 6]\nto = "nobody"\nsubject = "x"\ntext = ""',
    'scores = [0, 6]\nto = "a@example.com"\nsubject = "$caler"\ntext = ""',
    'scores = [0, 6]\nto = "a@example.com"',
    "= ",
])
def test_a_wrong_rule_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[mail]]\n" + wrong)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        load_rules(path)
