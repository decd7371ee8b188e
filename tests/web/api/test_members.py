"""Members, invitations and the audit log over the API."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from switchhook.web.models import Invitation, Member, Notice, Service
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World


@pytest.fixture
def branch(world: World) -> Service:
    return Service.objects.create(account=world.account, name="pbx-0003", friendly_name="Branch")


def test_members_are_listed_changed_and_removed(world: World, branch: Service, program: Program) -> None:
    listed = {one["email"]: one for one in program.get("/members")["data"]}
    assert set(listed) == {"admin@example.com", "viewer@example.com"}
    viewer = f"/members/{listed['viewer@example.com']['id']}"
    changed = told(program.ask("PATCH", viewer, {"role": "admin", "services": [str(branch.id)]}), 200)
    assert (changed["role"], changed["services"]) == ("admin", [str(branch.id)])
    assert told(program.ask("PATCH", viewer, {"role": "viewer"}), 200)["services"] == [str(branch.id)]
    assert program.ask("DELETE", viewer).status_code == 204
    assert [one["email"] for one in program.get("/members")["data"]] == ["admin@example.com"]


def test_somebody_is_invited_again_and_no_more(world: World, program: Program) -> None:
    invited = told(program.ask("POST", "/members", {"email": "Nova@example.com", "role": "admin"}), 201)
    assert (invited["email"], invited["role"]) == ("nova@example.com", "admin")
    assert Notice.objects.filter(invitation_id=invited["id"]).count() == 1
    assert [one["id"] for one in program.get("/invitations")["data"]] == [invited["id"]]
    told(program.ask("POST", f"/invitations/{invited['id']}/send"), 200)
    assert Invitation.objects.get().number == 2
    assert program.ask("DELETE", f"/invitations/{invited['id']}").status_code == 204
    assert program.refused("POST", f"/invitations/{invited['id']}/send", status=404)


def test_what_cannot_be_is_refused_with_the_place(world: World, program: Program) -> None:
    found = program.refused("POST", "/members", {"email": "viewer@example.com"}, status=422)
    assert found["errors"] == [{"where": "email", "message": "This person is a member of the account already."}]
    found = program.refused("POST", "/members", {"email": "no address"}, status=422)
    assert found["errors"][0]["where"] == "email"
    found = program.refused(
        "POST", "/members", {"email": "n@example.com", "services": [str(world.other_service.id)]}, status=422)
    assert found["errors"] == [{"where": "services.0", "message": "There is no such service."}]


def test_the_last_admin_stays(world: World, program: Program) -> None:
    url = f"/members/{Member.objects.get(person=world.admin).id}"
    assert program.refused("DELETE", url, status=409)["code"] == "last_admin"
    assert program.refused("PATCH", url, {"role": "viewer"}, status=409)["code"] == "last_admin"


def test_a_token_that_is_limited_to_services_sees_no_people_and_no_log(
    world: World, make_program: MakeProgram,
) -> None:
    limited = make_program(services=(world.service.id,))
    for path in ("/members", "/invitations", "/audit"):
        assert limited.refused("GET", path, status=403)["code"] == "limited"
    assert limited.refused("POST", "/members", {"email": "n@example.com"}, status=403)["code"] == "limited"


def test_the_log_is_read_page_by_page_and_filtered(world: World, program: Program) -> None:
    for name in ("One", "Two"):
        program.ask("PATCH", f"/services/{world.service.id}/users/201", {"name": name})
    page = program.get("/audit?kind=user&action=changed&limit=1")
    [newest] = page["data"]
    assert newest["changes"] == [{"field": "name", "before": "One", "after": "Two"}]
    assert (newest["via"], newest["who"], newest["object_name"]) == ("api", "admin@example.com", "201 Two")
    assert newest["token"].startswith("A program (swh_")
    [older] = program.get(f"/audit?kind=user&action=changed&limit=1&cursor={page['next']}")["data"]
    assert older["changes"][0]["after"] == "One"
    assert program.get("/audit?since=2100-01-01T00:00:00Z")["data"] == []
    assert program.get("/audit?until=2000-01-01T00:00:00Z")["data"] == []
    assert "since" in json.dumps(program.refused("GET", "/audit?since=yesterday", status=422))


def test_nobody_changes_the_log_over_the_api(world: World, program: Program) -> None:
    for method in ("POST", "PATCH", "DELETE"):
        assert program.ask(method, "/audit", {}).status_code == 405
        assert program.ask(method, f"/audit/{uuid4()}", {}).status_code == 404


def test_reading_is_not_inviting(world: World, make_program: MakeProgram) -> None:
    reader = make_program(Scope.READ)
    assert reader.refused("POST", "/members", {"email": "n@example.com"}, status=403)["scope"] == "members"
