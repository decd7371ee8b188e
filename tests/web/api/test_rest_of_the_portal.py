"""What the portal has beside its lists, over the API: the account, detecting, where users come from, previews."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.domain.signing import signatures
from switchhook.web.api.etags import HEED_MATCH
from switchhook.web.api.examples import BODIES
from switchhook.web.integrations import actions
from switchhook.web.models import Account, DirectoryState, Errand, Integration, Service
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.api.test_examples import OPERATIONS
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_detecting import FOUND
from tests.web.test_failures import failure
from tests.web.test_figures import hour

NEW: dict[str, Any] = {
    "name": "CRM", "event_type": "call.inbound_received", "request_url": "https://crm.example.com/hook",
    "body_keys": [{"key": "caller", "field": "source_number"}], "authentication_type": "token",
    "token": "not-to-be-seen"}


def test_an_account_asks_for_a_second_factor(world: World, program: Program) -> None:
    first = program.ask("GET", "/account")
    account = json.loads(first.content)
    assert (account["slug"], account["time_zone"], account["second_factor_required"]) == (
        "acme", "Australia/Sydney", False)
    told(program.ask("PATCH", "/account", {"second_factor_required": True}, If_Match=first["ETag"]), 200)
    assert Account.objects.get(id=world.account.id).second_factor_required
    program.refused("PATCH", "/account", {"second_factor_required": False}, status=412, If_Match=first["ETag"])
    program.refused("PATCH", "/account", {"name": "Another"}, status=422)


def test_a_pbx_is_asked_what_it_has(world: World, program: Program, make_program: MakeProgram) -> None:
    asked = program.ask("POST", f"/services/{world.service.id}/detections")
    assert asked.status_code == 202
    Errand.objects.update(state="done", result=json.dumps(FOUND.as_json()))
    result = program.get(asked["Location"])["result"]
    assert {one["device"] for one in result["trunks"]} == {one.device for one in FOUND.trunks}
    program.refused("GET", asked["Location"].replace("/errands/", "/recoveries/"), status=404)
    stranger = make_program(person=world.stranger, account=world.other_account)
    assert stranger.refused("GET", asked["Location"], status=404)


def test_what_carries_others_calls_or_is_fed_by_intake_is_not_asked(world: World, program: Program) -> None:
    Service.objects.filter(id=world.other_service.id).update(connection=world.connection)
    found = program.refused("POST", f"/services/{world.service.id}/detections", status=403)
    assert found["code"] == "others_too"
    source = f"/services/{world.service.id}/user-source"
    assert program.refused("PUT", source, {"source": "freepbx"}, status=403)["code"] == "others_too"
    Service.objects.filter(id=world.service.id).update(connection=None)
    found = program.refused("POST", f"/services/{world.service.id}/detections", status=409)
    assert found["code"] == "not_connected"
    assert not Errand.objects.exists()


def test_users_come_from_the_pbx_and_from_here_again(world: World, program: Program) -> None:
    source = f"/services/{world.service.id}/user-source"
    assert program.get(source)["possible"] == ["portal", "freepbx", "voicemail"]
    changed = told(program.ask("PUT", source, {"source": "voicemail", "scope": "default"}), 200)
    assert (changed["source"], changed["scope"], changed["read_at"]) == ("voicemail", "default", None)
    assert told(program.ask("PUT", source, {"source": "portal", "scope": "x"}), 200)["scope"] == ""
    found = program.refused("PUT", source, {"source": "freeswitch"}, status=422)
    assert found["errors"][0]["where"] == "source"


def test_users_who_are_missing_on_the_pbx_are_confirmed_to_be_gone(world: World, program: Program) -> None:
    Service.objects.filter(id=world.service.id).update(directory_source="freepbx")
    state = DirectoryState.objects.create(
        service_id=world.service.id, source="freepbx", scope="", imported_at_ms=1, read_at_ms=1, tried_at_ms=1, users=2,
        problem="", held='["201", "202"]')
    source = f"/services/{world.service.id}/user-source"
    assert program.get(source)["missing"] == ["201", "202"]
    some = told(program.ask("POST", f"{source}/gone", {"extension_numbers": ["201", "999"]}), 200)
    assert some["missing"] == ["201", "202"]
    assert told(program.ask("POST", f"{source}/gone", {"extension_numbers": ["201", "202"]}), 200)["missing"] == []
    state.refresh_from_db()
    assert json.loads(state.confirmed) == ["201", "202"]


def test_an_integration_is_previewed_before_it_is_created(world: World, program: Program) -> None:
    wanted = NEW | {"service_id": str(world.service.id)}
    shown = told(program.ask("POST", "/integrations/preview", wanted), 200)
    assert "POST /hook" in shown["http"]
    assert '"caller"' in shown["http"]
    assert "webhook-signature" in shown["http"].lower()
    assert "not-to-be-seen" not in json.dumps(shown)
    event = House(world).event(EventType.INBOUND_RECEIVED)
    real = told(program.ask("POST", "/integrations/preview", wanted | {"event_id": str(event.id)}), 200)
    assert real["http"] != shown["http"]
    found = program.refused("POST", "/integrations/preview", wanted | {"request_url": "nowhere"}, status=422)
    assert found["errors"][0]["where"] == "request_url"
    assert not Integration.objects.exists()


def test_it_is_said_why_a_signature_fails(world: World, program: Program) -> None:
    created = told(program.ask("POST", "/integrations", NEW | {"service_id": str(world.service.id)}), 201)
    now, secret = int(timezone.now().timestamp()), created["signing_secret"]
    signature = signatures([secret], message_id="msg_1", timestamp=now, payload=b'{"a":1}')
    sent = f"POST /hook HTTP/1.1\nwebhook-id: msg_1\nwebhook-timestamp: {now}\nwebhook-signature: {signature}\n\n"
    url = f"/integrations/{created['id']}/signature-checks"
    good = told(program.ask("POST", url, {"request": sent + '{"a":1}', "secret": secret}), 200)
    assert good["good"] is True
    assert good["secret"] == "Your receiver has the right secret."
    changed = told(program.ask("POST", url, {"request": sent + '{"a": 1}'}), 200)
    assert "written differently" in " ".join([changed["said"], *changed["more"]])
    assert program.refused("POST", url, {"request": "hello"}, status=422)["errors"][0]["where"] == "request"


def test_how_an_integration_does_is_told_with_what_it_failed_of(world: World, make_program: MakeProgram) -> None:
    row = House(world).integration()
    for hours_ago in range(3):
        hour(row, hours_ago, delivered=9, failed=1)
    failure(row, "503", 3)
    found = make_program(Scope.READ).get(f"/integrations/{row.id}/health")
    assert (found["delivered"], found["failed"], found["success_percent"]) == (27, 3, 90.0)
    assert len(found["hours"]) == 24
    [group] = found["failures"]
    assert (group["answer"], group["count"]) == ("503", 3)
    assert group["advice"]
    actions.delete(row)
    make_program().refused("GET", f"/integrations/{row.id}/health", status=404)


@pytest.mark.parametrize("name", sorted(HEED_MATCH))
def test_what_says_that_it_heeds_if_match_does(name: str, world: World, program: Program) -> None:
    there = {"service_id": world.service.id, "user": "201", "integration_id": House(world).integration().id}
    method, path, operation = OPERATIONS[name]
    assert "If-Match" in [one["name"] for one in operation["parameters"]]
    sent = BODIES.get(name)
    program.refused(method, path.format_map(there), sent, status=412, If_Match='"another"')
    answer = program.ask("GET", path.format_map(there))
    assert program.ask(method, path.format_map(there), sent, If_Match=answer["ETag"]).status_code in (200, 204)
