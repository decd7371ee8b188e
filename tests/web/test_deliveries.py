"""Deliveries and events: found, shown, sent again, called off."""

from __future__ import annotations

import json
import re
import time
from html import unescape
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.deliveries import search
from switchhook.web.models import Delivery, Errand, Event
from tests.web.conftest import World
from tests.web.made_up import A_CALL, NOON_MS, SENT, House, answered, attempt, not_answered


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, path: str) -> str:
    answer = house.client().get(house.url + path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def found(text: str) -> list[str]:
    """The deliveries (or events) that a list shows, in its order."""
    return re.findall(r'id="to-([0-9a-f-]+)"', text)


def test_the_newest_delivery_comes_first_and_says_what_happened(house: House) -> None:
    crm = house.integration(name="CRM call pop")
    rows = [house.delivery(house.event(number=number), crm, last_status=200) for number in range(3)]
    text = page(house, "deliveries/")
    assert found(text) == [str(row.id) for row in reversed(rows)]
    assert "Delivered 200 Inbound Call Answered 12025550171 → 12025550101 CRM call pop" in words(text)


def test_a_withheld_number_is_called_so(house: House) -> None:
    house.delivery(house.event(fields={Field.SOURCE_NUMBER: None}), house.integration())
    assert "withheld → 12025550101" in words(page(house, "deliveries/"))


@pytest.mark.parametrize("query", [
    "+61 2 5550 0012", "0255500012", "55500012", "(02) 5550-0012", "202", "0061 2 55500012",
    "8C1DE9F5-0D5E-5A43-A9F0-3D6F3B1F2C78", "1772580115.2",
])
def test_a_call_is_found_by_number_extension_and_id(house: House, query: str) -> None:
    crm, call = house.integration(), UUID("8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c78")
    wanted = house.delivery(house.event(
        number=2, call=call, fields={Field.SOURCE_NUMBER: "61255500012", Field.EXTENSION_NUMBER: "202"}), crm)
    house.delivery(house.event(number=1), crm)
    assert found(house.client().get(f"{house.url}deliveries/", {"q": query}).content.decode()) == [str(wanted.id)]


def test_a_delivery_is_found_by_its_own_id_and_by_its_events(house: House) -> None:
    crm = house.integration()
    wanted = house.delivery(house.event(number=2), crm)
    house.delivery(house.event(number=1), crm)
    for id_ in (wanted.id, wanted.event_id):
        assert found(page(house, f"deliveries/?q={id_}")) == [str(wanted.id)]


def test_filters_narrow_and_are_chips_that_can_be_taken_off(house: House) -> None:
    crm, nps = house.integration(name="CRM"), house.integration(EventType.IVR_OPTION, name="NPS")
    house.delivery(house.event(number=1), crm, state="failed")
    house.delivery(house.event(number=2), crm)
    wanted = house.delivery(house.event(EventType.IVR_OPTION, number=3), nps, state="failed")
    text = page(house, f"deliveries/?state=failed&integration={nps.id}&event=ivr.option_selected")
    assert found(text) == [str(wanted.id)]
    chips = chips_of(text, on=True)
    assert chips["Failed"] == f"?integration={nps.id}&event=ivr.option_selected"
    assert list(chips) == ["Failed", "NPS", "IVR Option Selected"]


def chips_of(text: str, *, on: bool) -> dict[str, str]:
    """The chips that are on, or that are offered, and where each leads."""
    found = re.findall(r'class="chip chip-choice" href="([^"]+)"( aria-current="true")?>([^<]+)<', text)
    return {label: url for url, current, label in found if bool(current) is on}


@pytest.mark.parametrize("path", ["deliveries/", "events/"])
def test_the_last_hour_and_tests_are_one_click_away_and_back(house: House, path: str) -> None:
    now_ms, crm, shown = time.time_ns() // 1_000_000, house.integration(), {}
    for name, minutes_ago, is_test in (("old", 90, False), ("new", 5, False), ("a test", 4, True)):
        event = house.event(number=(now_ms - NOON_MS) // 60_000 - minutes_ago)
        Event.objects.filter(id=event.id).update(is_test=is_test)
        delivery = house.delivery(event, crm, is_test=is_test)
        shown[str(delivery.id if path == "deliveries/" else event.id)] = name

    def names(url: str) -> tuple[str, list[str]]:
        text = page(house, path + url)
        return text, [shown[one] for one in found(text)]

    text, everything = names("")
    assert everything == ["a test", "new", "old"]
    text, last_hour = names(chips_of(text, on=False)["Last hour"])
    assert last_hour == ["a test", "new"]
    text, without_tests = names(chips_of(text, on=False)["Without tests"])
    assert without_tests == ["new"]
    assert "Last hour" not in chips_of(text, on=False)
    [time_chip] = [one for one in chips_of(text, on=True) if one.startswith("from ")]
    text, _ = names(chips_of(text, on=True)[time_chip])
    assert names(chips_of(text, on=True)["Without tests"])[1] == ["a test", "new", "old"]


def test_the_next_retry_is_counted_down_to(house: House) -> None:
    due_ms = time.time_ns() // 1_000_000 + 252_900
    event = house.event()
    row = house.delivery(event, house.integration(), state="pending", attempts=2, last_status=503,
                         last_problem="answered 503", next_attempt_at_ms=due_ms)
    attempt(row, 2, answered(503))
    for path in ("deliveries/", f"deliveries/{row.id}/", f"integrations/{row.integration_id}/"):
        text = page(house, path)
        assert re.search(rf'data-until="{due_ms}">4:(0\d|1[0-2])</time>', text), path
    Delivery.objects.filter(id=row.id).update(next_attempt_at_ms=due_ms - 300_000)
    assert "data-until" not in page(house, f"deliveries/{row.id}/")


def test_a_delivery_leads_to_those_before_and_after_it_within_the_filters(house: House) -> None:
    crm = house.integration()
    first, other, second, third = (
        house.delivery(house.event(number=number), crm, state=state)
        for number, state in enumerate(("failed", "delivered", "failed", "failed")))
    [listed] = re.findall(rf'href="([^"]+/{second.id}/[^"]*)"', page(house, "deliveries/?state=failed"))
    assert listed.endswith("?state=failed")
    text = page(house, listed.removeprefix("/a/acme/"))
    beside = dict(re.findall(r'data-key="([jk])" href="/a/acme/deliveries/([^/]+)/\?state=failed"', text))
    assert beside == {"k": str(third.id), "j": str(first.id)}
    alone = page(house, f"deliveries/{third.id}/")
    assert 'data-key="k"' not in alone
    assert str(second.id) in alone
    assert str(other.id) in page(house, f"deliveries/{second.id}/")


def test_what_was_found_by_a_number_is_gone_through_from_one_to_the_next(house: House) -> None:
    crm = house.integration()
    first, second, third = (house.delivery(house.event(number=number), crm, state="failed") for number in (1, 2, 3))
    other = house.event(number=4, fields={Field.SOURCE_NUMBER: "12025550999"})
    house.delivery(other, crm, state="failed")
    searched = "?state=failed&q=%2B1+202+555-0171"

    def beside(one: Delivery) -> dict[str, str]:
        text = page(house, f"deliveries/{one.id}/{searched}")
        return dict(re.findall(r'data-key="([jk])" href="/a/acme/deliveries/([^/]+)/\?state=failed&q=', text))

    assert beside(second) == {"k": str(third.id), "j": str(first.id)}
    assert beside(third) == {"j": str(second.id)}
    assert beside(first) == {"k": str(second.id)}


@pytest.mark.parametrize("verb", ["redeliver", "cancel"])
def test_asking_for_an_attempt_stays_within_the_filters(house: House, verb: str) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending")
    [action] = re.findall(rf'action="([^"]+/{verb}/[^"]*)"', page(house, f"deliveries/{row.id}/?q=12025550171"))
    assert house.client().post(action)["Location"] == f"/a/acme/deliveries/{row.id}/?q=12025550171"


def test_a_filter_that_is_none_is_ignored(house: House) -> None:
    row = house.delivery(house.event(), house.integration())
    assert found(page(house, "deliveries/?state=lost&integration=x&event=y&before=z")) == [str(row.id)]


def test_pages_are_joined_by_key_without_gap_or_repetition(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_ROWS", 3)
    crm = house.integration()
    rows = [str(house.delivery(house.event(number=number), crm).id) for number in range(8)]
    seen, path = [], "deliveries/"
    while path:
        text = page(house, path)
        seen += found(text)
        more = re.search(r'id="more".*?href="([^"]+)"', text, re.DOTALL)
        path = f"deliveries/{more[1]}" if more else ""
    assert seen == rows[::-1]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_page_looks_through_a_bounded_number_of_rows_and_goes_on_below(
    house: House, monkeypatch: pytest.MonkeyPatch, place: int,
) -> None:
    monkeypatch.setattr(search, "WINDOW_ROWS", 3)
    crm = house.integration()
    rows = [
        house.delivery(house.event(number=number), crm, state="failed" if number == place else "delivered")
        for number in range(6)]
    first = page(house, "deliveries/?state=failed")
    assert found(first) == []
    assert "Nothing like this was found" not in first
    more = re.search(r'id="more".*?href="([^"]+)"', first, re.DOTALL)
    assert more is not None
    assert found(page(house, f"deliveries/{more[1]}")) == [str(rows[place].id)]


def test_the_first_page_asks_for_news_down_to_its_last_row(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_ROWS", 2)
    crm = house.integration()
    rows = [str(house.delivery(house.event(number=number), crm).id) for number in range(3)]
    live = re.search(r'id="newest" hx-get="/a/acme/([^"]+)"', page(house, "deliveries/"))
    assert live is not None
    rows.append(str(house.delivery(house.event(number=3), crm).id))
    assert found(page(house, live[1])) == [rows[3], rows[2], rows[1]]


@pytest.mark.parametrize("path", ["deliveries/", "deliveries/?q=12025550171", "events/", "events/?q=12025550171"])
def test_a_list_takes_as_many_queries_for_forty_as_for_two(house: House, path: str) -> None:
    crm = house.integration()

    def queries(count: int) -> int:
        for _ in range(count):
            house.delivery(house.event(number=Event.objects.count()), crm)
        client = house.client()
        with CaptureQueriesContext(connection) as seen:
            client.get(house.url + path)
        return len(seen)

    few = queries(2)
    assert queries(38) == few
    assert few <= 15


def test_a_delivery_shows_each_attempt_with_what_was_sent_and_what_came_back(house: House) -> None:
    row = house.delivery(
        house.event(), house.integration(), state="pending", attempts=3, next_attempt_at_ms=1_772_630_000_000)
    attempt(row, 1, answered(503, "<h1>Down & out</h1>"))
    attempt(row, 3, not_answered("timed_out", "The server did not answer within 15 s"))
    raw = house.client().get(f"{house.url}deliveries/{row.id}/").content.decode()
    text = words(unescape(raw))
    assert re.findall(r'id="attempt-(\d)"', raw) == ["3", "2", "1"]
    assert "#3 The server did not answer within 15 s." in text
    assert "The receiver should answer at once and do its work afterwards" in text
    assert "#2 Outcome unknown" in text
    assert "#1 The server answered 503 Service Unavailable." in text
    assert "<h1>Down &amp; out</h1>" not in raw
    assert "&lt;h1&gt;Down &amp; out&lt;/h1&gt;" in raw
    assert "POST https://crm.example.com/hook?from=pbx" in text
    assert "Authorization ••••" in text
    assert '"caller": "12025550171"' in text
    assert "curl -X POST 'https://crm.example.com/hook?from=pbx'" in text
    assert "connected after 21 ms, first byte after 80 ms, 84 ms in all" in text
    assert "Next attempt" in text


def test_a_word_of_code_is_told_as_it_is_sent_and_in_the_readers_language(house: House) -> None:
    event = house.event(fields={Field.DIRECTION: "inbound"})
    house.world.admin.language = "de"
    house.world.admin.save()
    assert 'inbound <span class="text-secondary">(Eingehend)</span>' in page(house, f"events/{event.id}/")


def test_an_attempt_that_is_under_way_is_not_called_unknown(house: House) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending", attempts=2, owner=house.account.id)
    attempt(row, 1, answered(500))
    assert "Outcome unknown" not in page(house, f"deliveries/{row.id}/")


def test_a_request_that_could_not_be_made_says_so(house: House) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending")
    attempt(row, 1, not_answered("cannot_render", "A signing secret of this integration is damaged."), request=None)
    text = words(page(house, f"deliveries/{row.id}/"))
    assert "Nothing: the request could not be made." in text
    assert "A signing secret of this integration is damaged." in text


def test_bodies_that_are_no_text_do_not_break_the_page(house: House) -> None:
    row = house.delivery(house.event(), house.integration())
    attempt(row, 1, answered() | {"body": {"base64": "//4AAQ=="}, "truncated": True})
    assert "cut: only its beginning was kept" in page(house, f"deliveries/{row.id}/")


def test_the_page_gets_nothing_new_while_nothing_has_changed(house: House) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending", attempts=1)
    attempt(row, 1, answered(500))
    asks = re.search(r'id="attempts" hx-get="([^"]+)"', page(house, f"deliveries/{row.id}/"))
    assert asks is not None
    client = house.client()
    assert client.get(asks[1]).status_code == 204
    row.state = "delivered"
    row.save()
    assert client.get(asks[1]).status_code == 200


@pytest.mark.parametrize(("verb", "kind"), [("redeliver", "redeliver"), ("cancel", "cancel")])
def test_a_button_asks_the_engine(house: House, verb: str, kind: str) -> None:
    row = house.delivery(house.event(), house.integration(), state="pending")
    place = f"{house.url}deliveries/{row.id}/{verb}/"
    assert house.client(house.world.viewer).post(place).status_code == 403
    assert house.client(house.world.stranger).post(place).status_code == 404
    assert not Errand.objects.exists()
    assert house.client().post(place)["Location"] == f"{house.url}deliveries/{row.id}/"
    errand = Errand.objects.get()
    assert (errand.kind, errand.account_id) == (kind, house.account.id)
    assert json.loads(errand.args) == {"delivery_ids": [str(row.id)]}


def test_cancel_is_offered_only_while_something_is_owed(house: House) -> None:
    row = house.delivery(house.event(), house.integration())
    text = page(house, f"deliveries/{row.id}/")
    assert "/redeliver/" in text
    assert "/cancel/" not in text


def test_the_delivery_of_a_deleted_integration_can_be_read(house: House) -> None:
    crm = house.integration()
    row = house.delivery(house.event(), crm)
    crm.delete()
    assert "deleted" in page(house, "deliveries/")
    assert "deleted" in page(house, f"deliveries/{row.id}/")


def test_an_event_that_nobody_wanted_is_listed_with_the_reason(house: House) -> None:
    unwanted = house.event(EventType.INBOUND_RECEIVED, unwanted="the integration is disabled")
    house.delivery(house.event(number=2), house.integration(), last_status=200)
    text = page(house, "events/")
    assert "Not sent: the integration is disabled" in text
    assert "Delivered 200" in words(text)
    assert found(page(house, "events/?unwanted=1")) == [str(unwanted.id)]


def test_an_event_shows_its_fields_its_deliveries_and_its_call(house: House) -> None:
    event = house.event(number=2)
    house.delivery(event, house.integration(name="CRM call pop"), last_status=200)
    house.event(EventType.INBOUND_RECEIVED, number=1)
    house.event(number=3, call=UUID(int=7))
    text = words(page(house, f"events/{event.id}/"))
    assert "Extension Number 201 Name Ada Example" in text
    assert f"Call UUID {A_CALL}" in text
    assert "Delivered 200 CRM call pop" in text
    assert "The same call 2 Inbound Call Received" in text
    assert text.count("Inbound Call Answered 12025550171") == 1


def test_another_accounts_deliveries_and_events_are_not_there(house: House) -> None:
    event = house.event()
    row = house.delivery(event, house.integration())
    client, theirs = house.client(house.world.stranger), f"/a/{house.world.other_account.slug}/"
    for path in (f"deliveries/{row.id}/", f"events/{event.id}/"):
        assert client.get(house.url + path).status_code == 404
        assert client.get(theirs + path).status_code == 404
    assert found(client.get(f"{theirs}deliveries/?q={row.id}").content.decode()) == []
    assert found(client.get(f"{theirs}events/?q=12025550171").content.decode()) == []


def test_a_nul_character_in_a_search_is_a_bad_request(house: House) -> None:
    assert house.client().get(house.url + "users/?q=a%00").status_code == 400


def test_a_body_that_was_kept_long_enough_is_told_of(house: House) -> None:
    house.account.body_days = 7
    house.account.save()
    delivery = house.delivery(house.event(), house.integration())
    attempt(delivery, 1, answered(body="") | {"body_dropped": True}, dict(SENT) | {"body": None, "body_dropped": True})
    page = house.client().get(f"{house.url}deliveries/{delivery.id}/").content.decode()
    assert "The body was kept for 7 days." in page
    assert "As curl" not in page
