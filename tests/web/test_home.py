"""The account's home: what happens now, what needs attention, what has been, and what a new account does first."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.domain.catalogue import EventType
from switchhook.web.accounts.activity import HEIGHT, activity
from switchhook.web.integrations import actions
from switchhook.web.models import (
    ConnectionState,
    Integration,
    IntegrationHealth,
    Person,
    Service,
)
from switchhook.web.tenancy import access_to
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_figures import hour
from tests.web.test_live import open_call


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def home(house: House, query: str = "", person: Person | None = None) -> str:
    answer = house.client(person).get(house.url + query)
    return unescape(re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.DOTALL))


def concern(page: str, words: str) -> str:
    """The line of Needs attention that has these words."""
    lines = re.findall(r"<li>.*?</li>", page.partition('id="attention"')[2], re.DOTALL)
    (line,) = [one for one in lines if words in one]
    return line


def connected(house: House, state: str, detail: str = "") -> None:
    ConnectionState.objects.update_or_create(
        connection_id=house.world.connection.id,
        defaults={"state": state, "detail": detail, "since_ms": 1, "messages": 1, "reconnects": 0, "unclaimed": 0})


def test_what_happens_now_is_counted(house: House) -> None:
    open_call(house, number=1)
    open_call(house, number=2)
    assert re.search(r'Calls now</div><div class="figure">2<', home(house))


def test_with_nothing_wrong_nothing_needs_attention(house: House) -> None:
    connected(house, "connected")
    assert "Nothing needs you." in home(house)


def test_a_disabled_integration_has_a_button_to_enable_it_and_catch_up(house: House) -> None:
    row = house.integration()
    Integration.objects.update(enabled=False, disabled_reason="410 Gone", disabled_at=timezone.now())
    line = concern(home(house), "CRM is disabled.")
    assert "410 Gone" in line
    assert f'href="{house.url}integrations/{row.id}/catch-up/">Enable and catch up<' in line
    assert "state-bad" in line
    assert "Enable and catch up" not in home(house, person=house.world.viewer)


def test_an_integration_that_a_person_disabled_is_told_calmly_and_last(house: House) -> None:
    actions.disable(house.integration(), "Disabled by Ada Example.", by="Ada Example")
    connected(house, "refused", "Authentication failed")
    page = home(house)
    line = concern(page, "CRM is disabled.")
    assert "Disabled by Ada Example." in line
    assert "state-neutral" in line
    assert page.index("Login refused") < page.index("CRM is disabled.")


@pytest.mark.parametrize(("minutes", "told"), [(6, True), (4, False)])
def test_an_integration_that_fails_for_minutes_leads_to_its_deliveries(house: House, minutes: int, told: bool) -> None:
    row = house.integration()
    now_ms = time.time_ns() // 1_000_000
    IntegrationHealth.objects.create(
        integration_id=row.id, failures=12, failing_since_ms=now_ms - minutes * 60_000, last_failure_ms=now_ms)
    page = home(house)
    assert ("Nothing needs you" in page) is not told
    if told:
        assert f'deliveries/?integration={row.id}">See why<' in concern(page, "has done nothing but fail since")


def test_a_pbx_that_cannot_be_reached_leads_to_its_connection(house: House) -> None:
    connected(house, "refused", "Authentication failed")
    line = concern(home(house), "Head Office: Login refused.")
    assert "Authentication failed" in line
    assert f'href="{house.pbx_url}connection/"' in line


def test_integrations_that_cannot_fire_lead_to_manage_applications(house: House) -> None:
    Service.objects.filter(id=house.service.id).update(applications_enabled=False)
    assert "Applications are disabled on" not in home(house)
    house.integration()
    line = concern(home(house), "Applications are disabled on Head Office.")
    assert f'href="{house.pbx_url}applications/"' in line


@pytest.mark.parametrize(("span", "delivered", "failed", "bars"), [
    ("24h", 7, 2, 24), ("7d", 17, 2, 28), ("30d", 117, 2, 30), ("nonsense", 7, 2, 24)])
def test_activity_adds_up_all_integrations_over_a_span(
    house: House, span: str, delivered: int, failed: int, bars: int,
) -> None:
    first, second = house.integration(), house.integration(EventType.USER_CREATED, name="Directory")
    hour(first, 0, delivered=4, failed=2)
    hour(second, 23, delivered=3)
    hour(second, 3 * 24, delivered=10)
    hour(first, 20 * 24, delivered=100)
    hour(first, 31 * 24, delivered=1000)
    found = activity(access_to(house.world.admin, "acme"), span)
    assert (found.delivered, found.failed, len(found.bars)) == (delivered, failed, bars)
    assert (found.bars[-1].delivered, found.bars[-1].failed) == (7 if span == "30d" else 4, 2)
    assert all(bar.delivered_y + bar.delivered_height <= HEIGHT for bar in found.bars)


def test_another_accounts_activity_is_not_counted(house: House) -> None:
    hour(house.integration(), 0, delivered=4)
    assert activity(access_to(house.world.stranger, "other"), "24h").attempts == 0


def test_the_checklist_leads_to_the_next_step_and_goes_when_all_is_done(
    house: House, as_person: Callable[[Person | None], Client],
) -> None:
    Service.objects.filter(id=house.service.id).update(applications_enabled=False)
    page = home(house)
    assert "1 of 4 steps done" in page
    assert f'href="{house.pbx_url}applications/">Manage Applications<' in page
    Service.objects.filter(id=house.service.id).update(applications_enabled=True)
    assert f'href="{house.pbx_url}integrations/">Integrations<' in home(house)
    row = house.integration()
    assert f'href="{house.pbx_url}">Place a test call<' in home(house)
    house.delivery(house.event(), row)
    assert "Getting started" not in home(house)


def test_an_account_without_a_pbx_is_told_whom_to_ask(house: House) -> None:
    Service.objects.filter(account=house.account).delete()
    page = home(house)
    assert "0 of 4 steps done" in page
    assert "Your operator does" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_chart_is_drawn_and_changes_with_the_span(page: Page, house: House, live_server: LiveServer) -> None:
    row = house.integration()
    hour(row, 0, delivered=4, failed=2)
    hour(row, 3 * 24, delivered=10)
    cookie = house.client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(live_server.url + house.url)
    chart = page.get_by_role("img", name="Attempts by time: 4 delivered, 2 failed")
    expect(chart.locator("canvas")).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    chart = page.get_by_role("img", name="Attempts by time: 14 delivered, 2 failed")
    expect(chart.locator("canvas")).to_be_visible()
    chart.hover(position={"x": 400, "y": 80})
    expect(chart.locator(".u-legend")).to_contain_text("Delivered")

    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    without = plain.new_page()
    without.goto(live_server.url + house.url)
    expect(without.locator("svg.bars rect")).to_have_count(2)
    without.get_by_role("link", name="7 days").click()
    expect(without.locator("svg.bars rect")).to_have_count(3)
    plain.close()
