"""Single sign-on with a real provider, in a real browser: who is known comes in, and nobody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half
from tests.fixtures.single_sign_on import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, open_id_provider

pytestmark = pytest.mark.browser

SEED = """
from switchhook.web.ready import make_ready
make_ready()
from switchhook.web.members.actions import add_member
from switchhook.web.members.models import Role
from switchhook.web.models import Account
acme = Account.objects.create(slug="acme", name="Acme")
for name in ("ada", "una"):
    add_member(acme, f"{name}@example.com", name.title(), Role.ADMIN)
squatted = add_member(acme, "vic@example.com", "Not Vic", Role.ADMIN).person
squatted.set_password("battery staple 9")
squatted.save()
"""


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal with single sign-on, and its provider."""

    url: str
    provider: OpenIdProvider

    def sign_on(self, page: Page, name: str, path: str = "/") -> None:
        """As that person of the provider."""
        page.goto(f"{self.url}{path}")
        page.get_by_role("link", name="Log in with Example ID").click()
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Go").click()


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    state_dir = tmp_path_factory.mktemp("sso")
    database = state_dir / "switchhook.sqlite3"
    shutil.copy(sqlite_template, database)
    web = Half("web", f"sqlite://{database}", state_dir)
    url = f"http://127.0.0.1:{web.web_port}"
    with open_id_provider(f"{url}/login/with/sso/callback/") as provider:
        web.set(sso_discovery_url=provider.url, sso_client_id=CLIENT_ID, sso_client_secret=CLIENT_SECRET,
                sso_name="Example ID")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
        subprocess.run([sys.executable, "-c", SEED], check=True, env=clean | {
            "DATABASE_URL": f"sqlite://{database}", "SWITCHHOOK_STATE_DIR": str(state_dir),
            "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS)})
        web.start()
        yield Portal(url, provider)
        web.stop()


def test_who_is_known_comes_in_without_a_password_and_where_they_wanted(page: Page, portal: Portal) -> None:
    portal.sign_on(page, "ada", "/a/acme/users/")
    expect(page.get_by_role("heading", name="Users")).to_be_visible()
    page.goto(f"{portal.url}/a/acme/audit/?kind=login&action=logged_in")
    expect(page.get_by_role("row", name="ada@example.com").first).to_be_visible()


def test_once_known_it_is_the_providers_id_that_counts_and_not_the_address(page: Page, portal: Portal) -> None:
    portal.sign_on(page, "ada")
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()
    page.context.clear_cookies()
    portal.provider.move("ada", "ada.married@example.com")
    portal.sign_on(page, "ada")
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()


def test_who_was_there_first_under_an_address_that_is_anothers_is_out_when_its_owner_comes(
    page: Page, portal: Portal,
) -> None:
    page.goto(f"{portal.url}/login/")
    for who in ("squatter", "too late"):
        page.get_by_label("E-mail").fill("vic@example.com")
        page.get_by_label("Password").fill("battery staple 9")
        page.get_by_role("button", name="Log in").click()
        if who == "squatter":
            expect(page.get_by_role("heading", name="Acme")).to_be_visible()
            squatters = page.context.cookies()
            page.context.clear_cookies()
            portal.sign_on(page, "vic")
            expect(page.get_by_role("heading", name="Acme")).to_be_visible()
            page.context.clear_cookies()
            page.goto(f"{portal.url}/login/")
    expect(page.get_by_text("are not correct")).to_be_visible()
    page.context.clear_cookies()
    page.context.add_cookies(squatters)  # type: ignore[arg-type]
    page.goto(f"{portal.url}/a/acme/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("name", ["stranger", "una"])  # una is known, but her provider has not verified the address
def test_who_is_unknown_stays_outside(page: Page, portal: Portal, name: str) -> None:
    portal.sign_on(page, name)
    expect(page.get_by_role("heading", name="By invitation")).to_be_visible()
    page.goto(f"{portal.url}/a/acme/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_an_answer_that_nobody_asked_for_logs_nobody_in(portal: Portal) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{portal.url}/login/with/sso/callback/?code=made-up&state=made-up", timeout=30)
    assert refused.value.code == 401
    assert "Single sign-on did not come about" in refused.value.read().decode()
    refused.value.close()
