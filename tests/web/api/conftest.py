"""A program that uses the API: a client with a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from switchhook.web.members.models import Role
from switchhook.web.models import Account, ApiToken, Person
from switchhook.web.tenancy import Access
from switchhook.web.tokens.actions import make_token
from switchhook.web.tokens.models import Scope
from tests.web.conftest import World


@dataclass(frozen=True, slots=True)
class Program:
    """A program with a token: asks below /api/v1 and gets JSON."""

    token: ApiToken
    text: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        path = path if path.startswith("/api/") else f"/api/v1{path}"
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().generic(method, path, **sent, headers={"Authorization": f"Bearer {self.text}"} | names)

    def get(self, path: str, **headers: str) -> Any:
        return told(self.ask("GET", path, **headers), 200)

    def refused(self, method: str, path: str, body: Any = None, *, status: int, **headers: str) -> dict[str, Any]:
        """The problem that it is answered with."""
        return problem(self.ask(method, path, body, **headers), status)


def told(response: HttpResponse, status: int) -> Any:
    assert response.status_code == status, response.content
    return json.loads(response.content) if response.content else None


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """A problem of that status, whole."""
    assert response["Content-Type"] == "application/problem+json", response.content
    found: dict[str, Any] = told(response, status)
    assert found["status"] == status
    assert found["type"] == f"urn:switchhook:problem:{found['code']}"
    assert found["request_id"] == response["X-Request-Id"]
    return found


MakeProgram = Callable[..., Program]


@pytest.fixture
def make_program(world: World) -> MakeProgram:
    """Makes a program; without words it may do everything in the world's first account."""

    def make(
        *scopes: Scope, person: Person | None = None, account: Account | None = None, services: tuple[UUID, ...] = (),
        expires_at: datetime | None = None, of_account: bool = False,
    ) -> Program:
        access = Access(person or world.admin, account or world.account, Role.ADMIN)
        token, text = make_token(
            access, "A program", scopes or tuple(Scope), services=services, expires_at=expires_at,
            of_account=of_account)
        return Program(token, text)

    return make


@pytest.fixture
def program(make_program: MakeProgram) -> Program:
    return make_program()
