"""The event catalogue as a page: whole, true, and a way to an integration."""

from __future__ import annotations

import re
from html import unescape

import pytest

from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, Level
from switchhook.web.models import Account, Service
from tests.web.conftest import World
from tests.web.made_up import House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, path: str = "catalogue/") -> str:
    answer = house.client().get(house.url + path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def card(text: str, name: str) -> str:
    found = re.search(rf'<(details|section) class="card" id="{re.escape(name)}".*?</\1>\n', text, re.DOTALL)
    assert found
    return found[0]


def test_every_event_says_when_it_fires_what_it_can_have_and_what_a_request_looks_like(house: House) -> None:
    text = page(house)
    for spec in EVENTS.values():
        of_event = card(text, spec.type)
        assert spec.fires_when in of_event
        assert f"Switchhook-Event: {spec.type}" in of_event
        for field in FIELDS:
            assert (f'href="#{field}"' in of_event) == (spec.availability(field) is not Availability.NEVER)
            assert (f'"{field}":' in of_event) == (spec.availability(field) is not Availability.NEVER)


def test_the_note_on_pickups_stands_at_inbound_call_answered(house: House) -> None:
    text = page(house)
    assert "picked up via the ** method" in card(text, "call.inbound_answered")
    assert text.count("picked up via the ** method") == 1


def test_every_value_is_explained_once(house: House) -> None:
    values = card(page(house), "values")
    for spec in FIELDS.values():
        assert f'<tr id="{spec.field}">' in values
        assert spec.meaning in values
        assert f"{{{spec.field}}}" in values


@pytest.mark.parametrize("event", [spec.type for spec in EVENTS.values() if not spec.extra])
def test_an_integration_is_created_for_the_event_that_was_looked_at(house: House, event: str) -> None:
    found = re.search(r'href="([^"]+\?event=[^"]+)"', card(page(house), event))
    assert found
    assert found[1].startswith(house.pbx_url if EVENTS[event].level is Level.SERVICE else house.url)  # type: ignore[index]
    form = page(house, found[1].removeprefix(house.url))
    chosen = re.search(r'<input(?=[^>]*name="event_type")(?=[^>]* checked)[^>]*value="([^"]+)"', form) or re.search(
        r'<input(?=[^>]*value="([^"]+)")(?=[^>]*name="event_type")[^>]* checked', form)
    assert chosen
    assert chosen[1] == event


def test_an_extra_event_is_offered_when_it_is_granted(house: House) -> None:
    missed = card(page(house), "call.missed")
    assert "Your operator can grant it." in missed
    assert "Create an integration" not in missed
    Account.objects.filter(id=house.account.id).update(granted_events=["call.missed"])
    missed = card(page(house), "call.missed")
    assert "Your operator can grant it." not in missed
    assert "?event=call.missed" in missed


def test_with_several_pbxs_one_is_chosen(house: House) -> None:
    Service.objects.create(account=house.account, name="pbx-9", friendly_name="Branch")
    of_event = card(page(house), "ivr.option_selected")
    assert "of Head Office" in of_event
    assert "of Branch" in of_event


def test_who_may_not_create_is_offered_nothing(house: House) -> None:
    answer = house.client(house.world.viewer).get(f"{house.url}catalogue/")
    assert "Create an integration" not in answer.content.decode()
