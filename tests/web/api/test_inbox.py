"""The request inbox over the API."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from switchhook.web.inbox.actions import inbox_of
from switchhook.web.models import InboxRequest
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World


def _got(world: World, at_ms: int, **more: Any) -> None:
    InboxRequest.objects.create(**{
        "id": uuid4(), "inbox_id": inbox_of(world.account).id, "at_ms": at_ms, "method": "POST", "url": "/hook?a=b",
        "headers": json.dumps([["Authorization", "Bearer made-up"], ["X-Call", "7"]]), "body": b'{"caller":"\xff"}',
        "body_truncated": False, "answered_status": 200} | more)


def test_what_it_got_is_told_the_newest_first_without_credentials(program: Program, world: World) -> None:
    _got(world, 1_000)
    _got(world, 2_000, method="GET", body=b"")
    newest, oldest = program.get("/inbox/requests")["data"]
    assert (newest["method"], newest["body"], newest["at"]) == ("GET", "", "1970-01-01T00:00:02Z")
    assert oldest["headers"] == [["Authorization", "••••"], ["X-Call", "7"]]
    assert (oldest["body"], oldest["signature_good"]) == ('{"caller":"\ufffd"}', False)
    assert len(program.get("/inbox/requests?limit=1")["data"]) == 1
    told(program.ask("DELETE", "/inbox/requests"), 204)
    assert program.get("/inbox/requests")["data"] == []


def test_it_answers_as_it_is_told(program: Program, world: World) -> None:
    before = program.get("/inbox")
    assert before["url"].endswith(str(inbox_of(world.account).id))
    after = told(program.ask("PATCH", "/inbox", {"answer_status": 503}), 200)
    assert after == before | {"answer_status": 503}
    assert inbox_of(world.account).answer_status == 503


@pytest.mark.parametrize("change", [{"answer_status": 99}, {"answer_delay_ms": 10_001}, {"answer_status": "200"}])
def test_what_no_server_answers_is_refused(program: Program, change: object) -> None:
    assert program.refused("PATCH", "/inbox", change, status=422)["errors"]


def test_a_limited_token_has_no_inbox(make_program: MakeProgram, world: World) -> None:
    limited = make_program(services=(world.service.id,))
    for method, path in (("GET", "/inbox"), ("GET", "/inbox/requests"), ("DELETE", "/inbox/requests")):
        limited.refused(method, path, status=404)
