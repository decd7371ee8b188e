"""API tokens and the API's documentation in a real browser: made in the portal, tried on the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.test_browser import Portal, portal

pytestmark = pytest.mark.browser
__all__ = ["portal"]


def test_a_token_is_made_and_the_documentation_tried_with_it(portal: Portal, page: Page) -> None:
    portal.log_in(page)
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("CRM sync")
    page.get_by_role("button", name="Make a token").click()
    found = re.search(r"swh_[\w-]{43}", page.content())
    assert found
    page.get_by_role("link", name="API documentation").click()
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(found.group())
    page.get_by_label("Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()
    operation = page.locator("#operations-Services-list_services")
    operation.get_by_role("button", name=re.compile("GET")).click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text('"friendly_name"')
