"""Events and deliveries over the API: found, read, redelivered, cancelled."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.api import finding
from switchhook.web.models import Errand, Service
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World
from tests.web.made_up import A_CALL, House, answered, attempt, not_answered


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _ids(page: Any) -> list[str]:
    return [one["id"] for one in page["data"]]


def test_an_event_is_told_with_its_deliveries(house: House, program: Program) -> None:
    event = house.event()
    delivery = house.delivery(event, house.integration())
    told_of = program.get(f"/events/{event.id}")
    assert (told_of["type"], told_of["at"], told_of["call_uuid"]) == (
        "call.inbound_answered", "2026-03-04T12:01:00Z", str(A_CALL))
    assert told_of["fields"]["source_number"] == "12025550171"
    assert _ids({"data": told_of["deliveries"]}) == [str(delivery.id)]


def test_a_delivery_is_told_with_what_was_sent_and_what_came_back(house: House, program: Program) -> None:
    delivery = house.delivery(house.event(), house.integration(), attempts=3)
    attempt(delivery, 1, not_answered("timed_out"))
    attempt(delivery, 3, answered(201))
    third, second, first = program.get(f"/deliveries/{delivery.id}")["attempt_log"]
    assert (third["answer"]["status"], third["answer"]["body"]) == (201, '{"ok":true}')
    assert ["Authorization", "••••"] in third["request"]["headers"]
    assert (second["outcome_known"], second["answer"]) == (False, None)
    assert first["answer"] is None
    assert first["said"]


@pytest.mark.parametrize(("query", "numbers"), [
    ("", [3, 2, 1]), ("type=call.inbound_received", [2]), ("number=%2B1 (202) 555-0199", [3]),
    ("number=2025550101", [3, 2, 1]), ("extension=299", [3]), ("extension=299&type=call.inbound_received", []),
    (f"call_uuid={UUID(int=7)}", [2]), ("unwanted=true", [2]),
    ("since=2026-03-04T12:02:00Z", [3, 2]), ("until=2026-03-04T23:02:00%2B11:00", [1]),
    ("since=2026-03-04T12:02:00Z&until=2026-03-04T12:03:00Z", [2]), ("limit=2", [3, 2]),
])
def test_events_are_found(house: House, program: Program, query: str, numbers: list[int]) -> None:
    events = {
        1: house.event(number=1),
        2: house.event(EventType.INBOUND_RECEIVED, number=2, call=UUID(int=7), unwanted="Nobody asked."),
        3: house.event(number=3, fields={Field.SOURCE_NUMBER: "12025550199", Field.EXTENSION_NUMBER: "299"}),
    }
    assert _ids(program.get(f"/events?{query}")) == [str(events[number].id) for number in numbers]


@pytest.mark.parametrize(("query", "numbers"), [
    ("", [3, 2, 1]), ("state=failed", [2]), ("type=call.inbound_received", [1]), ("number=12025550199", [3]),
    ("integration_id={crm}", [3, 2]), ("state=delivered&number=2025550199", [3]), ("state=failed&extension=201", [2]),
    ("since=2026-03-04T12:02:00Z", [3, 2]),
])
def test_deliveries_are_found(house: House, program: Program, query: str, numbers: list[int]) -> None:
    crm, other = house.integration(), house.integration(EventType.INBOUND_RECEIVED)
    deliveries = {
        1: house.delivery(house.event(EventType.INBOUND_RECEIVED, number=1), other),
        2: house.delivery(house.event(number=2), crm, state="failed"),
        3: house.delivery(house.event(number=3, fields={Field.SOURCE_NUMBER: "12025550199"}), crm),
    }
    found = program.get(f"/deliveries?{query.format(crm=crm.id)}")
    assert _ids(found) == [str(deliveries[number].id) for number in numbers]


@pytest.mark.parametrize("query", ["", "number=2025550101&", "since=2026-01-01T00:00:00Z&"])
@pytest.mark.parametrize("what", ["events", "deliveries"])
def test_pages_follow_one_another_without_gap(
    house: House, program: Program, what: str, query: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "WINDOW_ROWS", 3)
    crm = house.integration()
    events = [house.event(number=number) for number in range(1, 8)]
    made = events if what == "events" else [house.delivery(event, crm) for event in events]
    found, cursor = [], ""
    for _ in range(9):
        page = program.get(f"/{what}?{query}limit=2&cursor={cursor}")
        found += _ids(page)
        cursor = page["next"]
        if cursor is None:
            break
    assert cursor is None
    assert found == [str(one.id) for one in reversed(made)]


@pytest.mark.parametrize(("path", "where"), [
    ("/events?type=made.up", "type"), ("/events?since=yesterday", "since"),
    ("/events?since=2026-03-04T12:00:00", "since"),
    ("/events?limit=1000", "limit"), ("/events?cursor=x", "cursor"), ("/events?number=x", "number"),
    ("/events?call_uuid=x", "call_uuid"), ("/deliveries?state=lost", "state"), ("/deliveries?cursor=x", "cursor"),
    ("/events?extension=%00", "extension"), ("/integrations?cursor=x", "cursor"),
    ("/events?typ=user.created", "typ"), ("/event-types?limit=1", "limit"), ("/deliveries?unwanted=true", "unwanted"),
])
def test_a_filter_that_means_nothing_is_refused(program: Program, path: str, where: str) -> None:
    assert program.refused("GET", path, status=422)["errors"][0]["where"] == where


@pytest.mark.parametrize("verb", ["redeliver", "cancel"])
def test_the_engine_is_asked_for_one_and_for_several(house: House, program: Program, verb: str) -> None:
    crm = house.integration()
    first, second = (str(house.delivery(house.event(number=n), crm, state="failed").id) for n in (1, 2))
    one = program.ask("POST", f"/deliveries/{first}/{verb}")
    assert program.get(one["Location"]) == told(one, 202)
    told(program.ask("POST", f"/deliveries/{verb}", {"delivery_ids": [first, second]}), 202)
    asked = [json.loads(each.args)["delivery_ids"] for each in Errand.objects.order_by("created_at_ms", "id")]
    assert sorted(map(sorted, asked), key=len) == [[first], sorted([first, second])]
    assert set(Errand.objects.values_list("kind", "asked_by")) == {(verb, house.world.admin.id)}


@pytest.mark.parametrize("verb", ["redeliver", "cancel"])
def test_deliveries_that_are_not_there_are_named(house: House, program: Program, verb: str) -> None:
    there = house.delivery(house.event(), house.integration())
    found = program.refused(
        "POST", f"/deliveries/{verb}", {"delivery_ids": [str(there.id), str(uuid4())]}, status=422)
    assert [one["where"] for one in found["errors"]] == ["delivery_ids.1"]
    program.refused("POST", f"/deliveries/{uuid4()}/{verb}", status=404)
    assert not Errand.objects.exists()


def test_another_account_sees_none_of_it(house: House, world: World, make_program: MakeProgram) -> None:
    event = house.event()
    delivery = house.delivery(event, house.integration())
    other = make_program(person=world.stranger, account=world.other_account)
    assert other.get("/events")["data"] == other.get("/deliveries?number=2025550171")["data"] == []
    for method, path in (("GET", f"/events/{event.id}"), ("GET", f"/deliveries/{delivery.id}"),
                         ("POST", f"/deliveries/{delivery.id}/redeliver")):
        other.refused(method, path, status=404)
    other.refused("POST", "/deliveries/cancel", {"delivery_ids": [str(delivery.id)]}, status=422)


def test_a_limited_token_sees_what_happened_at_its_services_alone(
    house: House, world: World, make_program: MakeProgram,
) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0009")
    limited, whole = make_program(services=(second.id,)), make_program(services=(world.service.id,))
    event = house.event()
    delivery = house.delivery(event, house.integration())
    of_account = house.delivery(
        house.event(EventType.USER_CREATED, number=2), house.integration(EventType.USER_CREATED))
    assert _ids(whole.get("/deliveries")) == [str(delivery.id)]  # what the account's own integrations got is not theirs
    whole.refused("GET", f"/deliveries/{of_account.id}", status=404)
    assert limited.get("/events")["data"] == limited.get("/deliveries")["data"] == []
    assert limited.get(f"/events?call_uuid={A_CALL}")["data"] == []
    limited.refused("GET", f"/events/{event.id}", status=404)
    limited.refused("POST", f"/deliveries/{delivery.id}/redeliver", status=404)
    errand = told(whole.ask("POST", f"/deliveries/{delivery.id}/redeliver"), 202)
    whole.get(f"/errands/{errand['id']}")
    limited.refused("GET", f"/errands/{errand['id']}", status=404)
