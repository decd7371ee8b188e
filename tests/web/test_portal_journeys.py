"""Whole ways through the portal in a real browser: an integration built wrong in ten ways, one built without
JavaScript, and what a viewer and a stranger see. With an engine behind it: tests/journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.web.models import Integration, Person
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: What is typed wrong, by label, and what the portal says of it. Each is put right before the next goes wrong.
WRONG = (
    ("Integration Name", "", "Give the integration a name."),
    ("Request URL", "", "Write where to send, like https://crm.example.com/hook."),
    ("Request URL", "crm.example.com/hook", "The Request URL must begin with https:// (or http://)."),
    ("Request URL", "https://me:secret@crm.example.com/", "The Request URL must not hold a user name or password"),
    ("Request URL", "https://crm.example.com/{call_uuid}", "Placeholders work in the Path Arguments"),
    ("Request URL", "https://crm..example.com/", "in the Request URL is not a valid host name."),
    ("Path Arguments", "/calls/{option_selected}", "Inbound Call Received has no {option_selected}."),
    ("Path Arguments", "/calls/{nonsense}", "{nonsense}"),
    ("Path Arguments", "/calls#end", "What follows a # is never sent"),
    ("Request Name", "Content-Length", "Content-Length"),
)
RIGHT = {"Integration Name": "CRM", "Request URL": "https://crm.example.com/hook", "Path Arguments": "/calls",
         "Request Name": "X-Source"}


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def as_seen_by(page: Page, house: House, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """A browser's page in which that person is logged in; without JavaScript where it is asked for."""
    assert page.context.browser is not None
    browser, contexts = page.context.browser, []

    def seen(person: Person, *, scripts: bool = True) -> Page:
        context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
        contexts.append(context)
        cookie = house.client(person).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield seen
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_an_integration_built_wrong_in_ten_ways_is_explained_each_time(
    as_seen_by: Callable[..., Page], house: House, live_server: LiveServer, scripts: bool,
) -> None:
    page = as_seen_by(house.world.admin, scripts=scripts)
    page.goto(f"{live_server.url}{house.pbx_url}integrations/new/?event=call.inbound_received")
    page.get_by_role("button", name="Add header").click()
    for label, text in RIGHT.items():
        page.get_by_label(label, exact=label == "Request Name").last.fill(text)
    page.get_by_label("Request Value").last.fill("pbx")
    for label, wrong, complaint in WRONG:
        field = page.get_by_label(label, exact=label == "Request Name").last
        field.fill(wrong)
        page.get_by_role("button", name="Save & Close").last.click()
        summary = page.get_by_role("alert")
        expect(summary).to_contain_text("Not saved: please correct this.")
        expect(summary).to_contain_text(complaint)
        assert summary.get_by_role("listitem").count() == 1, complaint
        expect(page.locator(".invalid-feedback", has_text=complaint)).to_be_visible()  # and beside the field
        field.fill(RIGHT[label])
    assert not Integration.objects.filter(name="CRM").exists()
    page.get_by_role("button", name="Save & Close").last.click()
    expect(page.get_by_text("CRM is saved.")).to_be_visible()


def test_an_integration_is_built_and_a_delivery_read_without_javascript(
    as_seen_by: Callable[..., Page], house: House, live_server: LiveServer,
) -> None:
    page = as_seen_by(house.world.admin, scripts=False)
    page.goto(f"{live_server.url}{house.url}catalogue/")
    page.locator("details.card", has_text="IVR Option Selected").locator("summary").first.click()
    page.get_by_role("link", name="Create an integration for IVR Option Selected").click()
    page.get_by_label("Integration Name").fill("Survey")
    page.get_by_label("Request URL").fill("https://crm.example.com/nps")
    page.get_by_role("button", name="Add value").click()
    page.get_by_label("Request Key").last.fill("score")
    page.get_by_label("Value", exact=True).last.select_option("option_selected")
    page.get_by_role("button", name="Save & Close").last.click()
    row = Integration.objects.get(name="Survey")
    assert (row.event_type, row.body_keys) == (
        "ivr.option_selected", [{"key": "score", "field": "option_selected"}])
    attempt(house.delivery(house.event(), row, state="failed", last_status=503), 1, answered(503, "busy"))
    page.goto(f"{live_server.url}{house.url}deliveries/")
    page.get_by_label("Search").fill("202-555-0171")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Failed 503").click()
    expect(page.get_by_text("The server answered 503 Service Unavailable.").first).to_be_visible()
    page.get_by_role("button", name="Redeliver").click()
    expect(page.get_by_text("Asked for one more attempt.")).to_be_visible()


def test_a_viewer_reads_everything_and_is_offered_no_change(
    as_seen_by: Callable[..., Page], house: House, live_server: LiveServer,
) -> None:
    row = house.integration()
    delivery = house.delivery(house.event(), row, state="failed", last_status=503)
    attempt(delivery, 1, answered(503, "busy"))
    page = as_seen_by(house.world.viewer)
    for path in ("", "live/", "calls/", "deliveries/", f"deliveries/{delivery.id}/", "events/", "users/",
                 "integrations/", f"integrations/{row.id}/", "catalogue/", "inbox/", f"pbx/{house.service.id}/",
                 f"pbx/{house.service.id}/users/", f"pbx/{house.service.id}/integrations/"):
        answer = page.goto(f"{live_server.url}{house.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        forms = page.locator("main form[method=post] button").count()
        assert forms == 0, f"{path} offers a viewer {forms} changes"
    page.goto(f"{live_server.url}{house.pbx_url}integrations/new/")
    expect(page.get_by_text("You need the role Admin for this.")).to_be_visible()


def test_a_stranger_finds_no_page_of_the_account(
    as_seen_by: Callable[..., Page], house: House, live_server: LiveServer,
) -> None:
    page = as_seen_by(house.world.stranger)
    for path in ("", "live/", "deliveries/", "users.csv"):
        answer = page.goto(f"{live_server.url}{house.url}{path}")
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        expect(page.get_by_text("Acme")).to_have_count(0)
    page.get_by_role("link", name="Back to the start").click()
    expect(page.get_by_role("heading", name="Other")).to_be_visible()
