"""A failed delivery: found by the telephone number that somebody reads out, understood, put right and redelivered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.processes import wait_until
from tests.journeys.conftest import Demo
from tests.journeys.test_first_integration import SOON_MS, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_failed_delivery_is_found_by_its_number_understood_and_redelivered(demo: Demo, page: Page) -> None:
    opened(page, demo)

    def receiver_answers(status: str) -> None:
        page.goto(f"{demo.portal}/a/example/inbox/")
        page.get_by_label("Status").fill(status)
        page.locator("main").get_by_role("button", name="Save").click()

    receiver_answers("404")
    retrying = page.locator("tr", has_text="404").filter(has_text="Inbound Call Received")

    def failed() -> bool:
        page.goto(f"{demo.portal}/a/example/deliveries/?event=call.inbound_received")
        return retrying.count() > 0

    wait_until(failed, "a delivery fails", 60.0, lambda: page.locator("main").inner_text())
    caller = next(one for one in retrying.first.inner_text().split() if one.startswith("12025550"))
    receiver_answers("200")

    page.goto(f"{demo.portal}/a/example/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/deliveries/")
    page.get_by_label("Search").fill(f"+{caller[0]} ({caller[1:4]}) {caller[4:7]}-{caller[7:]}")
    page.get_by_role("button", name="Filter").click()
    page.locator("tr", has_text="404").last.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("The server answered 404")
    page.get_by_role("button", name="Redeliver").click()
    expect(page.locator("#summary")).to_contain_text("Delivered 200", timeout=SOON_MS)
    expect(page.locator("#attempts")).to_contain_text("#2")
