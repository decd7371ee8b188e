"""Every operation of the OpenAPI document, asked by everybody who may not."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.web.api.v1 import api
from switchhook.web.members.models import Role
from switchhook.web.models import Member
from switchhook.web.tokens.actions import revoke
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, Program, problem
from tests.web.conftest import World

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
OPERATIONS = sorted(
    (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods)


def _operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def _scope(method: str, path: str) -> str:
    [security] = _operation(method, path)["security"]
    [scope] = security["Bearer"]
    return str(scope)


def _filled(path: str, world: World) -> str:
    path = path.replace("{service_id}", str(world.service.id)).replace("{user}", "201")
    path = path.replace("{event_type}", "user.created").replace("{number}", "1")
    return re.sub(r"\{\w+\}", str(uuid4()), path)


def test_the_document_of_what_is_sent_is_open_to_all_too() -> None:
    answer = Client().get("/api/v1/asyncapi.json")
    assert answer.json()["channels"].keys() == {one.value for one in EventType}


#: What viewers do not even read.
OF_ADMINS = {"/api/v1/audit", "/api/v1/members", "/api/v1/invitations", "/api/v1/tokens"}

walk = pytest.mark.parametrize(("method", "path"), OPERATIONS)


def test_the_document_is_open_to_all_and_names_every_operation_once() -> None:
    document = json.loads(Client().get("/api/v1/openapi.json").content)
    assert document["openapi"].startswith("3.1")
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    assert set(document["components"]["securitySchemes"]) == {"Bearer"}


@walk
def test_nothing_changes_by_the_scope_read(method: str, path: str) -> None:
    assert (_scope(method, path) in (Scope.READ, Scope.RECORDINGS)) == (method == "GET")


@walk
def test_without_a_token_that_works_nothing_is_told(
    method: str, path: str, world: World, make_program: MakeProgram, as_person: Any,
) -> None:
    url = _filled(path, world)
    expired = make_program(expires_at=timezone.now() - timedelta(seconds=1))
    revoked = make_program()
    revoke(revoked.token)
    unknown = Program(revoked.token, "swh_made-up")
    for found, code in (
        (problem(Client().generic(method, url), 401), "unauthenticated"),
        (problem(as_person(world.admin).generic(method, url), 401), "unauthenticated"),  # a session is no token
        (unknown.refused(method, url, status=401), "token_unknown"),
        (expired.refused(method, url, status=401), "token_expired"),
        (revoked.refused(method, url, status=401), "token_revoked"),
    ):
        assert found["code"] == code


@walk
def test_a_token_without_the_scope_is_told_which(
    method: str, path: str, world: World, make_program: MakeProgram,
) -> None:
    scope = _scope(method, path)
    others = make_program(*(one for one in Scope if one.value != scope))
    found = others.refused(method, _filled(path, world), {} if method in ("POST", "PATCH", "PUT") else None, status=403)
    assert (found["code"], found["scope"]) == ("scope_missing", scope)


@walk
def test_a_token_of_another_account_finds_nothing(
    method: str, path: str, world: World, make_program: MakeProgram,
) -> None:
    other = make_program(person=world.stranger, account=world.other_account)
    answer = other.ask(method, _filled(path, world), {} if method in ("POST", "PATCH", "PUT") else None)
    assert b"Acme" not in answer.content
    assert str(world.service.id).encode() not in answer.content
    if "_id}" in path or "{user}" in path:
        assert answer.status_code in (404, 422)


@walk
def test_a_viewers_token_only_reads(method: str, path: str, world: World, make_program: MakeProgram) -> None:
    viewer = make_program(person=world.viewer)
    answer = viewer.ask(method, _filled(path, world), {} if method in ("POST", "PATCH", "PUT") else None)
    assert (answer.status_code == 403) == (method != "GET" or path in OF_ADMINS)


@walk
def test_a_token_ends_with_its_makers_membership(
    method: str, path: str, world: World, make_program: MakeProgram,
) -> None:
    orphan = make_program()
    Member.objects.filter(person=world.admin, account=world.account).delete()
    assert orphan.refused(method, _filled(path, world), status=401)["code"] == "token_orphaned"


@walk
def test_a_token_of_the_account_outlives_its_makers_membership(
    method: str, path: str, world: World, make_program: MakeProgram,
) -> None:
    stays = make_program(of_account=True)
    world.admin.delete()
    answer = stays.ask(method, _filled(path, world), {} if method in ("POST", "PATCH", "PUT") else None)
    assert answer.status_code not in (401, 403, 500)


def test_a_demoted_makers_token_is_demoted_too(world: World, program: Program) -> None:
    Member.objects.filter(person=world.admin).update(role=Role.VIEWER)
    program.get("/services")
    found = program.refused("DELETE", f"/services/{world.service.id}/users/201", status=403)
    assert found["code"] == "role_missing"
