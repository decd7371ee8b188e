"""The pages around an integration in a real browser: filters follow the event, ticks stay, bars lead on."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.integrations.figures import HOUR_MS
from switchhook.web.models import Delivery, Errand, Integration
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
    client: Client = house.client()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


def test_filters_follow_the_event_and_the_preview_counts(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    for number, option in enumerate("1279"):
        house.event(EventType.IVR_OPTION, number=number, fields={Field.OPTION_SELECTED: option})
    browser.goto(f"{live_server.url}{house.pbx_url}integrations/new/")
    expect(browser.get_by_label("Option: values")).to_have_count(0)
    browser.get_by_label("IVR Option Selected").check()
    browser.get_by_label("Option: values").fill("1-5")
    expect(browser.locator("#passing")).to_contain_text("Of the last 4 events of this type, 2 would have passed")
    expect(browser.get_by_label("Sat")).to_be_hidden()
    browser.get_by_label("Business hours: when").select_option("inside")
    expect(browser.get_by_label("Sat")).not_to_be_checked()
    browser.get_by_label("Integration Name").fill("NPS")
    browser.get_by_label("Request URL").fill("https://crm.example.com/nps")
    browser.get_by_role("button", name="Save & Close").last.click()
    expect(browser.get_by_role("heading", name="Signing secret")).to_be_visible()
    assert [one["filter"] for one in Integration.objects.get().filters] == ["option", "business_hours"]


def test_a_tick_stays_while_the_list_renews_itself(browser: Page, house: House, live_server: LiveServer) -> None:
    row = house.integration()
    house.delivery(house.event(number=1), row, state="failed")
    other = house.delivery(house.event(number=2), row, state="failed")
    browser.goto(f"{live_server.url}{house.url}integrations/{row.id}/")
    tick = browser.locator(f"#tick-{other.id}")
    tick.check()
    house.delivery(house.event(number=3), row, state="failed")
    expect(browser.locator("#recent input[type=checkbox]")).to_have_count(3, timeout=15_000)
    expect(tick).to_be_checked()
    browser.get_by_role("button", name="Redeliver those ticked").click()
    expect(browser.get_by_text("Asked for one more attempt of one delivery.")).to_be_visible()
    assert str(other.id) in Errand.objects.get(kind="redeliver").args


def now_delivery(house: House, row: Integration, number: int, hours_ago: int) -> Any:
    at_ms = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS - hours_ago * HOUR_MS + 60_000
    event = house.event(number=number)
    return house.delivery(event, row, id=f"{at_ms:012x}" + f"{number:020x}", created_at_ms=at_ms)


def test_a_bar_leads_to_the_deliveries_of_its_hour(browser: Page, house: House, live_server: LiveServer) -> None:
    row = house.integration()
    now_delivery(house, row, 1, hours_ago=1)
    then = now_delivery(house, row, 2, hours_ago=3)
    hour(row, 3, delivered=1)
    browser.goto(f"{live_server.url}{house.url}integrations/{row.id}/")
    browser.get_by_role("link", name=re.compile("1 delivered, 0 failed")).click()
    expect(browser.get_by_label("Filters")).to_contain_text(row.name)
    links = browser.locator('a[id^="to-"]')
    expect(links).to_have_count(1)
    assert str(Delivery.objects.get(id=then.id).id) in str(links.get_attribute("id"))
