"""API tokens in the portal: made and shown once, limited, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from switchhook.web.models import ApiToken, Person, Service
from switchhook.web.secrets import token_hash
from tests.web.api.conftest import MakeProgram, Program
from tests.web.conftest import World

PAGE = "/a/acme/tokens/"


def _made(client: Client, **more: object) -> str:
    answer = client.post(PAGE, {"name": "CRM sync", "scopes": ["read"], "expires": "30", **more})
    assert answer["Cache-Control"] == "no-store"
    found = re.search(r"swh_[\w-]{43}", answer.content.decode())
    assert found, answer.content.decode()
    return found.group()


def test_a_token_is_shown_once_and_only_its_hash_is_kept(admin: Client) -> None:
    text = _made(admin)
    token = ApiToken.objects.get()
    assert (token.hash, token.prefix, token.scopes) == (token_hash(text), text[:8], ["read"])
    assert token.expires_at is not None
    page = admin.get(PAGE).content.decode()
    assert text not in page
    assert text[:8] in page
    assert Program(token, text).get("/services")["data"]


def test_a_token_may_be_limited_to_services(world: World, admin: Client) -> None:
    second = Service.objects.create(account=world.account, name="pbx-0009")
    text = _made(admin, services=[str(second.id)])
    [one] = Program(ApiToken.objects.get(), text).get("/services")["data"]
    assert one["name"] == "pbx-0009"
    refused = admin.post(PAGE, {"name": "X", "scopes": ["read"], "services": [str(world.other_service.id)]})
    assert "Select a valid choice" in refused.content.decode()


def test_a_revoked_token_works_no_more(admin: Client, program: Program) -> None:
    admin.post(f"{PAGE}{program.token.id}/revoke/")
    assert program.refused("GET", "/services", status=401)["code"] == "token_revoked"
    assert "Revoked" in admin.get(PAGE).content.decode()


def test_a_token_without_a_scope_is_not_made(admin: Client) -> None:
    admin.post(PAGE, {"name": "CRM sync", "expires": "30"})
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_tokens_are_the_admins(who: str, world: World, as_person: Callable[[Person | None], Client]) -> None:
    client = as_person(getattr(world, who))
    assert client.get(PAGE).status_code in (403, 404)
    assert client.post(PAGE, {"name": "X", "scopes": ["read"], "expires": "30"}).status_code in (403, 404)
    assert not ApiToken.objects.exists()


def test_another_accounts_token_cannot_be_revoked(world: World, admin: Client, make_program: MakeProgram) -> None:
    theirs = make_program(person=world.stranger, account=world.other_account)
    assert admin.post(f"{PAGE}{theirs.token.id}/revoke/").status_code == 404
    assert theirs.get("/services")["data"]


def test_the_documentation_is_a_page_for_who_is_logged_in(admin: Client) -> None:
    assert Client().get("/api/v1/docs").status_code == 302
    page = admin.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"cdn" not in page.content
    assert "unsafe" not in page["Content-Security-Policy"]
