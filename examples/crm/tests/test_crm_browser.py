"""The screen pop in a real browser: it opens by itself where the phone rings, and follows the call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import Page, async_playwright, expect
from tests.fixtures.browser import CHROMIUM, QUIET
from tests.fixtures.simulated import requests_of

from crm.book import State
from crm.demo import set_up
from crm.hook import Kind
from crm.tryton import TrytonAccess
from crm_fixtures import SECRET, Clock, Program, running, until
from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import Request
from switchhook.domain.facts import LegStarted
from switchhook.pbx.made_up_calls import MadeUp, make_up

#: The integrations that the README names, but for Create User.
WANTED = [EventType(one) for one in Kind if one is not Kind.USER_CREATED]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser's window. Whatever it complains of (the content security policy, a script) fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
        assert complaints == []


async def deliver(program: Program, requests: Sequence[Request]) -> None:
    for one in requests:
        async with program.session.post(f"{program.url}/hook", data=one.body, headers=dict(one.headers)) as answer:
            assert answer.status == 204, await answer.text()


async def test_the_page_of_who_is_rung_shows_the_call_and_follows_it(program: Program, page: Page) -> None:
    await page.goto(f"{program.url}/pop/201")
    await expect(page.get_by_role("heading", name="No call yet")).to_be_visible()
    await program.tell(Kind.RINGING, "a", extension_number="202")
    await program.tell(Kind.RINGING, "b", call_uuid="mine")
    await expect(page.get_by_role("heading", name="+12025550171")).to_be_visible()
    await expect(page.get_by_text("Ringing", exact=True)).to_be_visible()
    await expect(page).to_have_title("☎ +12025550171")
    await program.tell(Kind.ANSWERED, "c", call_uuid="mine", extension_number="202", name="Ben Sample")
    await expect(page.get_by_text("Answered by Ben Sample")).to_be_visible()
    await program.tell(Kind.ENDED, "d", call_uuid="mine")
    await expect(page.get_by_text("Over", exact=True)).to_be_visible()


@pytest.mark.long
@pytest.mark.timeout(600)  # the first time, Tryton is installed
async def test_a_call_of_the_simulated_pbx_opens_the_contact_of_the_crm_where_it_rings(
        tryton: TrytonAccess, tmp_path: Path, clock: Clock, page: Page) -> None:
    """As Switchhook really sends it, with nothing configured but URL and secret."""
    await set_up(tryton)
    now = datetime.fromtimestamp(clock.now, UTC)
    facts = make_up(MadeUp.ANSWERED, now, 1, Random(4), ["203"])
    requests = requests_of([facts], WANTED, secret=SECRET, at=now)
    assert [dict(one.headers)["Switchhook-Event"] for one in requests] == [
        Kind.RECEIVED, Kind.RINGING, Kind.ANSWERED, Kind.ENDED]
    caller = next(one.caller_number for one in facts if isinstance(one, LegStarted))
    async with running(tmp_path, clock, tryton) as program:
        mechanisms = [["create", [{"type": "phone", "value": f"+{caller}"}]]]
        await program.crm.call("party.party.create", [{"name": "Quinn Caller", "contact_mechanisms": mechanisms}])
        await page.goto(f"{program.url}/pop/203")
        await deliver(program, requests[:2])
        await expect(page.get_by_role("heading", name="Quinn Caller")).to_be_visible()
        await expect(page.get_by_role("link", name="Open in the CRM")).to_be_visible()
        await deliver(program, requests[2:])
        await expect(page.get_by_text("Over", exact=True)).to_be_visible()
        await until(lambda: [line.state for line in program.lines()] == [State.DONE, State.DONE])
        await page.close()  # before the program ends: it would complain
