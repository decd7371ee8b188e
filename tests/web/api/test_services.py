"""A PBX over the API: how it is, how its calls are read, and its intake."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from switchhook.web.models import ConnectionState, Gap, Service
from switchhook.web.secrets import token_hash
from tests.web.api.conftest import Program, told
from tests.web.conftest import World


@pytest.fixture
def one(world: World) -> str:
    return f"/services/{world.service.id}"


def test_it_is_told_how_the_connection_is_and_when_it_was_not(one: str, program: Program, world: World) -> None:
    now_ms = int(time.time() * 1000)
    ConnectionState.objects.create(
        connection_id=world.connection.id, state="silent", since_ms=now_ms, detail="No message for 30 s.", messages=7,
        reconnects=2, unclaimed=0)
    Gap.objects.create(id=uuid4(), connection_id=world.connection.id, begin_ms=now_ms - 9000, end_ms=now_ms - 4000,
                       reason="The connection broke.", partial_calls=1)
    health = program.get(f"{one}/health")
    assert (health["state"], health["words"], health["messages"], health["reconnects"]) == (
        "warn", "PBX is silent", 7, 2)
    assert [(gap["reason"], gap["partial_calls"]) for gap in health["gaps"]] == [("The connection broke.", 1)]
    assert health["engine_runs"] is False


def test_how_calls_are_read_is_changed_list_by_list(one: str, program: Program, world: World) -> None:
    before = program.get(f"{one}/reading")
    change = {"trunks": ["provider*", "DAHDI/i1"], "menus": [{"context": "ivr-1", "name": " Main "}]}
    after = told(program.ask("PATCH", f"{one}/reading", change), 200)
    assert after == before | {"trunks": ["provider*", "DAHDI/i1"], "menus": [{"context": "ivr-1", "name": "Main"}]}
    assert Service.objects.get(id=world.service.id).menus == [["ivr-1", "Main"]]


@pytest.mark.parametrize(("change", "where"), [
    ({"menus": [{"context": "ivr-1"}, {"context": "ivr-1"}]}, "menus.1.context"),
    ({"trunks": ["two\nlines"]}, "trunks.0"), ({"trunks": [""]}, "trunks.0"), ({"queues": []}, "queues"),
])
def test_what_cannot_be_read_so_is_refused(one: str, program: Program, change: object, where: str) -> None:
    assert program.refused("PATCH", f"{one}/reading", change, status=422)["errors"][0]["where"] == where


def test_who_knows_another_reading_changes_nothing(one: str, program: Program) -> None:
    known = program.ask("GET", f"{one}/reading")["ETag"]
    told(program.ask("PATCH", f"{one}/reading", {"trunks": ["provider*"]}), 200)
    found = program.refused("PATCH", f"{one}/reading", {"trunks": []}, status=412, If_Match=known)
    assert found["code"] == "changed_meanwhile"


def test_an_intake_token_is_told_once_and_taken_away(one: str, program: Program, world: World) -> None:
    made = told(program.ask("POST", f"{one}/intake-token"), 201)
    assert made["url"].endswith(f"/v1/services/{world.service.id}/events")
    assert Service.objects.get(id=world.service.id).intake_token_hash == token_hash(made["token"])
    told(program.ask("DELETE", f"{one}/intake-token"), 204)
    assert Service.objects.get(id=world.service.id).intake_token_hash == ""
