"""The pages of integrations, deliveries and the inbox in a real browser: what is live, and the keyboard.

The fixture `page` fails a test whose page puts an error on the console, so that these tests also see to the
Content-Security-Policy.
"""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Dialog, Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import TokenAuth
from switchhook.web.deliveries import search
from switchhook.web.models import Errand, Inbox, InboxRequest, Integration
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt, not_answered
from tests.web.test_inbox import got

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def browser(page: Page, house: House, live_server: LiveServer) -> Page:
    """The page, with the account's admin logged in and URLs from the account on."""
    client: Client = house.client()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


def order(page: Page) -> list[str | None]:
    return [row.get_attribute("value") for row in page.locator("input[name=value_row]").all()]


def test_an_integration_is_made_with_the_preview_following(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    browser.goto(f"{live_server.url}{house.pbx_url}integrations/new/")
    preview = browser.locator("#preview")
    browser.get_by_label("Integration Name").fill("NPS")
    browser.get_by_label("Request URL").fill("https://crm.example.com/nps")
    expect(preview).to_contain_text("POST /nps HTTP/1.1")
    browser.get_by_label("IVR Option Selected").check()
    expect(preview).to_contain_text("Switchhook-Event: ivr.option_selected")

    expect(browser.get_by_label("Token", exact=True)).to_be_hidden()
    browser.get_by_label("Authentication Type").select_option("token")
    browser.get_by_label("Token", exact=True).fill("tok-1")
    expect(preview).to_contain_text("Authorization: ••••")

    browser.get_by_role("button", name="Add value").click()
    expect(browser.get_by_label("Request Key")).to_be_focused()
    browser.keyboard.type("score")
    browser.get_by_label("Value", exact=True).select_option("option_selected")
    expect(preview).to_contain_text('"score": "9"')
    browser.get_by_label("curl").check()
    expect(preview).to_contain_text("curl -X POST https://crm.example.com/nps")
    expect(preview).not_to_contain_text("tok-1")

    browser.get_by_role("button", name="Save & Close").last.click()
    expect(browser.get_by_role("heading", name="Signing secret")).to_be_visible()
    row = Integration.objects.get()
    assert (row.event_type, row.body_keys) == (
        EventType.IVR_OPTION.value, [{"key": "score", "field": "option_selected"}])


def test_rows_are_moved_by_the_keyboard_and_the_focus_goes_along(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    browser.goto(f"{live_server.url}{house.pbx_url}integrations/new/")
    browser.get_by_role("button", name="Add all for this event").click()
    expect(browser.locator("input[name=value_row]")).to_have_count(7)
    browser.locator("#value-up-2").focus()
    browser.keyboard.press("Enter")
    expect(browser.locator("input[name=value_row]").nth(1)).to_have_value("2")
    expect(browser.locator("#value-up-2")).to_be_focused()
    browser.keyboard.press("Enter")
    expect(browser.locator("input[name=value_row]").nth(0)).to_have_value("2")
    assert order(browser)[:3] == ["2", "0", "1"]


def test_rows_are_dragged_by_the_mouse_and_saved_in_their_new_order(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    browser.goto(f"{live_server.url}{house.pbx_url}integrations/new/")
    browser.get_by_label("Integration Name").fill("CRM")
    browser.get_by_label("Request URL").fill("https://crm.example.com/")
    browser.get_by_role("button", name="Add all for this event").click()
    expect(browser.locator("input[name=value_row]")).to_have_count(7)
    keys = [one.input_value() for one in browser.get_by_label("Request Key").all()]
    rows = browser.locator("#field-values .form-row")
    rows.nth(3).locator(".grip").drag_to(rows.nth(0), target_position={"x": 20, "y": 5})
    assert order(browser)[:4] == ["3", "0", "1", "2"]
    keys.insert(0, keys.pop(3))
    expect(browser.locator("#preview pre")).to_contain_text(f'{{\n  "{keys[0]}"')  # the preview follows
    browser.get_by_role("button", name="Save & Close").last.click()
    expect(browser.get_by_text("CRM is saved.")).to_be_visible()
    assert [one["key"] for one in Integration.objects.get().body_keys] == keys


def test_leaving_with_something_unsaved_asks_first(browser: Page, house: House, live_server: LiveServer) -> None:
    row, asked = house.integration(), []
    url = f"{live_server.url}{house.url}integrations/{row.id}/edit/"

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    browser.on("dialog", stay)
    browser.goto(url)
    browser.get_by_role("link", name="Cancel").click()  # nothing was typed
    expect(browser.get_by_role("heading", name="CRM")).to_be_visible()
    browser.goto(url)
    browser.get_by_label("Integration Name").press_sequentially("!")
    browser.get_by_role("link", name="Cancel").click()
    expect(browser.get_by_label("Integration Name")).to_have_value("!CRM")
    assert asked == ["beforeunload"]
    browser.get_by_label("Request URL").fill("no url")
    browser.get_by_role("button", name="Save & Close").last.click()  # no question: it is sent
    expect(browser.get_by_role("alert")).to_contain_text("Not saved")
    browser.get_by_role("link", name="Cancel").click()  # but it is not saved yet
    expect(browser.get_by_label("Integration Name")).to_have_value("!CRM")
    assert asked == ["beforeunload"] * 2
    browser.get_by_label("Request URL").fill("https://crm.example.com/")
    browser.get_by_role("button", name="Save & Close").last.click()
    expect(browser.get_by_text("!CRM is saved.")).to_be_visible()
    assert asked == ["beforeunload"] * 2


def test_a_mistake_gets_the_focus_and_leads_to_its_field(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    browser.goto(f"{live_server.url}{house.url}integrations/new/")
    browser.get_by_label("Request URL").fill("crm.example.com")
    browser.get_by_role("button", name="Save & Close").last.click()
    summary = browser.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Integration Name").click()
    expect(browser.get_by_label("Integration Name")).to_be_focused()


def test_a_test_shows_its_answer_when_it_comes(browser: Page, house: House, live_server: LiveServer) -> None:
    row = house.integration()
    browser.goto(f"{live_server.url}{house.url}integrations/{row.id}/")
    browser.get_by_role("button", name="Send test").click()
    expect(browser.locator("#test-result")).to_contain_text("On its way to the engine")
    delivery = house.delivery(house.event(), row, last_status=200)
    attempt(delivery, 1, answered())
    _finish_errand(delivery.id)
    expect(browser.locator("#test-result")).to_contain_text("It works. The server answered 200 OK.")
    expect(browser.locator("#recent")).to_contain_text("Delivered 200")


def test_more_deliveries_are_loaded_below(
    browser: Page, house: House, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "PAGE_ROWS", 3)
    crm = house.integration()
    for number in range(7):
        house.delivery(house.event(number=number), crm)
    browser.goto(f"{live_server.url}{house.url}deliveries/")
    for count in (6, 7):
        browser.get_by_role("link", name="Load more").click()
        expect(browser.locator("a[id^=to-]")).to_have_count(count)
    expect(browser.get_by_role("link", name="Load more")).to_have_count(0)


def test_an_open_attempt_stays_open_while_the_page_asks_for_news(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending", attempts=2)
    attempt(row, 1, answered(503))
    attempt(row, 2, not_answered("timed_out"))
    browser.goto(f"{live_server.url}{house.url}deliveries/{row.id}/")
    browser.locator("#attempt-1 summary").first.click()
    with browser.expect_response(re.compile("seen=")) as asked:
        pass
    assert asked.value.status == 204
    expect(browser.locator("#attempt-1")).to_have_attribute("open", "")


def test_a_request_appears_in_the_inbox_and_can_be_chosen(
    browser: Page, house: House, live_server: LiveServer,
) -> None:
    browser.goto(f"{live_server.url}{house.url}inbox/")
    inbox = Inbox.objects.get(account=house.account)
    first = got(inbox, body=b'{"number":1}')
    expect(browser.locator("#panes")).to_contain_text('"number": 1')
    got(inbox, number=1, body=b'{"number":2}')
    expect(browser.locator("#panes")).to_contain_text('"number": 2')
    browser.locator(f"#got-{first.id}").click()
    expect(browser.locator("#panes")).to_contain_text('"number": 1')
    assert browser.url.endswith(f"?request={first.id}")
    assert InboxRequest.objects.count() == 2


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(
    browser: Page, house: House, live_server: LiveServer, width: int, scheme: str,
) -> None:
    crm = house.integration(name="CRM " + "long" * 20, authentication=TokenAuth(token="t"), path_arguments="/{name}")
    row = house.delivery(house.event(), crm, state="failed")
    attempt(row, 1, answered(500, "x" * 3000))
    got(Inbox.objects.create(account=house.account), path="/" + "y" * 300)
    browser.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    browser.set_viewport_size({"width": width, "height": 844})
    for path in (
        "integrations/", f"integrations/{crm.id}/", f"integrations/{crm.id}/edit/", f"integrations/{crm.id}/delete/",
        "deliveries/", f"deliveries/{row.id}/", "events/", f"events/{row.event_id}/", "inbox/",
        f"pbx/{house.service.id}/integrations/",
    ):
        browser.goto(live_server.url + house.url + path)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, path


def _finish_errand(delivery_id: object) -> None:
    Errand.objects.update(state="done", result=f'{{"delivery_id": "{delivery_id}"}}')
