"""Tests asked for over the API: events and whole calls that are made up."""

from __future__ import annotations

import json

import pytest

from switchhook.pbx.made_up_calls import MadeUp
from switchhook.web.api.testing import CallKind
from switchhook.web.models import Errand, Service
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World


@pytest.mark.parametrize(("path", "body", "kind"), [
    ("test-events", {"event_type": "ivr.option_selected"}, "test_event"),
    ("test-calls", {"kind": "survey"}, "test_call"),
])
def test_the_engine_is_asked(
    program: Program, world: World, path: str, body: dict[str, str], kind: str,
) -> None:
    answer = program.ask("POST", f"/services/{world.service.id}/{path}", body)
    errand = told(answer, 202)
    assert (errand["kind"], errand["state"]) == (kind, "asked")
    assert json.loads(Errand.objects.get().args) == {"service_id": str(world.service.id), **body}
    assert program.get(answer["Location"])["id"] == errand["id"]


def test_a_limited_token_does_not_see_the_tests_of_other_pbxs(
    program: Program, make_program: MakeProgram, world: World,
) -> None:
    branch = Service.objects.create(account=world.account, name="pbx-0003")
    limited = make_program(services=(branch.id,))
    answer = program.ask("POST", f"/services/{world.service.id}/test-calls", {"kind": "menu"})
    assert limited.refused("GET", answer["Location"], status=404)
    assert limited.refused("POST", f"/services/{world.service.id}/test-calls", {"kind": "menu"}, status=404)


def test_every_kind_of_call_that_can_be_made_up_can_be_asked_for() -> None:
    assert set(CallKind.__args__) == {one.value for one in MadeUp}
