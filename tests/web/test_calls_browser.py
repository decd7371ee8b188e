"""A call's page in a real browser: while the call is open, what happens appears by itself."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.web.conftest import World
from tests.web.made_up import A_CALL, House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.mark.parametrize("width", [1280, 390])
def test_an_open_calls_page_follows_the_call_and_rests_when_it_is_over(
    page: Page, house: House, live_server: LiveServer, width: int,
) -> None:
    cookie = house.client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 900})
    call = house.call({"kind": "fact", "text": "201 rings"}, id_=A_CALL, ended_ms=None, state="ringing")
    page.goto(f"{live_server.url}{house.url}calls/")
    page.get_by_role("link", name="12025550171 → 12025550101").click()
    timeline = page.locator(".timeline-of-call")
    expect(timeline).to_have_text("23:01:00.000 201 rings.", use_inner_text=False)
    call.notes += json.dumps({"at": call.began_ms + 5, "kind": "withheld", "type": "call.inbound_answered",
                              "text": "picked up by 204 with **201: not rung, so not answered"}) + "\n"
    call.state = "picked_up"
    call.save()
    expect(timeline).to_contain_text("Inbound Call Answered did not fire")
    call.ended_ms = int(time.time() * 1000) - 3_600_000
    call.save()
    expect(timeline).to_contain_text("The call ended.")
    assert page.locator("#call[hx-trigger]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
