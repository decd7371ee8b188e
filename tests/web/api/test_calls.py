"""Calls over the API: found, and one with its timeline and what did not fire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.web.calls import search
from tests.web.api.conftest import Program
from tests.web.conftest import World
from tests.web.made_up import A_CALL, House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _all(program: Program, query: str) -> list[str]:
    found: list[str] = []
    page: Any = {"next": ""}
    while page["next"] is not None:
        page = program.get(f"/calls?{query}&cursor={page['next']}")
        found += [one["native_call_id"].partition(".")[2] for one in page["data"]]
    return found


@pytest.mark.parametrize(("query", "numbers"), [
    ("", "321"), ("limit=1", "321"), ("number=%2B1 202 555-0199", "2"), ("number=2025550101", "31"),
    ("extension=299", "3"), ("extension=299&number=12025550199", ""), ("native_call_id=1772580115.2", "2"),
    ("direction=outbound", "2"), ("direction=outbound&limit=1", "2"), ("direction=inbound&number=2025550101", "31"),
    ("since=2026-03-04T12:02:00Z", "32"), ("until=2026-03-04T12:02:00Z", "1"),
    ("since=2026-03-04T12:02:00Z&until=2026-03-04T12:03:00Z", "2"),
])
def test_calls_are_found(house: House, program: Program, query: str, numbers: str) -> None:
    house.call(number=1)
    house.call(number=2, direction="outbound", source="201", destination="12025550199", extension_number="201")
    house.call(number=3, extension_number="299")
    assert _all(program, query) == list(numbers)


def test_a_call_is_found_beyond_many_that_are_not_wanted(
    house: House, program: Program, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "WINDOW_ROWS", 2)
    house.call(number=1, direction="outbound")
    for number in range(2, 8):
        house.call(number=number)
    assert _all(program, "direction=outbound") == ["1"]


def test_one_call_tells_what_happened_what_fired_and_what_did_not(house: House, program: Program) -> None:
    event = house.event(EventType.INBOUND_RECEIVED)
    delivery = house.delivery(event, house.integration(EventType.INBOUND_RECEIVED))
    house.call(
        {"kind": "fact", "text": "201 rings"},
        {"kind": "told", "text": "", "type": "call.inbound_received", "event": str(event.id)},
        {"kind": "withheld", "text": "picked up by 204", "type": "call.inbound_answered"}, id_=A_CALL)
    told = program.get(f"/calls/{A_CALL}")
    assert (told["began_at"], told["ended_at"], told["source_number"]) == (
        "2026-03-04T12:01:00Z", "2026-03-04T12:02:01.500Z", "12025550171")
    assert [(one["kind"], one["text"], one["event_id"]) for one in told["timeline"]][:3] == [
        ("fact", "201 rings.", None), ("told", "", str(event.id)), ("withheld", "Picked up by 204.", None)]
    assert {one["event_type"] for one in told["not_fired"]} == {"call.inbound_answered"}
    assert [[one["id"] for one in event["deliveries"]] for event in told["events"]] == [[str(delivery.id)]]


def test_a_call_told_from_elsewhere_is_known_by_its_events(house: House, program: Program) -> None:
    event = house.event()
    told = program.get(f"/calls/{A_CALL}")
    assert (told["began_at"], [one["id"] for one in told["events"]]) == (None, [str(event.id)])


def test_there_is_no_other_accounts_call(house: House, program: Program, world: World) -> None:
    house.call(id_=UUID(int=5), account_id=world.other_account.id, service_id=world.other_service.id)
    assert program.refused("GET", f"/calls/{UUID(int=5)}", status=404)["code"] == "not_found"
    assert program.get("/calls")["data"] == []


@pytest.mark.parametrize(
    "query", ["cursor=7", "cursor=soon", "number=abc", "since=yesterday", "direction=up", "page=2"])
def test_what_cannot_be_looked_for_is_said(program: Program, query: str) -> None:
    assert program.refused("GET", f"/calls?{query}", status=422)["errors"][0]["message"]
