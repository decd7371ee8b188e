"""Live: calls of this moment beside the events as they happen, in a plain browser and in a real one."""

from __future__ import annotations

import re
import time
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.models import Call, Event, Service
from tests.web.conftest import World
from tests.web.made_up import A_CALL, House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def open_call(house: House, *, number: int = 1, id_: UUID | None = None, **more: object) -> Call:
    return house.call(number=number, id_=id_, **{
        "began_ms": now_ms() - 65_000, "ended_ms": None, "state": "ringing", "extension_number": "", **more})


def live(house: House, query: str = "") -> str:
    answer = house.client().get(f"{house.url}live/{query}")
    return unescape(re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.DOTALL))


def test_an_open_call_is_shown_with_its_state_its_menus_and_how_long_it_lasts(house: House) -> None:
    open_call(house, id_=A_CALL, state="menu")
    for number, event_type, option in ((1, EventType.IVR_RECEIVED, ""), (2, EventType.IVR_OPTION, "2")):
        event = house.event(event_type, number=number, fields={Field.IVR_NAME: "Main menu"} | (
            {Field.OPTION_SELECTED: option} if option else {}))
        Event.objects.filter(id=event.id).update(sequence=number)
    page = live(house)
    assert "12025550171 → 12025550101" in page
    assert "In a menu" in page
    assert "Main menu › 2" in page
    assert re.search(r">1:0[5-9]</time>", page)
    assert "1 call now" in page


def test_a_call_that_is_over_and_one_that_an_engine_forgot_are_not_of_this_moment(house: House) -> None:
    open_call(house, number=1, ended_ms=now_ms())
    open_call(house, number=2, began_ms=now_ms() - 3 * 24 * 3_600_000)
    page = live(house)
    assert "Nobody is on the telephone." in page
    assert "0 calls now" in page


def test_what_an_old_call_does_now_stands_above_what_newer_calls_did_before(house: House) -> None:
    old_call = uuid4()
    open_call(house, id_=old_call)
    late = house.event(EventType.INBOUND_ANSWERED, number=1, call=old_call)
    Event.objects.filter(id=late.id).update(at_ms=now_ms())
    for number in range(2, 40):
        house.event(EventType.INBOUND_RECEIVED, number=number, call=uuid4())
    shown = re.findall(r'id="event-([0-9a-f-]+)"', live(house))
    assert shown[0] == str(late.id)
    assert len(shown) == 30


def test_who_is_limited_to_a_pbx_sees_its_events_without_what_the_account_sends_of_them(house: House) -> None:
    """As on all other pages: the account's own integrations are none of theirs."""
    house.delivery(house.event(EventType.USER_CREATED), house.integration(EventType.USER_CREATED), state="failed")
    assert "/deliveries/" in re.sub("<nav.*?</nav>", "", live(house), flags=re.DOTALL)
    house.world.admin.memberships.update(services=[str(house.service.id)])
    page = live(house)
    assert "Create User" in page
    assert "a deleted integration" not in page
    assert 'id="delivery-' not in page


def test_one_pbx_is_chosen(house: House) -> None:
    branch = Service.objects.create(account=house.account, name="pbx-9", friendly_name="Branch")
    open_call(house, number=1)
    open_call(house, number=2, service_id=branch.id, source="12025550188")
    assert "12025550188" in live(house)
    page = live(house, f"?pbx={branch.id}")
    assert "12025550188" in page
    assert "12025550171" not in page
    assert "1 call now" in page


def test_a_page_that_knows_it_all_gets_no_new_one(house: House) -> None:
    open_call(house)
    seen = re.search(r"live/\?seen=([0-9a-f]+)", live(house))
    assert seen is not None
    assert house.client().get(f"{house.url}live/?seen={seen[1]}").status_code == 204
    Call.objects.update(state="answered")
    assert house.client().get(f"{house.url}live/?seen={seen[1]}").status_code == 200


def test_many_calls_and_events_cost_no_more_queries_than_few(house: House) -> None:
    wanted = house.integration(EventType.INBOUND_RECEIVED)
    client = house.client()

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"{house.url}live/").status_code == 200
        return len(found)

    open_call(house, number=100)
    house.delivery(house.event(EventType.INBOUND_RECEIVED, number=100), wanted)
    few = queries()
    for number in range(60):
        open_call(house, number=number)
        house.delivery(house.event(EventType.INBOUND_RECEIVED, number=number), wanted)
    assert queries() == few
    assert "50 or more calls now" in live(house)


def test_the_index_of_open_calls_is_used(house: House) -> None:
    plan = Call.objects.filter(account_id=house.account.id, ended_ms=None, began_ms__gt=1).order_by("-began_ms")
    assert "call_open" in plan.explain()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_calls_come_tick_and_go_by_themselves_until_they_are_paused(
    page: Page, house: House, live_server: LiveServer,
) -> None:
    cookie = house.client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.clock.install()
    page.goto(f"{live_server.url}{house.url}live/")
    expect(page.get_by_text("Nobody is on the telephone.")).to_be_visible()
    call = open_call(house, began_ms=now_ms())
    link = page.get_by_role("link", name="Inbound: 12025550171 → 12025550101")
    expect(link).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 call now")).to_have_count(1)
    expect(page.locator("time[data-since]")).to_have_text("0:03")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    Call.objects.update(ended_ms=now_ms())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(20_000)
    expect(page.locator("time[data-since]")).to_have_text(re.compile("0:2[0-9]"))  # it ticks on: time has gone by
    assert asked == []
    expect(link).to_be_visible()
    pause.click()
    expect(link).to_be_hidden()
    page.goto(f"{live_server.url}{house.url}calls/{call.id}/")
    expect(page.get_by_role("heading", name="12025550171 → 12025550101")).to_be_visible()
