"""The portal by its keys, and what it says when the server does not answer, in a real browser."""

from __future__ import annotations

import json
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.web.models import Errand, Integration
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt
from tests.web.test_every_page import WCAG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def url(page: Page, house: House, live_server: LiveServer) -> str:
    """Where the account's pages are; its admin is logged in."""
    cookie = house.client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return live_server.url + house.url


def test_g_and_a_letter_go_to_each_page_of_the_sidebar(page: Page, url: str) -> None:
    page.goto(url)
    for key, path in (("d", "deliveries/"), ("i", "integrations/"), ("l", "live/"), ("c", "calls/"), ("u", "users/"),
                      ("e", "catalogue/"), ("p", "pbx/"), ("h", "")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(url + path)


def test_a_delivery_is_found_understood_and_redelivered_without_a_mouse(page: Page, house: House, url: str) -> None:
    crm = house.integration()
    for number in range(3):
        row = house.delivery(house.event(number=number), crm, state="failed", last_status=503)
        attempt(row, 1, answered(503, "busy"))
    page.goto(url)
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{url}deliveries/")
    page.keyboard.press("/")
    page.keyboard.type("+1 (202) 555-0171")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deliveries/?q=**")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    middle = page.locator("tbody tr").nth(1).get_by_role("link").first
    expect(middle).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("503").first).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("Asked for one more attempt.")).to_be_visible()
    assert json.loads(Errand.objects.get().args)["delivery_ids"] == [page.url.split("/")[-2]]  # the filter is kept


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, as somebody without a mouse does."""
    called = "one => one.labels?.[0]?.innerText || one.innerText || one.value || ''"
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.locator(":focus").evaluate(called).strip().removesuffix("*").startswith(name):
            return
    raise AssertionError(f"Tab never came to {name}")


def test_an_integration_is_built_without_a_mouse(page: Page, house: House, url: str) -> None:
    page.goto(f"{url}pbx/{house.service.id}/integrations/")
    tab_to(page, "Create New Integration")
    page.keyboard.press("Enter")
    page.wait_for_url("**/integrations/new/")
    tab_to(page, "Integration Name")
    page.keyboard.type("Screen pop")
    tab_to(page, "Request URL")
    page.keyboard.type("https://crm.example.com/pop")
    tab_to(page, "Inbound Call Received")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Inbound Call Answered")).to_be_checked()
    expect(page.locator("#preview")).to_contain_text("Switchhook-Event: call.inbound_answered")
    for key, field in (("who", "Extension Number"), ("caller", "Source Number")):
        tab_to(page, "Add value")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Request Key").last).to_be_focused()
        page.keyboard.type(key)
        page.keyboard.press("Tab")
        page.keyboard.type(field)
    tab_to(page, "Move this value up")  # of the row below
    page.keyboard.press("Enter")
    expect(page.get_by_label("Request Key").first).to_have_value("caller")
    tab_to(page, "Save & Close")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Signing secret")).to_be_visible()
    row = Integration.objects.get(name="Screen pop")
    assert (row.event_type, row.body_keys) == ("call.inbound_answered", [
        {"key": "caller", "field": "source_number"}, {"key": "who", "field": "extension_number"}])


def test_help_is_opened_and_closed_by_keys(page: Page, url: str) -> None:
    page.goto(f"{url}deliveries/")
    about = page.get_by_text("A delivery is one event owed to one integration.")
    expect(about).to_be_hidden()
    tab_to(page, "About this page")
    page.keyboard.press("Enter")
    expect(about).to_be_visible()
    axe = Axe()
    for look in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
        found = axe.run(page, options={"runOnly": list(WCAG), "resultTypes": ["violations"]})
        assert not found.response["violations"], look
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()


def test_the_help_sheet_lists_the_keys_and_turns_them_off(page: Page, url: str) -> None:
    page.goto(f"{url}deliveries/")
    sheet = page.get_by_role("dialog", name="Keyboard")
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Integrations")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    sheet.get_by_label("Use these keys").uncheck()
    sheet.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()


def test_no_key_acts_while_one_writes(page: Page, url: str) -> None:
    page.goto(f"{url}deliveries/")
    page.get_by_role("searchbox").fill("")
    page.keyboard.type("?/gi")
    expect(page.get_by_role("searchbox")).to_have_value("?/gi")
    assert page.url == f"{url}deliveries/"


def test_a_page_that_gets_no_answer_says_so_until_it_gets_one(page: Page, house: House, url: str) -> None:
    assert page.context.browser is not None
    same = page.context.browser.new_context(storage_state=page.context.storage_state())
    page = same.new_page()  # its console may tell of the failure
    page.clock.install()
    page.goto(f"{url}live/")
    trouble = page.locator("#trouble")
    expect(trouble).to_be_hidden()

    def broken(route: Route) -> None:
        route.fulfill(status=502, body="", headers={"X-Request-Id": "abc123"})

    page.route("**/live/?*", broken)
    page.clock.fast_forward(2_100)
    expect(trouble).to_contain_text("This page could not be refreshed (502, request abc123).")
    page.unroute("**/live/?*")
    house.call(began_ms=time.time_ns() // 1_000_000, ended_ms=None)
    page.clock.fast_forward(2_100)
    expect(trouble).to_be_hidden()


def test_a_session_that_ends_under_a_live_page_leads_to_the_login_and_back(
    page: Page, house: House, url: str, live_server: LiveServer,
) -> None:
    page.goto(f"{url}live/")
    Session.objects.all().delete()
    page.wait_for_url("**/login/?next=**")
    page.get_by_label("E-mail").fill(house.world.admin.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}live/")
