"""One's own API tokens: made by every member for themselves, viewers too, and never worth more than they are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from switchhook.web.members.models import Role
from switchhook.web.models import ApiToken, Member, Person, Service
from tests.web.api.conftest import Program
from tests.web.conftest import World

PAGE = "/me/tokens/"
AsPerson = Callable[[Person | None], Client]


@pytest.fixture
def viewer(world: World, as_person: AsPerson) -> Client:
    return as_person(world.viewer)


def made(client: Client, *scopes: str, **more: object) -> Program:
    answer = client.post(f"{PAGE}acme/", {"name": "Figures", "scopes": scopes or ["read"], "expires": "30", **more})
    found = re.search(r"swh_[\w-]{43}", answer.content.decode())
    assert found, answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    return Program(ApiToken.objects.latest("created_at"), found.group())


def test_a_viewer_makes_a_token_that_reads(world: World, viewer: Client) -> None:
    form = viewer.get(f"{PAGE}acme/").content.decode()
    offered = re.findall(r'name="scopes"[^>]*value="(\w+)"|value="(\w+)"[^>]*name="scopes"', form)
    assert {one or other for one, other in offered} == {"read", "recordings"}
    program = made(viewer)
    assert program.get("/services")["data"]
    told = program.get("/token")
    assert (told["owner"], told["scopes"]) == ("viewer@example.com", ["read"])
    shown = viewer.get(PAGE).content.decode()
    assert "Figures" in shown
    assert "Read everything of the account but secrets" in shown


@pytest.mark.parametrize("scope", ["users", "members", "tokens", "integrations"])
def test_a_viewer_makes_none_that_changes_anything(scope: str, viewer: Client) -> None:
    answer = viewer.post(f"{PAGE}acme/", {"name": "X", "scopes": ["read", scope], "expires": "30"})
    assert "Select a valid choice" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_who_is_limited_to_a_pbx_makes_tokens_for_that_alone(world: World, viewer: Client) -> None:
    Service.objects.create(account=world.account, name="pbx-0009")
    Member.objects.filter(person=world.viewer).update(services=[str(world.service.id)])
    program = made(viewer)
    assert [one["name"] for one in program.get("/services")["data"]] == ["pbx-0001"]
    Member.objects.filter(person=world.viewer).update(role=Role.ADMIN)
    form = viewer.get(f"{PAGE}acme/").content.decode()
    assert 'value="users"' in form
    assert 'value="tokens"' not in form


def test_ones_own_token_is_revoked_and_ends_with_the_membership(world: World, viewer: Client) -> None:
    first, second = made(viewer), made(viewer)
    assert viewer.post(f"{PAGE}{first.token.id}/revoke/").status_code == 302
    assert first.refused("GET", "/services", status=401)["code"] == "token_revoked"
    Member.objects.filter(person=world.viewer).delete()
    assert second.refused("GET", "/services", status=401)["code"] == "token_orphaned"


def test_nobody_reaches_anothers_tokens(world: World, viewer: Client, admin: Client, as_person: AsPerson) -> None:
    mine = made(viewer)
    assert admin.post(f"{PAGE}{mine.token.id}/revoke/").status_code == 404
    assert "Figures" not in admin.get(PAGE).content.decode()
    stranger = as_person(world.stranger)
    assert stranger.get(f"{PAGE}acme/").status_code == 404
    assert stranger.post(f"{PAGE}acme/", {"name": "X", "scopes": ["read"], "expires": ""}).status_code == 404
    assert mine.get("/services")["data"]


def test_the_admin_sees_whose_a_token_is_and_revokes_it(world: World, viewer: Client, admin: Client) -> None:
    mine = made(viewer)
    assert "Viewer" in admin.get("/a/acme/tokens/").content.decode()
    assert admin.post(f"/a/acme/tokens/{mine.token.id}/revoke/").status_code == 302
    assert mine.refused("GET", "/services", status=401)["code"] == "token_revoked"


def test_a_token_of_the_account_is_nobodys_own(world: World, admin: Client) -> None:
    answer = admin.post("/a/acme/tokens/", {"name": "Billing", "scopes": ["read"], "expires": ""})
    found = re.search(r"swh_[\w-]{43}", answer.content.decode())
    assert found
    assert "Billing" not in admin.get(PAGE).content.decode()
    program = Program(ApiToken.objects.get(), found.group())
    world.admin.delete()
    assert program.get("/token")["owner"] is None


def test_who_views_an_account_makes_no_token_in_it(world: World, operator: Client) -> None:
    assert operator.post(f"/operator/accounts/{world.account.id}/view/").status_code == 302
    assert operator.get(f"{PAGE}acme/").status_code == 403
    assert operator.post(f"{PAGE}acme/", {"name": "X", "scopes": ["read"], "expires": ""}).status_code == 403
    assert not ApiToken.objects.exists()
