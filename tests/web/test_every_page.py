"""Every page of the portal, found in the URL configuration: accessible in light, dark and narrow, no wider than its
window, without a word on the console (which is where a breach of the content security policy shows), and bounded in
its queries.

`make screenshots` is the same walk with SCREENSHOTS naming a folder: each page's picture is put there."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from switchhook.web.models import Person
from tests.web import made_up
from tests.web.conftest import World
from tests.web.furnished import Furnished, Route, furnish, routes
from tests.web.moments import moments

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
MOST_TALL = 1500  # of a picture

#: What lies over the page, help and menus, stays shut (test_keyboard.py looks at help).
UNFOLD = ("[...document.querySelectorAll('main details:not([data-closes])')].slice(0, 6)"
          ".forEach((one) => { one.open = true; })")

#: Who looks at which pages.
OF_ACCOUNT = [one for one in routes() if one.route.startswith("a/")]
OF_OPERATOR = [one for one in routes() if one.route.startswith(("operator/", "me/")) or not one.route]
WAY_IN = [one for one in routes() if one.route.startswith(("login/", "password/"))]

#: So many queries a page asks at most, the session and the person included; those that are named may ask more.
QUERIES = 14
MORE_QUERIES = {"home": 24, "operator-overview": 28}


@pytest.fixture
def furnished(world: World, monkeypatch: pytest.MonkeyPatch) -> Furnished:
    """Something to show on each page, of the last hour."""
    monkeypatch.setattr(made_up, "NOON_MS", time.time_ns() // 1_000_000 - 3_600_000)
    return furnish(world)


def pages(client: Client, furnished: Furnished, found: list[Route]) -> list[tuple[Route, str]]:
    """The routes that are pages to look at: what only takes posts, leads on, or is a file or a fragment is left out."""
    looked_at = []
    for one in found:
        path = furnished.path(one)
        answer: Any = client.get(path)
        assert answer.status_code in (200, 302, 405), f"{path}: {answer.status_code}"
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200 and "html" in kind and b"<html" in b"".join(answer)[:300]:
            looked_at.append((one, path))
    return looked_at


def walk(page: Page, url: str, looked_at: list[tuple[Route, str]]) -> None:
    """Look at each page in each light, and at what axe says of it."""
    axe, findings = Axe(), []
    pictures = os.environ.get("SCREENSHOTS", "")
    page.set_default_timeout(60_000)  # the walk is about pages, not about a machine that is busy
    page.emulate_media(reduced_motion="reduce")
    for one, path in looked_at:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        answer = page.goto(url + path)
        assert answer is not None
        assert answer.status == HTTPStatus.OK, path
        assert page.url == url + path
        assert page.locator("h1").count() == 1, path
        if pictures:
            take_picture(page, Path(pictures) / f"{one.name or 'start'}.webp")
        page.evaluate(axe.axe_script)
        page.evaluate(UNFOLD)
        for look in ("light", "dark", "narrow"):
            page.emulate_media(color_scheme="dark" if look == "dark" else "light")
            if look == "narrow":
                page.set_viewport_size(NARROW)  # type: ignore[arg-type]
                width = page.evaluate("document.documentElement.scrollWidth")
                if width > NARROW["width"]:
                    findings.append(f"{path} {look}: {width} wide")
            found = page.evaluate("options => axe.run(options)", {"runOnly": list(WCAG), "resultTypes": ["violations"]})
            findings += [
                f"{path} {look}: {rule['id']}: {node['html'][:200]}: {node['failureSummary'].splitlines()[-1].strip()}"
                for rule in found["violations"] for node in rule["nodes"][:3]]
    assert not findings, "\n".join(findings)


def take_picture(page: Page, path: Path) -> None:
    """The page as it is, small enough for the handbook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.wait_for_load_state("networkidle")
    height = max(min(page.evaluate("document.documentElement.scrollHeight"), MOST_TALL), WIDE["height"])
    page.set_viewport_size({"width": WIDE["width"], "height": height})
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {
        "format": "webp", "quality": 60,
        "clip": {"x": 0, "y": 0, "width": WIDE["width"], "height": height, "scale": 0.75}})
    path.write_bytes(base64.b64decode(taken["data"]))
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def logged_in(page: Page, client: Client, server: LiveServer) -> None:
    """The browser goes on as that client, who may be logged in by half or not at all."""
    page.goto("about:blank")  # what the page before asks by itself would lead to the login
    page.context.clear_cookies()
    if settings.SESSION_COOKIE_NAME not in client.cookies:
        return
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}])


@pytest.mark.browser
@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("half", [0, 1])  # side by side on two cores
def test_every_page_of_an_account_is_well(
    page: Page, live_server: LiveServer, furnished: Furnished, admin: Client, half: int,
) -> None:
    looked_at = pages(admin, furnished, OF_ACCOUNT)
    assert len(looked_at) > 25
    logged_in(page, admin, live_server)
    walk(page, live_server.url, looked_at[half::2])


@pytest.mark.browser
@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
def test_every_page_of_the_operator_and_every_way_in_is_well(
    page: Page, live_server: LiveServer, furnished: Furnished, operator: Client, client: Client,
) -> None:
    walk(page, live_server.url, pages(client, furnished, WAY_IN))
    logged_in(page, operator, live_server)
    walk(page, live_server.url, pages(operator, furnished, OF_OPERATOR))


@pytest.mark.browser
@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
def test_every_page_that_is_open_for_a_moment_is_well(
    page: Page, live_server: LiveServer, furnished: Furnished, world: World,
) -> None:
    for moment in moments(world, furnished):
        logged_in(page, moment.client, live_server)
        walk(page, live_server.url, list(moment.pages))


def test_no_page_asks_more_of_the_database_than_it_may(
    furnished: Furnished, world: World, as_person: Callable[[Person | None], Client],
) -> None:
    admin, operator = as_person(world.admin), as_person(world.operator)
    too_many = []
    for client, found in ((admin, OF_ACCOUNT), (operator, OF_OPERATOR)):
        for one, path in pages(client, furnished, found):
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            if len(asked) > MORE_QUERIES.get(one.name, QUERIES):
                too_many.append(f"{one.name} ({path}): {len(asked)}")
    assert not too_many, "\n".join(too_many)
