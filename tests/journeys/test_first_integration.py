"""From the link that the demo prints to the first delivered event of an integration of one's own."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.processes import wait_until
from tests.journeys.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SOON_MS = 30_000


def test_a_newcomer_creates_an_integration_and_sees_its_delivery(demo: Demo, page: Page) -> None:
    opened(page, demo)
    page.get_by_role("link", name="Request inbox").click()
    inbox_url = page.locator("code").filter(has_text="http://").first.inner_text()

    page.get_by_role("link", name="PBXs").click()
    page.get_by_role("link", name="Head Office").first.click()
    page.locator("main").get_by_role("link", name="Integrations").first.click()
    page.get_by_role("link", name="Create New Integration").first.click()
    page.get_by_label("Integration Name").fill("Wallboard")
    page.get_by_label("Request URL").fill(inbox_url + "?from=wallboard")
    page.get_by_role("radio", name="Outbound Call Placed").check(force=True)
    page.get_by_role("button", name="Add value").click()
    page.get_by_label("Request Key").last.fill("who")
    page.locator("select").filter(has_text="Extension Number").last.select_option(label="Extension Number")
    expect(page.locator("pre").filter(has_text='"who"')).to_be_visible(timeout=SOON_MS)
    page.get_by_role("button", name="Save & send test").click()
    expect(page.locator("main")).to_contain_text("200", timeout=SOON_MS)

    # a call of the simulated PBX, placed by a user, arrives by itself
    page.goto(demo.portal + "/a/example/deliveries/?" + "event=call.outbound_placed")

    def arrived() -> bool:
        page.reload()
        return page.locator("tr", has_text="Wallboard").filter(has_text="Delivered").count() >= 2

    wait_until(arrived, "the test and a made-up call are delivered", 60.0, lambda: page.locator("main").inner_text())
    page.locator("tr", has_text="Wallboard").first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text('"who"')
    expect(page.locator("main")).to_contain_text("webhook-signature")

    page.get_by_role("link", name="Request inbox").click()
    expect(page.locator("main")).to_contain_text("from=wallboard", timeout=SOON_MS)


def test_the_first_delivered_test_is_five_clicks_away(demo: Demo, page: Page) -> None:
    """From the printed link: log in, the request inbox, on to a new integration, a name, saved and sent."""
    page.add_init_script(
        "addEventListener('click', () => { sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0); }, true)")
    began = time.monotonic()
    opened(page, demo)
    page.get_by_role("link", name="Request inbox").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Integration Name").click()
    page.keyboard.type("My first")
    page.get_by_role("button", name="Save & send test").click()
    expect(page.locator("#test-result")).to_contain_text("It works.", timeout=SOON_MS)
    assert page.evaluate("Number(sessionStorage.clicks)") == 5
    assert time.monotonic() - began < 120


def test_changing_a_user_fires_modify_user(demo: Demo, page: Page) -> None:
    opened(page, demo)
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("link", name="Ada Example").first.click()
    page.get_by_role("textbox", name="Name").fill("Ada Specimen")
    page.get_by_role("button", name="Save").first.click()
    page.goto(demo.portal + "/a/example/deliveries/?event=user.modified")

    def arrived() -> bool:
        page.reload()
        return page.locator("tr", has_text="Modify User").filter(has_text="Delivered").count() > 0

    wait_until(arrived, "Modify User is delivered", 30.0, lambda: page.locator("main").inner_text())
    page.locator("tr", has_text="Modify User").first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Ada Specimen")


def opened(page: Page, demo: Demo) -> None:
    """Logged in by the link, once the portal answers."""

    def there() -> bool:
        try:
            return bool((answer := page.goto(demo.link)) and answer.ok)
        except Exception:  # nobody listens yet
            return False

    wait_until(there, "the portal answers", 30.0)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/a/example/**")
