"""As the README says it: an empty installation, an Asterisk connected in the portal, a call placed. Done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.lab import Asterisk
from tests.fixtures.processes import wait_until
from tests.journeys.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(240)]
SOON_MS = 30_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_from_an_empty_installation_to_a_real_calls_request(
    installation: Demo, page: Page, asterisk: Asterisk
) -> None:
    def there() -> bool:
        try:
            return bool((answer := page.goto(installation.link)) and answer.ok)
        except Exception:  # nobody listens yet
            return False

    wait_until(there, "the portal answers", 30.0)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/password/set/")
    for field in page.locator("input[type=password]").all():
        field.fill("a long enough passphrase")
    page.locator("main").get_by_role("button").first.click()
    page.goto(installation.portal + "/operator/accounts/")

    page.get_by_role("link", name="New account").first.click()
    page.get_by_role("textbox", name="Name", exact=False).first.fill("Acme Example")
    page.get_by_label("Short name").fill("acme")
    page.get_by_role("button", name="Save").click()

    page.goto(installation.portal + "/operator/connections/new/")
    page.get_by_role("textbox", name="Name").first.fill("Branch")
    page.get_by_label("Host").fill(asterisk.ami.host)
    page.get_by_label("Port").fill(str(asterisk.ami.port))
    page.get_by_label("Username").fill(asterisk.ami.user)
    page.locator("input[name=secret]").fill(asterisk.ami.secret)
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/operator/connections/*-*/**")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("main")).to_contain_text("lists the calls in progress", timeout=SOON_MS)

    page.goto(installation.portal + "/operator/services/new/")
    page.get_by_label("Account").select_option(label="Acme Example")
    page.get_by_label("Service name").fill("pbx-0042")
    page.get_by_label("Friendly name").fill("Branch office")
    page.get_by_label("Connection").select_option(label="Branch")
    page.get_by_label("Applications are enabled").check()
    page.get_by_role("button", name="Save & Close").click()

    page.goto(installation.portal + "/a/acme/inbox/")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Integration Name").fill("Who calls")
    page.get_by_role("button", name="Save & Close").click()
    page.wait_for_url("**/integrations/**")

    page.goto(installation.portal + "/a/acme/")
    wait_until(lambda: page.reload() and "Connected" in page.locator("main").inner_text(), "the PBX is connected", 30.0)

    page.goto(installation.portal + "/a/acme/pbx/")
    page.get_by_role("link", name="Branch office").first.click()
    page.locator("a.card", has_text="Reading").click()
    page.get_by_role("link", name="Detect").click()
    page.get_by_role("button", name="Ask the PBX").click()
    page.get_by_label("trunk-provider is a trunk").check(timeout=SOON_MS)
    page.get_by_role("button", name="Save what is ticked").click()
    expect(page.get_by_label("Trunks")).to_have_value("trunk-provider")

    page.locator(".breadcrumb").get_by_role("link", name="Branch office").click()
    page.get_by_role("link", name="Guided test call").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("main")).to_contain_text("Waiting for your call.")
    asterisk.place_call_and_block("inbound-answered")
    expect(page.locator("main")).to_contain_text("201 answered.", timeout=SOON_MS)
    expect(page.locator("main")).to_contain_text("1 request went to your integrations.")

    page.goto(installation.portal + "/a/acme/inbox/")
    expect(page.locator("main")).to_contain_text("Inbound Call Received", timeout=SOON_MS)
    expect(page.locator("main")).to_contain_text('"source_number": "12025550171"')
    expect(page.locator("main")).to_contain_text('"service_friendly_name": "Branch office"')
    expect(page.locator("main")).to_contain_text("The signature is good")
