"""Integrations over the API: what the form can do, with secrets that go in and never come out."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from switchhook.domain.integration import BasicAuth
from switchhook.web.integrations.stored import opened
from switchhook.web.models import ConfigurationVersion, Errand, Integration, Service
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World
from tests.web.made_up import House

SECRETS = ("pa55word", "t0ken", "h3ader")


@pytest.fixture
def wanted(world: World) -> dict[str, Any]:
    return {
        "name": "CRM", "event_type": "call.inbound_answered", "service_id": str(world.service.id),
        "request_url": "https://crm.example.com/hook", "path_arguments": "/calls/{call_uuid}", "method": "POST",
        "format": "JSON", "authentication_type": "basic", "username": "ada", "password": "pa55word",
        "headers": [{"name": "X-Source", "value": "pbx"}, {"name": "X-Key", "value": "h3ader", "secret": True}],
        "body_keys": [{"key": "caller", "field": "source_number"}, {"key": "from", "text": "pbx"}],
        "timeout_seconds": 10, "max_in_flight": 4, "expiry_seconds": 3600,
    }


def _made(program: Program, wanted: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = told(program.ask("POST", "/integrations", wanted), 201)
    return made


def _order(made: dict[str, Any]) -> Any:
    return opened(Integration.objects.get(id=made["id"]), timezone.now()).integration


def test_what_is_created_is_in_force_and_seen_in_the_portal(
    world: World, program: Program, wanted: dict[str, Any], admin: Client,
) -> None:
    version = ConfigurationVersion.objects.get(id=1).version
    answer = program.ask("POST", "/integrations", wanted)
    made = told(answer, 201)
    secret = made.pop("signing_secret")
    assert secret.startswith("whsec_")
    assert program.get(answer["Location"]) == made
    assert program.get("/integrations")["data"] == [made]
    assert ConfigurationVersion.objects.get(id=1).version == version + 1
    order = _order(made)
    assert order.authentication == BasicAuth(username="ada", password="pa55word")
    assert [(one.name, one.value, one.secret) for one in order.headers] == [
        ("X-Source", "pbx", False), ("X-Key", "h3ader", True)]
    assert order.signing_secrets == (secret,)
    assert "CRM" in admin.get(f"/a/acme/pbx/{world.service.id}/integrations/").content.decode()


def test_no_secret_ever_comes_out(program: Program, wanted: dict[str, Any]) -> None:
    def check(answer: HttpResponse) -> Any:
        assert not any(secret in answer.content.decode() for secret in SECRETS)
        assert answer.content.decode().count("whsec_") == ("signing_secret" in answer.content.decode())
        return json.loads(answer.content)

    for more in ({}, {"authentication_type": "token", "token": "t0ken"}):
        made = check(program.ask("POST", "/integrations", wanted | more))
        one = f"/integrations/{made['id']}"
        for method, path, body in (
            ("GET", one, None), ("GET", "/integrations", None), ("GET", f"{one}/preview", None),
            ("PATCH", one, {"name": "Other"}), ("POST", f"{one}/disable", None), ("POST", f"{one}/enable", None),
            ("POST", f"{one}/duplicate", None), ("POST", f"{one}/rotate-secret", None), ("POST", f"{one}/test", None),
            ("PATCH", one, {"username": "a:b", "password": "pa55word\n", "token": "t0ken\n"}),
            ("PATCH", one, {"headers": [{"name": "X-Key", "value": "h3ader{x}", "secret": True}]}),
            ("PATCH", one, {"password": ["pa55word"], "token": {"t0ken": 1}}),
        ):
            check(program.ask(method, path, body))
    basic = program.get("/integrations")["data"]
    assert {"set": True} in [one["password"] for one in basic]


def test_a_change_leaves_what_it_does_not_name(program: Program, wanted: dict[str, Any]) -> None:
    made = _made(program, wanted)
    before = _order(made)
    changed = told(program.ask("PATCH", f"/integrations/{made['id']}", {"name": "CRM 2", "username": "ben"}), 200)
    assert (changed["name"], changed["username"]) == ("CRM 2", "ben")
    after = _order(made)
    assert after.authentication == BasicAuth(username="ben", password="pa55word")
    assert (after.headers, after.body_keys, after.signing_secrets) == (
        before.headers, before.body_keys, before.signing_secrets)


def test_a_secret_header_without_a_value_keeps_it_and_stays_secret(program: Program, wanted: dict[str, Any]) -> None:
    made = _made(program, wanted)
    one = f"/integrations/{made['id']}"
    told(program.ask("PATCH", one, {"headers": [{"name": "x-key"}, {"name": "Cookie", "value": "a=b"}]}), 200)
    assert [(each.name, each.value, each.secret) for each in _order(made).headers] == [
        ("x-key", "h3ader", True), ("Cookie", "a=b", True)]


def test_expiry_is_taken_back_by_null_and_signing_by_false(program: Program, wanted: dict[str, Any]) -> None:
    made = _made(program, wanted)
    changed = told(program.ask("PATCH", f"/integrations/{made['id']}", {"expiry_seconds": None, "signed": False}), 200)
    assert (changed["expiry_seconds"], changed["signed"]) == (None, False)


@pytest.mark.parametrize(("change", "where"), [
    ({"name": " "}, "name"),
    ({"request_url": "ftp://crm.example.com"}, "request_url"),
    ({"path_arguments": "/{ivr_name}"}, "path_arguments"),
    ({"event_type": "user.created"}, "event_type"),
    ({"event_type": "call.made_up"}, "event_type"),
    ({"method": "PUT"}, "method"),
    ({"username": "a:b"}, "username"),
    ({"authentication_type": "token"}, "token"),
    ({"headers": [{"name": "Host", "value": "x"}]}, "headers.0.name"),
    ({"headers": [{"name": "X-A", "value": "x\r\nX-B: y"}]}, "headers.0.value"),
    ({"headers": [{"name": "X-A", "valeu": "x"}]}, "headers.0.valeu"),
    ({"body_keys": [{"key": "a", "field": "ivr_name"}]}, "body_keys.0.field"),
    ({"body_keys": [{"key": "a", "field": "made_up"}]}, "body_keys.0.field"),
    ({"body_keys": [{"key": "a", "text": "x\0"}]}, "body_keys.0.text"),
    ({"timeout_seconds": 99}, "timeout_seconds"),
    ({"max_in_flight": 0}, "max_in_flight"),
    ({"expiry_seconds": 10**12}, "expiry_seconds"),
    ({"service_id": str(uuid4())}, "service_id"),
    ({"id": str(uuid4())}, "id"),
])
def test_a_mistake_is_said_with_its_place_and_nothing_is_saved(
    program: Program, wanted: dict[str, Any], change: dict[str, Any], where: str,
) -> None:
    found = program.refused("POST", "/integrations", wanted | change, status=422)
    assert where in [one["where"] for one in found["errors"]]
    assert not Integration.objects.exists()


def test_another_accounts_service_is_none(world: World, program: Program, wanted: dict[str, Any]) -> None:
    program.refused("POST", "/integrations", wanted | {"service_id": str(world.other_service.id)}, status=422)


def test_it_is_disabled_and_enabled(program: Program, wanted: dict[str, Any]) -> None:
    one = f"/integrations/{_made(program, wanted)['id']}"
    disabled = told(program.ask("POST", f"{one}/disable"), 200)
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "Disabled over the API by A program.")
    enabled = told(program.ask("POST", f"{one}/enable"), 200)
    assert (enabled["enabled"], enabled["disabled_reason"], enabled["disabled_at"]) == (True, "", None)


def test_it_may_be_made_disabled(program: Program, wanted: dict[str, Any]) -> None:
    assert _made(program, wanted | {"enabled": False})["enabled"] is False


def test_a_change_to_what_was_changed_meanwhile_is_refused(program: Program, wanted: dict[str, Any]) -> None:
    one = f"/integrations/{_made(program, wanted)['id']}"
    known = program.ask("GET", one)["ETag"]
    told(program.ask("POST", f"{one}/disable"), 200)
    program.refused("PATCH", one, {"name": "Mine"}, status=412, If_Match=known)
    program.refused("DELETE", one, status=412, If_Match=known)
    told(program.ask("DELETE", one, If_Match=program.ask("GET", one)["ETag"]), 204)
    program.refused("GET", one, status=404)


def test_a_new_signing_secret_is_told_once(program: Program, wanted: dict[str, Any]) -> None:
    made = _made(program, wanted)
    rotated = told(program.ask("POST", f"/integrations/{made['id']}/rotate-secret"), 200)
    assert _order(made).signing_secrets == (rotated["signing_secret"], made["signing_secret"])
    unsigned = _made(program, wanted | {"signed": False})
    assert unsigned["signing_secret"] is None
    found = program.refused("POST", f"/integrations/{unsigned['id']}/rotate-secret", status=409)
    assert found["code"] == "not_signed"


def test_a_test_is_an_errand_that_can_be_watched(world: World, program: Program, wanted: dict[str, Any]) -> None:
    made = _made(program, wanted)
    answer = program.ask("POST", f"/integrations/{made['id']}/test")
    errand = told(answer, 202)
    assert (errand["kind"], errand["state"]) == ("send_test", "asked")
    Errand.objects.update(state="done", result='{"delivery_id": "x"}')
    seen = program.get(answer["Location"])
    assert (seen["id"], seen["state"], seen["result"]) == (errand["id"], "done", {"delivery_id": "x"})


def test_a_preview_shows_the_exact_request_of_an_example_or_an_event(
    world: World, program: Program, wanted: dict[str, Any],
) -> None:
    one = f"/integrations/{_made(program, wanted)['id']}"
    shown = program.get(f"{one}/preview")
    assert shown["http"].startswith("POST /hook/calls/8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77 HTTP/1.1\nHost: crm")
    assert "X-Key: ••••" in shown["http"]
    event = House(world).event()
    assert '"caller": "12025550171"' in program.get(f"{one}/preview?event_id={event.id}")["http"]
    program.refused("GET", f"{one}/preview?event_id={uuid4()}", status=422)


def test_integrations_are_found_by_service_event_and_state(
    world: World, program: Program, wanted: dict[str, Any],
) -> None:
    calls = _made(program, wanted)
    users = _made(program, {"name": "HR", "event_type": "user.created", "request_url": "https://hr.example.com/"})
    for query, found in (
        ("", {calls["id"], users["id"]}), (f"service_id={world.service.id}", {calls["id"]}),
        ("event_type=user.created", {users["id"]}), ("enabled=false", set()),
    ):
        assert {one["id"] for one in program.get(f"/integrations?{query}")["data"]} == found
    first = program.get("/integrations?limit=1")
    second = program.get(f"/integrations?limit=1&cursor={first['next']}")
    assert {one["id"] for one in first["data"] + second["data"]} == {calls["id"], users["id"]}
    assert second["next"] is None


def test_a_limited_token_has_to_do_with_its_services_alone(
    world: World, program: Program, make_program: MakeProgram, wanted: dict[str, Any],
) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0009")
    limited = make_program(services=(second.id,))
    made = _made(program, wanted)
    users = {"name": "HR", "event_type": "user.created", "request_url": "https://hr.example.com/"}
    of_account = _made(program, users)
    assert limited.get("/integrations")["data"] == []
    for each in (made, of_account):
        for method, rest in (
            ("GET", ""), ("GET", "/preview"), ("DELETE", ""), ("PATCH", ""), ("POST", "/enable"), ("POST", "/disable"),
            ("POST", "/duplicate"), ("POST", "/rotate-secret"), ("POST", "/test"),
        ):
            body = {} if method == "PATCH" else None
            limited.refused(method, f"/integrations/{each['id']}{rest}", body, status=404)
    limited.refused("POST", "/integrations", wanted, status=422)
    limited.refused("POST", "/integrations", users, status=422)
    own = _made(limited, wanted | {"service_id": str(second.id)})
    errand = told(limited.ask("POST", f"/integrations/{own['id']}/test"), 202)
    limited.get(f"/errands/{errand['id']}")
    others = told(program.ask("POST", f"/integrations/{made['id']}/test"), 202)
    limited.refused("GET", f"/errands/{others['id']}", status=404)


FILTERS = [
    {"filter": "extension", "match": "one_of", "values": ["201", "210-219"]},
    {"filter": "business_hours", "match": "inside", "days": ["mon", "fri"], "begins": "09:00", "ends": "17:30"},
]


def test_filters_come_back_as_they_were_sent_and_an_empty_list_removes_them(
    program: Program, wanted: dict[str, Any],
) -> None:
    made = _made(program, wanted | {"filters": FILTERS})
    assert [{name: value for name, value in one.items() if value is not None} for one in made["filters"]] == FILTERS
    again = told(program.ask("PATCH", f"/integrations/{made['id']}", {"filters": made["filters"]}), 200)
    assert again["filters"] == made["filters"]
    assert told(program.ask("PATCH", f"/integrations/{made['id']}", {"filters": []}), 200)["filters"] == []


@pytest.mark.parametrize(("one", "says"), [
    ({"filter": "option", "match": "one_of", "values": ["1"]}, "Inbound Call Answered cannot be filtered by Option."),
    ({"filter": "source", "match": "inside", "values": ["1"]}, "one_of or none_of for everything else"),
    ({"filter": "source", "match": "one_of"}, "needs values"),
    ({"filter": "business_hours", "match": "inside", "days": ["mon"], "begins": "9"}, "pattern"),
    ({"filter": "colour", "match": "one_of", "values": ["red"]}, "extension"),
])
def test_a_filter_that_cannot_be_is_refused_with_the_reason(
    program: Program, wanted: dict[str, Any], one: dict[str, Any], says: str,
) -> None:
    problem = program.refused("POST", "/integrations", wanted | {"filters": [one]}, status=422)
    assert problem["errors"][0]["where"].startswith("filters.0")
    assert says in problem["errors"][0]["message"]


def test_the_preview_tells_what_the_filters_let_through(
    world: World, program: Program, wanted: dict[str, Any],
) -> None:
    House(world).event(number=1)
    made = _made(program, wanted | {"filters": [{"filter": "extension", "match": "none_of", "values": ["2*"]}]})
    assert program.get(f"/integrations/{made['id']}/preview")["passing"] == {"looked_at": 1, "passed": 0}
