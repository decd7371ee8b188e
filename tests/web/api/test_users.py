"""Services and users over the API: what a program sees, and what its changes tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from switchhook.web.models import Errand, PbxUser, Service
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World

CORA = {"extension_number": "203", "name": "Cora Placeholder", "enabled_calls": ["Mobile", "Local"]}


def _users(world: World, *rest: str) -> str:
    return "/".join([f"/services/{world.service.id}/users", *rest])


def _told() -> list[dict[str, Any]]:
    return [json.loads(one.args) for one in Errand.objects.order_by("created_at_ms", "id")]


def test_a_list_of_service_uuids_can_be_obtained(world: World, program: Program) -> None:
    [service] = program.get("/services")["data"]
    assert service == {
        "id": str(world.service.id), "name": "pbx-0001", "friendly_name": "Head Office", "platform": "asterisk",
        "applications_enabled": True, "users_from": "portal", "country": "", "connection": "Not connected yet",
        "connection_state": "neutral"}
    assert program.get(f"/services/{world.service.id}") == service


def test_a_service_is_renamed_and_its_applications_switched(world: World, program: Program) -> None:
    path = f"/services/{world.service.id}"
    answer = program.ask("PATCH", path, {"friendly_name": " Branch ", "applications_enabled": False})
    changed = told(answer, 200)
    assert (changed["friendly_name"], changed["applications_enabled"]) == ("Branch", False)
    row = Service.objects.get(id=world.service.id)
    assert (row.friendly_name, row.applications_enabled) == ("Branch", False)


def test_a_created_user_is_seen_in_the_portal_and_told_of(world: World, program: Program, admin: Client) -> None:
    answer = program.ask("POST", _users(world), CORA)
    user = told(answer, 201)
    assert user["enabled_calls"] == ["Local", "Mobile"]
    assert program.get(answer["Location"]) == user
    assert "Cora Placeholder" in admin.get(f"/a/acme/pbx/{world.service.id}/users/").content.decode()
    [one] = _told()
    assert (one["type"], one["user"]["id"]) == ("user.created", user["id"])
    assert Errand.objects.get().asked_by == world.admin.id


def test_a_user_is_found_and_modified_by_extension_number(world: World, program: Program) -> None:
    user = program.get(_users(world, "201"))
    assert user == program.get(_users(world, user["id"]))
    changed = told(program.ask("PATCH", _users(world, "201"), {"name": "Ada New"}), 200)
    assert changed["name"] == "Ada New"
    assert changed["outbound_phone_number"] == user["outbound_phone_number"]
    [one] = _told()
    assert (one["type"], one["before"]["name"]) == ("user.modified", "Ada Example")


def test_an_extension_may_have_signs_that_urls_do_not_like(world: World, program: Program) -> None:
    told(program.ask("POST", _users(world), {**CORA, "extension_number": "*9#"}), 201)
    assert program.get(_users(world, "*9%23"))["extension_number"] == "*9#"


def test_a_change_that_changes_nothing_tells_nobody(world: World, program: Program) -> None:
    told(program.ask("PATCH", _users(world, "201"), {"name": "Ada Example"}), 200)
    assert _told() == []


def test_a_deleted_user_is_gone_and_told_of(world: World, program: Program) -> None:
    told(program.ask("DELETE", _users(world, "201")), 204)
    program.refused("GET", _users(world, "201"), status=404)
    assert [one["type"] for one in _told()] == ["user.deleted"]


@pytest.mark.parametrize(("change", "where", "words"), [
    ({"extension_number": "20a"}, "extension_number", "An extension number has digits, * and # only."),
    ({"extension_number": "202"}, "extension_number", "Another user of this PBX has the extension 202."),
    ({"name": ""}, "name", "This field is required."),
    ({"name": "x\0"}, "name", "Remove the NUL"),
    ({"name": 7}, "name", "“name” should be a string."),
    ({"enabled_calls": ["Interstellar"]}, "enabled_calls.0", "“enabled_calls” should be 'Local'"),
    ({"nmae": "Ada"}, "nmae", "There is no “nmae” here."),
])
def test_what_is_wrong_is_said_with_its_place(
    world: World, program: Program, change: dict[str, Any], where: str, words: str,
) -> None:
    found = program.refused("POST", _users(world), CORA | change, status=422)
    assert found["code"] == "invalid"
    [error] = found["errors"]
    assert error["where"] == where
    assert error["message"].startswith(words)
    assert world.service.users.count() == 2
    assert _told() == []


def test_users_are_found_as_in_the_portals_list(world: World, program: Program) -> None:
    for number, name in (("203", "Cora Placeholder"), ("310", "Dora Placeholder")):
        told(program.ask("POST", _users(world), {"extension_number": number, "name": name}), 201)

    def found(query: str) -> list[str]:
        return [one["extension_number"] for one in program.get(_users(world) + query)["data"]]

    assert found("?search=placeholder") == ["203", "310"]
    assert found("?search=31") == ["310"]
    assert found("?search=placeholder&cursor=203") == ["310"]
    assert found("?search=nobody") == []


def test_pages_follow_one_another_without_gap(world: World, program: Program) -> None:
    PbxUser.objects.bulk_create(
        PbxUser(service=world.service, extension_number=str(300 + n), name=f"User {n}") for n in range(7))
    found, cursor = [], ""
    for _ in range(5):
        page = program.get(_users(world) + f"?limit=2&cursor={cursor}")
        found += [one["extension_number"] for one in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == ["201", "202", *(str(300 + n) for n in range(7))]


def test_a_change_to_what_was_changed_meanwhile_is_refused(world: World, program: Program) -> None:
    known = program.ask("GET", _users(world, "201"))["ETag"]
    told(program.ask("PATCH", _users(world, "201"), {"name": "Ada New"}, If_Match=known), 200)
    for method, body in (("PATCH", {"name": "Ada Newer"}), ("DELETE", None)):
        found = program.refused(method, _users(world, "201"), body, status=412, If_Match=known)
        assert found["code"] == "changed_meanwhile"
    assert program.get(_users(world, "201"))["name"] == "Ada New"


DIRECTORY = {"users": [
    {"extension_number": "201", "name": "Ada Example"},
    {"extension_number": "202", "name": "Ben Other"},
    {"extension_number": "203", "name": "Cora"},
]}
DONE = {
    "created": ["203"], "modified": [{"extension_number": "202", "changes": {"name": ["Ben Sample", "Ben Other"]}}],
    "deleted": [], "unchanged": ["201"],
}


def test_a_dry_run_says_what_would_be_done_and_does_nothing(world: World, program: Program) -> None:
    done = told(program.ask("PUT", _users(world), DIRECTORY | {"dry_run": True}), 200)
    assert done == DONE | {"dry_run": True}
    assert sorted(world.service.users.values_list("name", flat=True)) == ["Ada Example", "Ben Sample"]
    assert _told() == []


def test_a_directory_is_brought_in_step(world: World, program: Program) -> None:
    assert told(program.ask("PUT", _users(world), DIRECTORY), 200) == DONE | {"dry_run": False}
    assert sorted(one["type"] for one in _told()) == ["user.created", "user.modified"]
    again = told(program.ask("PUT", _users(world), DIRECTORY), 200)
    assert again["unchanged"] == ["201", "202", "203"]
    assert len(_told()) == 2


def test_who_is_missing_in_a_directory_is_deleted_only_when_it_says_so(world: World, program: Program) -> None:
    alone = {"users": [{"extension_number": "201"}]}
    assert told(program.ask("PUT", _users(world), alone), 200)["deleted"] == []
    assert told(program.ask("PUT", _users(world), alone | {"delete_missing": True}), 200)["deleted"] == ["202"]
    assert [one["type"] for one in _told()] == ["user.deleted"]
    program.refused("PUT", _users(world), {"users": [], "delete_missing": True}, status=422)
    assert world.service.users.count() == 1


def test_one_mistake_in_a_directory_and_nothing_of_it_is_done(world: World, program: Program) -> None:
    wrong = {"users": [*DIRECTORY["users"], {"extension_number": "20x", "name": "X"}, {"extension_number": "203"}]}
    found = program.refused("PUT", _users(world), wrong, status=422)
    assert [one["where"] for one in found["errors"]] == ["users.3.extension_number", "users.4.name"]
    assert world.service.users.count() == 2
    assert _told() == []


def test_the_catalogue_is_told(program: Program) -> None:
    types = {one["type"]: one for one in program.get("/event-types")["data"]}
    assert len(types) >= 8
    assert types["ivr.option_selected"]["label"] == "IVR Option Selected"
    assert types["ivr.option_selected"]["example"]["option_selected"] == "9"
    assert program.get("/event-types/user.created") == types["user.created"]
    program.refused("GET", "/event-types/user.promoted", status=404)
    assert "source_number" in {one["field"] for one in program.get("/fields")["data"]}


def test_a_limited_token_sees_its_services_alone(world: World, make_program: MakeProgram) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0009")
    limited = make_program(services=(second.id,))
    assert [one["id"] for one in limited.get("/services")["data"]] == [str(second.id)]
    limited.refused("GET", _users(world), status=404)
    limited.refused("POST", _users(world), CORA, status=404)
    limited.refused("PUT", _users(world), DIRECTORY, status=404)
    limited.refused("PATCH", f"/services/{world.service.id}", {"friendly_name": "Mine"}, status=404)
    told(limited.ask("POST", f"/services/{second.id}/users", CORA), 201)


def test_users_that_come_from_the_pbx_are_created_and_deleted_there_alone(world: World, program: Program) -> None:
    Service.objects.update(directory_source="freepbx")
    for method, path, body in (
        ("POST", _users(world), CORA), ("DELETE", _users(world, "201"), None),
        ("PUT", _users(world), {"users": [CORA], "delete_missing": True}),
    ):
        assert "create and delete them there" in program.refused(method, path, body, status=409)["detail"]
    refused = program.refused("PATCH", _users(world, "201"), {"name": "Ada New"}, status=422)
    assert refused["errors"] == [{"where": "name", "message": "The PBX says this: change it there."}]
    assert _told() == []
    assert program.get("/services")["data"][0]["users_from"] == "freepbx"


def test_what_the_pbx_does_not_know_of_its_users_is_changed_here(world: World, program: Program) -> None:
    Service.objects.update(directory_source="freepbx")
    same = program.get(_users(world, "201"))["name"]
    change = {"name": same, "enabled_calls": ["Premium"]}
    assert told(program.ask("PATCH", _users(world, "201"), change), 200)["enabled_calls"] == ["Premium"]
    [one] = _told()
    assert one["before"]["enabled_calls"] == ["Local", "National"]
