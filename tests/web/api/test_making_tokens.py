"""API tokens over the API: made, listed, revoked; and never more than the token has that makes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from switchhook.web.members.models import Role
from switchhook.web.models import ApiToken, AuditEntry, Member, Service
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World

DIRECTORY = {"name": "Directory", "scopes": ["read", "users"]}


def made(maker: Program, wanted: dict[str, Any]) -> Program:
    answer = told(maker.ask("POST", "/tokens", wanted), 201)
    return Program(ApiToken.objects.get(id=answer["id"]), answer["token"])


def test_a_token_makes_another_which_is_told_once(make_program: MakeProgram) -> None:
    maker = make_program(of_account=True)
    answer = told(maker.ask("POST", "/tokens", DIRECTORY), 201)
    assert (answer["name"], answer["scopes"], answer["owner"]) == ("Directory", ["read", "users"], None)
    assert answer["token"].startswith(answer["begins_with"])
    listed = maker.get("/tokens")
    assert [one["name"] for one in listed["data"]].count("Directory") == 1
    assert answer["token"] not in str(listed)
    child = Program(ApiToken.objects.get(id=answer["id"]), answer["token"])
    assert child.get("/token")["scopes"] == ["read", "users"]
    assert child.refused("POST", "/tokens", DIRECTORY, status=403)["scope"] == "tokens"
    [after] = [one for one in maker.get("/tokens")["data"] if one["id"] == answer["id"]]
    assert after["last_used_at"] is not None


def test_it_is_limited_to_services_and_ends(world: World, program: Program) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0009")
    until = (timezone.now() + timedelta(days=1)).isoformat()
    child = made(program, DIRECTORY | {"service_ids": [str(second.id)], "expires_at": until})
    assert [one["name"] for one in child.get("/services")["data"]] == ["pbx-0009"]
    ApiToken.objects.filter(id=child.token.id).update(expires_at=timezone.now())
    assert child.refused("GET", "/services", status=401)["code"] == "token_expired"


@pytest.mark.parametrize(("more", "where"), [
    ({"scopes": ["read", "members"]}, "scopes.1"),
    ({"scopes": []}, "scopes"),
    ({"scopes": ["everything"]}, "scopes.0"),
    ({"service_ids": []}, "service_ids"),
    ({"expires_at": None}, ""),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
    ({"of_account": True}, "of_account"),
])
def test_it_never_has_more_than_the_one_that_makes_it(
    more: dict[str, Any], where: str, make_program: MakeProgram,
) -> None:
    ends = timezone.now() + timedelta(days=30)
    maker = make_program(Scope.READ, Scope.USERS, Scope.TOKENS, expires_at=ends)
    if not where:  # what names no end ends with its maker
        assert made(maker, DIRECTORY | more).token.expires_at == ends
        return
    found = maker.refused("POST", "/tokens", DIRECTORY | more, status=422)
    assert found["errors"][0]["where"] == where


def test_a_foreign_service_is_none(world: World, program: Program) -> None:
    found = program.refused(
        "POST", "/tokens", DIRECTORY | {"service_ids": [str(world.other_service.id)]}, status=422)
    assert found["errors"] == [{"where": "service_ids.0", "message": "There is no such service."}]


def test_what_a_members_token_makes_is_the_members_and_ends_with_them(world: World, program: Program) -> None:
    child = made(program, DIRECTORY)
    assert child.get("/token")["owner"] == "admin@example.com"
    Member.objects.filter(person=world.admin).delete()
    assert child.refused("GET", "/services", status=401)["code"] == "token_orphaned"


def test_what_a_limited_token_would_make_is_refused(world: World, make_program: MakeProgram) -> None:
    limited = make_program(services=(world.service.id,), of_account=True)
    assert limited.refused("POST", "/tokens", DIRECTORY, status=403)["code"] == "limited"
    assert limited.refused("GET", "/tokens", status=403)["code"] == "limited"


def test_a_token_is_revoked_by_another_or_by_itself(world: World, program: Program) -> None:
    child = made(program, DIRECTORY)
    assert program.ask("DELETE", f"/tokens/{child.token.id}").status_code == 204
    assert child.refused("GET", "/services", status=401)["code"] == "token_revoked"
    assert program.ask("DELETE", f"/tokens/{program.token.id}").status_code == 204
    assert program.refused("GET", "/services", status=401)["code"] == "token_revoked"


def test_the_log_names_a_token_of_the_account_that_did_something(
    world: World, make_program: MakeProgram,
) -> None:
    program = make_program(of_account=True)
    told(program.ask("PATCH", f"/services/{world.service.id}/users/201", {"name": "Ada New"}), 200)
    entry = AuditEntry.objects.get(kind="user", via="api")
    assert (entry.who, entry.person_id, entry.via) == ("API token A program", None, "api")
    assert entry.token == f"A program ({program.token.prefix}…)"


def test_a_token_of_the_account_asks_the_engine_and_finds_what_it_asked(
    world: World, make_program: MakeProgram,
) -> None:
    program = make_program(of_account=True, services=(world.service.id,))
    asked = program.ask("POST", f"/services/{world.service.id}/test-calls", {"kind": "survey"})
    assert asked.status_code == 202
    assert program.get(asked["Location"])["state"] == "asked"
    other = make_program(of_account=True, services=(world.service.id,))
    assert other.refused("GET", asked["Location"], status=404)


def test_a_member_who_becomes_a_viewer_makes_no_more(world: World, program: Program) -> None:
    Member.objects.filter(person=world.admin).update(role=Role.VIEWER)
    assert program.refused("POST", "/tokens", DIRECTORY, status=403)["code"] == "role_missing"
