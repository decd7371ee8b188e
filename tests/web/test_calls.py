"""Calls: found, and the page that says why each webhook did or did not fire."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from switchhook.domain.catalogue import EventType
from switchhook.domain.filters import Subject, ValueFilter
from switchhook.web.calls import search
from switchhook.web.models import Integration, Service
from tests.web.conftest import World
from tests.web.made_up import A_CALL, NOON_MS, House
from tests.web.test_deliveries import found, words


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, path: str = "calls/") -> str:
    answer = house.client().get(house.url + path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def lines(text: str) -> list[str]:
    """The timeline, line by line."""
    (timeline,) = re.findall(r'<ol class="timeline-of-call">(.*?)</ol>', text, re.DOTALL)
    return [words(line).strip() for line in re.findall(r"<li.*?</li>", timeline, re.DOTALL)]


def pickup(house: House) -> UUID:
    """A call that was picked up: received was told, answered was not."""
    event = house.event(EventType.INBOUND_RECEIVED, number=1)
    house.delivery(event, house.integration(EventType.INBOUND_RECEIVED, name="Who is calling"), last_status=200)
    at = NOON_MS + 60_000
    house.call(
        {"kind": "fact", "text": "a call from 12025550171 came in over trunk-provider to 12025550101"},
        {"kind": "told", "text": "a call came in over the trunk trunk-provider to 12025550101",
         "type": "call.inbound_received", "event": str(event.id)},
        {"at": at + 102, "kind": "fact", "text": "201 rings"},
        {"at": at + 2345, "kind": "fact", "text": "204 picked up the call that rang at 201: a pickup is not an answer"},
        {"at": at + 2345, "kind": "withheld", "type": "call.inbound_answered",
         "text": "picked up by 204 with **201: not rung, so not answered"},
        id_=A_CALL, state="picked_up", extension_number="204")
    return A_CALL


def test_a_pickups_page_says_why_no_answered_fired(house: House) -> None:
    text = page(house, f"calls/{pickup(house)}/")
    assert lines(text) == [
        "23:01:00 .000 A call from 12025550171 came in over trunk-provider to 12025550101.",
        "23:01:00 .000 Inbound Call Received A call came in over the trunk trunk-provider to 12025550101. "
        "Delivered 200 to Who is calling",
        "23:01:00 .102 201 rings.",
        "23:01:02 .345 204 picked up the call that rang at 201: a pickup is not an answer.",
        "23:01:02 .345 Inbound Call Answered did not fire Picked up by 204 with **201: not rung, so not answered.",
        "23:02:01 .500 The call ended.",
    ]
    assert "Did not fire Inbound Call Answered Picked up by 204" in words(text)


def test_an_event_that_nobody_wanted_says_so(house: House) -> None:
    event = house.event(EventType.INBOUND_RECEIVED, unwanted="no integration is on this event")
    house.call(id_=A_CALL)
    text = page(house, f"calls/{A_CALL}/")
    assert f"/events/{event.id}/" in text
    assert "Not sent No integration is on this event." in lines(text)[0]
    assert "Did not fire Inbound Call Received No integration is on this event." in words(text)


def since_before(integration: Integration, *, enabled: bool = True) -> Integration:
    """An integration that was there when the made-up calls were."""
    Integration.objects.filter(id=integration.id).update(created_at=datetime(2026, 1, 1, tzinfo=UTC), enabled=enabled)
    return integration


def test_integrations_that_an_event_passed_over_say_why(house: House) -> None:
    kind = EventType.INBOUND_RECEIVED
    event = house.event(kind)
    house.delivery(event, since_before(house.integration(kind, name="Log")))
    other_number = ValueFilter(subject=Subject.SOURCE, values=("4420*",))
    since_before(house.integration(kind, name="London", filters=(other_number,)))
    since_before(house.integration(kind, name="Old"), enabled=False)
    since_before(house.integration(EventType.INBOUND_ANSWERED, name="Another"))
    house.integration(kind, name="New")
    house.call({"kind": "told", "text": "", "type": kind.value, "event": str(event.id)}, id_=A_CALL)
    text = words(page(house, f"calls/{A_CALL}/"))
    (told,) = re.findall(r"Did not fire (.*?)(?: Inbound Call Answered|$)", text)
    assert re.findall(r"(London|Old|Log|Another|New): ([^.]*\(as it is set now\))", told) == [
        ("London", "filter: source number 12025550171 is none of 4420* (as it is set now)"),
        ("Old", "the integration is disabled (as it is set now)")]


def test_a_call_that_no_one_answered_says_so(house: House) -> None:
    house.call({"kind": "fact", "text": "201 rings"}, id_=A_CALL, state="unanswered")
    text = words(page(house, f"calls/{A_CALL}/"))
    assert "Inbound Call Answered No user's phone answered before the call ended." in text
    assert "State Not answered" in text


def test_what_was_written_twice_stands_once(house: House) -> None:
    event = house.event()
    told = {"kind": "told", "text": "201 was rung and answered", "type": event.type, "event": str(event.id)}
    rings = {"kind": "fact", "text": "201 rings"}
    house.call(rings, told, rings, told, id_=A_CALL)
    assert len(lines(page(house, f"calls/{A_CALL}/"))) == 3  # with the end


def test_a_call_told_by_intake_has_a_page_of_its_events(house: House) -> None:
    house.event(unwanted="no integration is on this event")
    (line,) = lines(page(house, f"calls/{A_CALL}/"))
    assert "Inbound Call Answered" in line


def test_event_and_delivery_lead_to_the_call(house: House) -> None:
    event = house.event()
    delivery = house.delivery(event, house.integration())
    for path in (f"events/{event.id}/", f"deliveries/{delivery.id}/"):
        assert f'href="{house.url}calls/{A_CALL}/"' in page(house, path)


def test_an_open_calls_page_asks_for_news_and_is_told_when_there_is_none(house: House) -> None:
    house.call({"kind": "fact", "text": "201 rings"}, id_=A_CALL, ended_ms=None, state="ringing")
    text = page(house, f"calls/{A_CALL}/")
    (news,) = re.findall(r'hx-get="([^"]*)" hx-trigger="every 2s"', text)
    assert house.client().get(news).status_code == 204
    house.event()
    assert house.client().get(news).status_code == 200


def test_a_call_long_over_asks_for_nothing(house: House) -> None:
    house.call(id_=A_CALL)
    assert "hx-trigger" not in page(house, f"calls/{A_CALL}/")
    house.call(number=2, id_=uuid4(), ended_ms=int(time.time() * 1000))
    assert "hx-trigger" in page(house)


def test_the_newest_call_comes_first(house: House) -> None:
    rows = [house.call(number=number) for number in range(3)]
    text = page(house)
    assert found(text) == [str(row.id) for row in reversed(rows)]
    assert "Inbound: 12025550171 → 12025550101 Answered 201 Head Office" in words(text)


@pytest.mark.parametrize("query", [
    "+61 2 5550 0012", "0255500012", "55500012", "(02) 5550-0012", "777", "1772580115.2", "{id}",
])
def test_a_call_is_found_by_number_extension_and_id(house: House, query: str) -> None:
    house.call(number=1)
    wanted = house.call(number=2, source="61255500012", extension_number="777")
    assert found(page(house, "calls/?q=" + query.replace("+", "%2B").format(id=wanted.id))) == [str(wanted.id)]


def test_filters_narrow_and_are_switched_off_again(house: House, world: World) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0003", friendly_name="Branch")
    house.call(number=1)
    out = house.call(number=2, direction="outbound", service_id=second.id)
    for filters in ("direction=outbound", f"pbx={second.id}", f"direction=outbound&pbx={second.id}&q=12025550171"):
        assert found(page(house, f"calls/?{filters}")) == [str(out.id)]
    assert 'href="?" aria-current="true">Outbound' in page(house, "calls/?direction=outbound")
    assert "Nothing like this was found" in page(house, "calls/?direction=internal")


def test_every_call_is_on_one_page_and_none_on_two(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_ROWS", 4)
    monkeypatch.setattr(search, "WINDOW_ROWS", 3)
    rows = [house.call(number=number // 3, id_=uuid4()) for number in range(11)]  # three began at the same moment
    path, shown = "calls/", []
    while path:
        text = page(house, path)
        shown += found(text)
        more = re.search(r'href="(\?[^"]*before=[^"]*)"', text)
        path = "calls/" + more[1] if more else ""
    assert len(shown) == len(set(shown)) == len(rows)


def test_another_accounts_calls_are_not_found(house: House, world: World) -> None:
    theirs = house.call(account_id=world.other_account.id, service_id=world.other_service.id)
    assert house.client().get(f"{house.url}calls/{theirs.id}/").status_code == 404
    assert found(page(house)) == found(page(house, f"calls/?q={theirs.id}")) == []


def test_an_account_without_calls_is_told_what_comes(house: House) -> None:
    assert "No calls yet" in page(house)


@pytest.mark.parametrize("path", ["calls/", "calls/?q=12025550171", f"calls/{A_CALL}/"])
def test_a_page_takes_as_many_queries_for_forty_as_for_two(house: House, path: str) -> None:
    integration = house.integration()

    def queries() -> int:
        client = house.client()
        client.get(house.url + path)
        with CaptureQueriesContext(connection, ) as asked:
            assert client.get(house.url + path).status_code == 200
        return len(asked)

    house.call(id_=A_CALL)
    for number in range(2):
        house.call(number=number + 100)
        house.delivery(house.event(number=number), integration)
    few = queries()
    for number in range(2, 40):
        house.call(number=number + 100)
        house.delivery(house.event(number=number), integration)
    assert queries() == few <= 12
