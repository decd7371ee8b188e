"""Second factors in a real browser: an app's codes, recovery codes, passkeys by Chromium's virtual authenticator.

`page` fails a test whose page breaks the Content-Security-Policy.
"""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.web.models import Account, AuditEntry, Person
from tests.web.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


def code(secret: str, steps_ahead: int = 0) -> str:
    """The code that an app shows (RFC 6238), now or so many half minutes later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps_ahead)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    [number] = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def browser(page: Page, world: World, live_server: LiveServer) -> Page:
    """A page at the login. Browsers have passkeys for names, not for addresses."""
    page.goto(f"{live_server.url.replace('127.0.0.1', 'localhost')}/login/")
    return page


@pytest.fixture
def authenticator(browser: Page) -> None:
    """A key in that browser which says yes to everything, as a laptop's fingerprint reader does."""
    devtools = browser.context.new_cdp_session(browser)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})


def log_in(page: Page, email: str = "admin@example.com") -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page) -> None:
    page.goto(re.sub(r"(https?://[^/]+)/.*", r"\1/logout/", page.url))
    page.locator("main").get_by_role("button", name="Log out").click()


def to(page: Page, path: str) -> None:
    page.goto(re.sub(r"(https?://[^/]+)/.*", rf"\1{path}", page.url))


def confirm(page: Page) -> None:
    """Whoever sits down at an open browser cannot add a key of their own: the password is asked for again."""
    expect(page.get_by_role("heading", name="Please confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add_key(page: Page, *, passkey: bool) -> None:
    to(page, "/me/second-factor/")
    page.get_by_role("link", name="Add one").click()
    confirm(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("As a passkey").set_checked(passkey)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def set_up_app(page: Page) -> str:
    """Set an app up; its secret."""
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    secret = page.locator(".copy code").inner_text().strip()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def test_an_apps_code_is_asked_for_and_a_recovery_code_works_once(browser: Page) -> None:
    log_in(browser)
    to(browser, "/me/second-factor/")
    secret = set_up_app(browser)
    codes = browser.locator(".paste code").inner_text().split()
    assert len(codes) == 10
    for entered, comes_in in ((code(secret, 1), True), ("000000", False), (codes[0], True), (codes[0], False)):
        if browser.url.endswith("/authenticate/"):
            browser.get_by_role("button", name="Cancel").click()
        else:
            log_out(browser)
        log_in(browser)
        expect(browser.get_by_role("heading", name="Second factor")).to_be_visible()
        expect(browser.get_by_role("button", name="Use a passkey or security key")).to_have_count(0)  # there is none
        to(browser, "/a/acme/")  # there is no way around it
        assert browser.url.endswith("/me/second-factor/authenticate/")
        browser.get_by_label("Code").fill(entered)
        browser.get_by_role("button", name="Log in", exact=True).click()
        if comes_in:
            expect(browser.get_by_role("heading", name="Acme")).to_be_visible()
        else:
            expect(browser.get_by_text("Incorrect code.")).to_be_visible()
    assert AuditEntry.objects.filter(
        action="login_failed", kind="second_factor", account_id=Account.objects.get(slug="acme").id).count() == 2
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert codes[1] not in kept


def test_a_passkey_logs_in_without_a_password(browser: Page, authenticator: None) -> None:
    log_in(browser)
    add_key(browser, passkey=True)
    log_out(browser)
    browser.get_by_role("button", name="Use a passkey").click()
    expect(browser.get_by_role("heading", name="Acme")).to_be_visible()


def test_a_security_key_is_a_second_factor(browser: Page, authenticator: None) -> None:
    log_in(browser)
    add_key(browser, passkey=False)
    log_out(browser)
    log_in(browser)
    browser.get_by_role("button", name="Use a passkey or security key").click()
    expect(browser.get_by_role("heading", name="Acme")).to_be_visible()
    to(browser, "/me/second-factor/webauthn/")
    expect(browser.get_by_role("cell", name="Laptop")).to_be_visible()
    browser.get_by_role("link", name="Remove").click()
    confirm(browser)
    browser.get_by_role("button", name="Remove").click()
    expect(browser.get_by_text("No key yet")).to_be_visible()


def test_a_cancelled_passkey_is_told_of_on_the_page(browser: Page) -> None:
    devtools = browser.context.new_cdp_session(browser)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": False, "automaticPresenceSimulation": True}})
    browser.get_by_role("button", name="Use a passkey").click()
    expect(browser.get_by_text("Your browser showed no passkey")).to_be_visible()


def test_who_must_have_a_second_factor_is_led_to_it_and_then_in(browser: Page, world: World) -> None:
    Account.objects.filter(id=world.account.id).update(second_factor_required=True)
    log_in(browser, "viewer@example.com")
    expect(browser.get_by_text("This account asks everybody for a second factor")).to_be_visible()
    to(browser, "/a/acme/calls/")
    expect(browser.get_by_role("heading", name="Second factor")).to_be_visible()
    set_up_app(browser)
    browser.get_by_role("link", name="Go on").click()
    expect(browser.get_by_role("heading", name="Acme")).to_be_visible()


def test_a_session_elsewhere_is_ended(browser: Page, world: World) -> None:
    log_in(browser)
    expect(browser.get_by_role("heading", name="Acme")).to_be_visible()
    assert browser.context.browser is not None
    elsewhere = browser.context.browser.new_context(user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/150.0")
    other = elsewhere.new_page()
    other.goto(re.sub(r"(https?://[^/]+)/.*", r"\1/login/", browser.url))
    log_in(other)
    expect(other.get_by_role("heading", name="Acme")).to_be_visible()
    to(browser, "/me/sessions/")
    browser.get_by_role("row", name="Firefox on Windows").get_by_role("button", name="End").click()
    expect(browser.get_by_text("That session is ended.")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    expect(browser.get_by_role("row", name="Firefox on Windows")).to_have_count(0)
    elsewhere.close()
    assert Person.objects.get(email="admin@example.com").usersession_set.count() == 1
