"""From a made-up caller's choice in the survey to the dashboard of the Net Promoter Score example."""

from __future__ import annotations

import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.processes import wait_until
from tests.journeys.conftest import Demo
from tests.journeys.test_first_integration import opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_demo_s_dashboard_shows_a_score_within_a_minute(demo: Demo, page: Page) -> None:
    opened(page, demo)
    page.get_by_role("link", name="Net Promoter Score dashboard").click()
    expect(page.get_by_role("heading", name="Net Promoter Score")).to_be_visible()
    expect(page.locator("#nps")).to_be_visible(timeout=60_000)  # no reload: the page looks by itself
    expect(page.locator("#latest tbody tr").first).to_contain_text("12025550")
    expect(page.locator("#latest audio").first).to_be_visible(timeout=60_000)
    assert page.locator("#latest audio").first.evaluate(
        "async (one) => { one.muted = true; await one.play(); one.pause(); return one.duration }") > 3
    before = int(page.locator("#answers").inner_text())
    wait_until(lambda: int(page.locator("#answers").inner_text()) > before or page.wait_for_timeout(200),
               "another score comes by itself", 150.0)  # four calls of 20 a minute, by chance

    # what the page shows is what was delivered
    with urllib.request.urlopen(page.url.partition("?")[0] + "scores.csv?period=hour") as answer:
        lines = answer.read().decode().splitlines()
    assert len(lines) - 1 >= before + 1
    page.get_by_role("link", name="Portal").click()
    page.goto(demo.portal + "/a/example/deliveries/?event=ivr.option_selected")
    row = page.locator("tr", has_text="Net Promoter Score dashboard").filter(has_text="Delivered")
    expect(row.first).to_be_visible()
