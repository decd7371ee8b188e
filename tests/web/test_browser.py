"""The portal in a real browser, with JavaScript and without. The page fixture fails a test on any error in the console,
so that whatever breaks the content security policy breaks the test. All pages: test_every_page.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half

pytestmark = pytest.mark.browser

SEED = """
from switchhook.web.ready import make_ready
make_ready()
from switchhook.web.demo import seed_demo
login = seed_demo("http://127.0.0.1:8002")
print(login.link, login.email, login.password)
"""


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal that runs, with the demo's account in it."""

    url: str
    link: str
    email: str
    password: str

    def log_in(self, page: Page) -> None:
        page.goto(self.url)
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Log in", exact=True).click()
        expect(page.get_by_role("heading", name="Example Ltd")).to_be_visible()


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for all these tests: each sees what those before it did."""
    state_dir = tmp_path_factory.mktemp("portal")
    database = state_dir / "switchhook.sqlite3"
    shutil.copy(sqlite_template, database)
    web = Half("web", f"sqlite://{database}", state_dir)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
    done = subprocess.run(
        [sys.executable, "-c", SEED], capture_output=True, text=True, check=True,
        env=clean | {
            "DATABASE_URL": f"sqlite://{database}", "SWITCHHOOK_STATE_DIR": str(state_dir),
            "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS), "SWITCHHOOK_WEB_LISTEN": f"127.0.0.1:{web.web_port}"})
    web.start()
    yield Portal(f"http://127.0.0.1:{web.web_port}", *done.stdout.split())
    web.stop()


def test_a_menu_is_added_and_removed_by_buttons(page: Page, portal: Portal) -> None:
    portal.log_in(page)
    page.get_by_role("link", name="Head Office").first.click()
    page.locator("a.card", has_text="Reading").click()
    page.get_by_role("button", name="Add a menu").click()
    page.locator("[data-row-item]").last.get_by_label("Context").fill("ivr-9")
    page.locator("[data-row-item]").last.get_by_label("IVR Name").fill("Night menu")
    page.locator("[data-row-item]").first.get_by_role("button", name="Remove this menu").click()
    page.get_by_role("button", name="Save & Close").click()
    page.locator("a.card", has_text="Reading").click()
    contexts = page.get_by_label("Context").evaluate_all("all => all.map(one => one.value)")
    assert "ivr-9" in contexts
    assert "ivr-nps" not in contexts


def test_the_form_of_a_connection_shows_what_its_platform_needs(page: Page, portal: Portal) -> None:
    portal.log_in(page)
    page.get_by_role("link", name="Connections").click()
    page.get_by_role("link", name="New connection").click()
    expect(page.get_by_label("Username")).to_be_visible()
    expect(page.get_by_text("eventfilter(", exact=False).first).to_be_visible()
    page.get_by_label("Platform").select_option("freeswitch")
    expect(page.get_by_label("Username")).to_be_visible()
    expect(page.get_by_label("Secret")).to_be_visible()
    expect(page.get_by_text("esl-allowed-events", exact=False).first).to_be_visible()
    expect(page.get_by_text("eventfilter(", exact=False).first).to_be_hidden()
    page.get_by_label("Platform").select_option("simulator")
    expect(page.get_by_label("Secret")).to_be_hidden()
    expect(page.get_by_label("Calls a minute")).to_be_visible()


def test_the_menu_of_a_narrow_page_opens_without_javascript(page: Page, portal: Portal) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    plain = context.new_page()
    portal.log_in(plain)
    expect(plain.get_by_role("link", name="Users")).to_be_hidden()
    plain.get_by_role("checkbox", name="Menu").check()
    plain.get_by_role("link", name="Users").click()
    plain.get_by_role("link", name="Create User").click()
    plain.get_by_label("Extension Number").fill("206")
    plain.get_by_label("Name", exact=False).nth(0).fill("Finn Fictional")
    plain.get_by_role("button", name="Save & Close").click()
    expect(plain.get_by_text("206 Finn Fictional is created.")).to_be_visible()
    context.close()
