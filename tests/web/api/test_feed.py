"""The feed of events: in the order in which they were accepted, none left out, none twice."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.web.api import feed
from switchhook.web.models import Event, Service
from tests.web.api.conftest import MakeProgram, Program
from tests.web.conftest import World
from tests.web.made_up import House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _event(house: House, number: int, accepted_ago_ms: int, type_: EventType = EventType.INBOUND_ANSWERED) -> str:
    event = house.event(type_, number=number)
    Event.objects.filter(id=event.id).update(accepted_at_ms=int(time.time() * 1000) - accepted_ago_ms)
    return str(event.id)


def _ids(page: Any) -> list[str]:
    return [one["id"] for one in page["data"]]


def _all(program: Program, query: str) -> list[str]:
    found: list[str] = []
    page = program.get(f"/events/feed?{query}")
    while True:
        found += _ids(page)
        if not page["more"]:
            return found
        page = program.get(f"/events/feed?{query}&after={page['next']}")


def test_it_begins_now_and_goes_on_where_it_ended(house: House, program: Program) -> None:
    _event(house, 1, 60_000)
    begun = program.get("/events/feed")
    assert (begun["data"], begun["more"]) == ([], False)
    at_ms = int(begun["next"].partition(".")[0])
    late = house.event(number=2)
    Event.objects.filter(id=late.id).update(accepted_at_ms=at_ms)
    page = program.get(f"/events/feed?after={begun['next']}")
    assert _ids(page) == [str(late.id)]
    assert program.get(f"/events/feed?after={page['next']}")["data"] == []


def test_an_event_of_a_call_that_began_earlier_comes_when_it_is_accepted(house: House, program: Program) -> None:
    newer, older = _event(house, 9, 8000), _event(house, 1, 4000)
    assert _all(program, "since=2026-01-01T00:00:00Z") == [newer, older]


def test_what_was_accepted_just_now_is_held_back(house: House, program: Program) -> None:
    _event(house, 1, 0)
    assert _all(program, "since=2026-01-01T00:00:00Z") == []


def test_events_of_one_millisecond_are_all_told(house: House, program: Program) -> None:
    ids = sorted(_event(house, number, 5000) for number in range(1, 6))
    Event.objects.update(accepted_at_ms=1_772_000_000_000)
    assert _all(program, "since=2026-01-01T00:00:00Z&limit=2") == ids


def test_only_the_wanted_types_come(house: House, program: Program) -> None:
    answered = _event(house, 1, 9000)
    _event(house, 2, 8000, EventType.INBOUND_RECEIVED)
    menu = _event(house, 3, 7000, EventType.IVR_RECEIVED)
    query = "since=2026-01-01T00:00:00Z&type=call.inbound_answered&type=ivr.call_received"
    assert _all(program, query) == [answered, menu]
    assert program.refused("GET", "/events/feed?type=call.made_up", status=422)["errors"][0]["where"] == "0"


def test_what_is_wanted_is_found_beyond_many_that_are_not(
    house: House, program: Program, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "WINDOW_ROWS", 3)
    wanted = [_event(house, 1, 30_000)]
    for number in range(2, 12):
        _event(house, number, 30_000 - number, EventType.INBOUND_RECEIVED)
    wanted.append(_event(house, 12, 5000))
    assert _all(program, "since=2026-01-01T00:00:00Z&type=call.inbound_answered") == wanted


def test_a_limited_token_follows_its_own_pbxs_only(
    house: House, world: World, make_program: MakeProgram,
) -> None:
    branch = Service.objects.create(account=world.account, name="pbx-0003")
    _event(house, 1, 9000)
    own = _event(house, 2, 8000)
    Event.objects.filter(id=UUID(own)).update(service_id=branch.id)
    assert _all(make_program(services=(branch.id,)), "since=2026-01-01T00:00:00Z") == [own]


def test_what_is_no_cursor_is_refused(program: Program) -> None:
    for text in ("7", "soon", "1.2", "²." + str(UUID(int=1)), "9" * 16 + "." + str(UUID(int=1))):
        assert program.refused("GET", f"/events/feed?after={text}", status=422)["errors"][0]["where"] == "after"
