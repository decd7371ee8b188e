"""Addresses that look like another's, or like it to a database: they are nobody's but their owner's."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from switchhook.web.members.addresses import person_at, plain_address
from switchhook.web.models import Invitation, Person
from tests.fixtures.mail import letters
from tests.web.conftest import World

#: To a person, to Unicode's folding of letters, or to PostgreSQL's UPPER (ı, ſ, K) they are admin@example.com.
LOOK_ALIKES = (
    "аdmin@example.com", "admın@example.com", "ＡＤＭＩＮ@example.com", "admin@exаmple.com", "admin@exampłe.com",
    "admin@examρle.com", "admin@example.cοm", "adm\u200bin@example.com", "admin@ex\u00adаmple.com")


@pytest.mark.parametrize("address", LOOK_ALIKES)
def test_a_look_alike_is_nobody_and_is_shown_as_what_it_is(address: str, world: World, admin: Client) -> None:
    assert person_at(address) is None
    admin.post("/a/acme/members/", {"email": address, "role": "viewer"})
    stored = list(Invitation.objects.values_list("email", flat=True))
    assert all("xn--" in one and one.isascii() for one in stored)
    client = Client()
    client.force_login(world.viewer, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/me/again/", {"password": "correct horse battery"})
    client.post("/me/", {"name": "Viewer", "email": address})
    assert Person.objects.get(id=world.viewer.id).email.isascii()


def test_an_address_is_known_in_capitals_too_and_its_domain_in_its_own_letters(world: World, client: Client) -> None:
    Person.objects.create_user("ada@xn--bcher-kva.example", "correct horse battery")
    assert person_at("Admin@Example.com") == world.admin
    in_ = client.post("/login/", {"login": "Ada@BÜCHER.example", "password": "correct horse battery"})
    assert in_.status_code == 302
    Client().post("/password/", {"email": "ada@bücher.example"})
    assert [one.to for one in letters()] == [["ada@xn--bcher-kva.example"]]


def test_the_letter_goes_to_the_address_that_is_stored_however_it_was_typed(world: World, client: Client) -> None:
    Person.objects.create_user("kate@example.com", "correct horse battery")
    for typed in ("\u212aate@example.com", "kate@example.com\u200b", "KATE@EXAMPLE.COM"):
        client.post("/password/", {"email": typed})
    assert {one.to[0] for one in letters(3)} == {"kate@example.com"}


@pytest.mark.parametrize("domain", ["\u2488", "ü" * 80 + ".example", "ü..example"])
def test_a_domain_that_is_none_is_said_so(domain: str) -> None:
    with pytest.raises(ValidationError):
        plain_address(f"ada@{domain}")
