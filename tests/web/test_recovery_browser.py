"""Recovery in a real browser: from the banner of a disabled integration to a recovery that is under way."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.web.integrations import actions
from switchhook.web.integrations.figures import HOUR_MS
from switchhook.web.models import Errand, IntegrationHealth
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_figures import hour

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def browser(page: Page, house: House, live_server: LiveServer) -> Page:
    """The page, with the account's admin logged in."""
    cookie = house.client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


def test_a_person_enables_and_catches_up_and_sees_it_go_on(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    row = house.integration(name="CRM")
    for number in range(24):
        hour(row, number, delivered=60 + 11 * (number % 5), failed=number % 7, up_to_250_ms=90)
    house.event(number=1)
    actions.disable(row, "Nothing but failures for 5 days: 1,204 attempts, and none succeeded.")
    browser.goto(f"{live_server.url}{house.url}integrations/{row.id}/")
    expect(browser.get_by_role("group", name="Attempts by hour")).to_be_visible()
    browser.get_by_role("link", name="Enable and catch up from").click()
    browser.get_by_label("Catch up from").fill("2026-03-04T23:00")
    browser.get_by_role("button", name="Estimate").click()
    expect(browser.locator("#estimate")).to_contain_text("about 1")
    browser.get_by_role("button", name="Enable and catch up").click()
    expect(browser.locator("#recovery")).to_contain_text("On its way to the engine")
    Errand.objects.update(state="working", result=json.dumps({"done": 500, "total": 1284}))
    expect(browser.locator("#recovery")).to_contain_text("500 of about 1,284")
    browser.get_by_role("button", name="Pause").click()
    expect(browser.locator("#recovery")).to_contain_text("Paused")
    browser.get_by_role("button", name="Go on").click()
    expect(browser.locator("#recovery")).to_contain_text("On its way")
    Errand.objects.update(state="done", result=json.dumps({"done": 1290, "total": 1284}))
    expect(browser.locator("#recovery")).to_contain_text("Done")


def test_a_person_recovers_what_failed_and_sees_why_one_waits(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    row = house.integration(name="CRM")
    now_ms = time.time_ns() // 1_000_000
    house.delivery(house.event(number=1), row, state="failed")
    waiting = house.delivery(house.event(number=2), row, state="pending", attempts=0)
    IntegrationHealth.objects.create(
        integration_id=row.id, failures=12, failing_since_ms=now_ms - 2 * HOUR_MS, last_failure_ms=now_ms,
        resting_since_ms=now_ms - 2 * HOUR_MS, probe_at_ms=now_ms + 20_000)
    browser.goto(f"{live_server.url}{house.url}deliveries/{waiting.id}/")
    expect(browser.locator("#attempts")).to_contain_text("Waiting: the receiver has been failing since")
    browser.goto(f"{live_server.url}{house.url}deliveries/?state=failed")
    browser.get_by_role("link", name="Recover failed").click()
    browser.get_by_label("From").fill("2026-03-04T23:00")
    browser.get_by_role("button", name="Estimate").click()
    expect(browser.locator("#estimate")).to_contain_text("About 1 delivery")
    browser.get_by_role("button", name="Redeliver them").click()
    expect(browser.locator("#recovery")).to_be_visible()
    assert json.loads(Errand.objects.get().args)["state"] == "failed"
    browser.goto(f"{live_server.url}{house.url}")
    expect(browser.locator("main")).to_contain_text("has done nothing but fail since")
