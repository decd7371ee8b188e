"""Recoveries over the API: estimated, made, paused, and with an integration that is enabled."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from switchhook.web.integrations import actions
from switchhook.web.models import Delivery, Errand, Integration
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World
from tests.web.made_up import House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def failed(house: House, row: Integration, count: int) -> list[Delivery]:
    return [house.delivery(house.event(number=number), row, state="failed") for number in range(1, count + 1)]


WINDOW = {"since": "2026-03-04T12:00:00Z", "until": "2026-03-04T13:00:00Z"}


def test_a_recovery_is_estimated_then_made_and_followed(house: House, program: Program) -> None:
    row = house.integration()
    failed(house, row, 3)
    query = f"since={WINDOW['since']}&until={WINDOW['until']}&integration_id={row.id}"
    assert program.get(f"/recoveries/estimate?{query}") == {"count": 3, "or_more": False}
    assert not Errand.objects.exists()
    answer = program.ask("POST", "/recoveries", WINDOW | {"integration_id": str(row.id), "state": "failed"})
    made = told(answer, 202)
    assert (made["kind"], made["state"], made["done"], made["total"]) == ("redeliver_many", "asked", 0, 3)
    assert made["since"] == WINDOW["since"]
    assert program.get(answer["Location"]) == made
    assert program.get("/recoveries")["data"] == [made]


def test_a_recovery_is_paused_resumed_and_cancelled(house: House, program: Program) -> None:
    failed(house, house.integration(), 1)
    made = told(program.ask("POST", "/recoveries", WINDOW), 202)
    states = [
        told(program.ask("POST", f"/recoveries/{made['id']}/{verb}"), 200)["state"]
        for verb in ("pause", "resume", "cancel")]
    assert states == ["paused", "asked", "cancelled"]
    assert program.get(f"/recoveries/{made['id']}")["finished_at"] is not None


@pytest.mark.parametrize(("body", "where"), [
    ({"since": "2026-03-04T14:00:00Z", "until": "2026-03-04T13:00:00Z"}, "since"),
    (WINDOW | {"state": "delivered"}, "state"),
    (WINDOW | {"integration_id": "00000000-0000-4000-8000-000000000000"}, "integration_id"),
    ({"since": "2026-03-04T14:00:00"}, "since"),
])
def test_what_cannot_be_recovered_is_refused_with_the_place(program: Program, body: dict[str, Any], where: str) -> None:
    assert [one["where"] for one in program.refused("POST", "/recoveries", body, status=422)["errors"]] == [where]


def test_a_limited_token_recovers_and_sees_what_is_its_own(
    house: House, world: World, make_program: MakeProgram, program: Program,
) -> None:
    row = house.integration()
    limited = make_program(services=(world.service.id,))
    assert limited.refused("POST", "/recoveries", WINDOW, status=422)["errors"][0]["where"] == "integration_id"
    own = told(limited.ask("POST", "/recoveries", WINDOW | {"integration_id": str(row.id)}), 202)
    all_ = told(program.ask("POST", "/recoveries", WINDOW), 202)
    assert [one["id"] for one in limited.get("/recoveries")["data"]] == [own["id"]]
    limited.refused("GET", f"/recoveries/{all_['id']}", status=404)
    limited.refused("POST", f"/recoveries/{all_['id']}/cancel", status=404)


def test_an_integration_is_enabled_and_catches_up(house: House, program: Program) -> None:
    row = house.integration()
    actions.disable(row, "Nothing but failures.")
    since = (timezone.now() - timedelta(hours=2)).isoformat(timespec="milliseconds")
    made = told(program.ask("POST", f"/integrations/{row.id}/enable", {"catch_up_from": since}), 200)
    assert made["enabled"]
    assert made["recovery"]["kind"] == "catch_up"
    args = json.loads(Errand.objects.get(kind="catch_up").args)
    assert (args["integration_id"], made["recovery"]["integration_id"]) == (str(row.id), str(row.id))
    plain = told(program.ask("POST", f"/integrations/{row.id}/enable"), 200)
    assert plain["recovery"] is None
    later = (timezone.now() + timedelta(hours=2)).isoformat()
    program.refused("POST", f"/integrations/{row.id}/enable", {"catch_up_from": later}, status=422)
