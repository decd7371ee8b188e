"""The admin of one account, with the ids of another's things in their hands: in addresses below their own account, in
what pages are asked with and in what forms are sent with. Nothing of the other account is told, and nothing is changed.
The API's part of it is api/test_foreign_ids.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.core import serializers
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from switchhook.domain.catalogue import EventType
from switchhook.web.models import (
    Account,
    ApiToken,
    Call,
    Delivery,
    Errand,
    Event,
    Inbox,
    Integration,
    Invitation,
    Member,
    PbxUser,
    Person,
    Service,
)
from tests.web.conftest import World
from tests.web.furnished import Furnished, furnish, routes
from tests.web.made_up import House
from tests.web.test_hostile_forms import Form, Forms
from tests.web.test_limited_members import OF_THE_OTHER, hide

AsPerson = Callable[[Person | None], Client]

#: What may not change in the account that is not theirs, and how each says whose it is.
KEPT: tuple[tuple[type[Model], str], ...] = (
    (Account, "id"), (Service, "account"), (PbxUser, "service__account"), (Integration, "account"), (Member, "account"),
    (Invitation, "account"), (ApiToken, "account"), (Inbox, "account"), (Delivery, "account_id"),
    (Event, "account_id"), (Call, "account_id"), (Errand, "account_id"))
OF_ACCOUNT = [one for one in routes() if one.route.startswith("a/")]
#: What pages are asked with, besides what their forms name.
ASKED_WITH = ("before", "call", "copy", "errand", "integration", "pbx", "q", "service", "test", "user")


@pytest.fixture
def furnished(world: World) -> Furnished:
    """The first account in the middle of a working day; the second has a PBX, a user and an integration."""
    found = furnish(world)
    hide(world)
    other = replace(world, account=world.other_account, service=world.other_service, users=(world.other_user,) * 2)
    House(other).integration(EventType.INBOUND_RECEIVED, name="Of the other account")
    return found


def _ids(furnished: Furnished) -> list[str]:
    """What the first account's things are known by; the account itself apart."""
    named = [furnished.values, *furnished.of_page.values()]
    return sorted({str(id_) for values in named for name, id_ in values.items()
                   if name.endswith("_id") and name not in ("account_id", "session_id")})


def _kept(world: World) -> str:
    return "".join(
        serializers.serialize("json", model._default_manager.filter(**{whose: world.account.id}).order_by("pk"))
        for model, whose in KEPT)


def _told(answer: object) -> list[str]:
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return [one for one in (*OF_THE_OTHER, "Acme") if one.encode() in text]


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_is_found_below_ones_own_account_by_anothers_ids(
    world: World, furnished: Furnished, as_person: AsPerson, method: str,
) -> None:
    client, before, asked, ids = as_person(world.stranger), _kept(world), 0, _ids(furnished)
    theirs = {**furnished.values, "account": world.other_account.slug}
    for route in OF_ACCOUNT:
        for values in (theirs, {**theirs, "service_id": world.other_service.id}):
            path = replace(furnished, values=values).path(route)
            if not any(id_ in path for id_ in ids):
                continue
            answer = getattr(client, method)(path)
            asked += 1
            assert answer.status_code in (404, 405), path
            assert _told(answer) == [], path
    assert asked > 40
    assert _kept(world) == before


def _named(form: Form) -> Iterator[str]:
    yield from sorted({name for name, _ in form.fields} - {"csrfmiddlewaretoken"})


@pytest.mark.parametrize("each", [1, pytest.param(6, marks=pytest.mark.long)])
def test_nothing_is_told_or_changed_by_anothers_ids_in_what_is_sent(
    world: World, furnished: Furnished, as_person: AsPerson, each: int,
) -> None:
    """Each place has `each` of the ids in turn, at most all of them."""
    client, before, asked = as_person(world.stranger), _kept(world), 0
    ours = replace(furnished, values={
        **furnished.values, "account": world.other_account.slug, "service_id": world.other_service.id,
        "user_id": world.other_user.id,
        "integration_id": Integration.objects.get(account=world.other_account).id})
    ids = _ids(furnished)
    turn = cycle(ids)
    for route in OF_ACCOUNT:
        path = ours.path(route)
        page = client.get(path)
        if page.status_code != 200 or page.streaming:
            continue
        asking = set(ASKED_WITH)
        for form in Forms(page.content.decode()).found:
            url = urljoin(path, form.action) or path
            if not urlsplit(url).path.startswith(f"/a/{world.other_account.slug}/"):
                continue
            if form.method == "get":
                asking |= set(_named(form))
                continue
            for name in _named(form):
                for id_ in islice(turn, min(each, len(ids))):
                    sent = [pair for pair in form.fields if pair[0] != name] + [(name, id_)]
                    answer = client.post(url, {key: [v for k, v in sent if k == key] for key, _ in sent})
                    asked += 1
                    assert answer.status_code < 500
                    assert _told(answer) == [], (url, name)
                    assert answer.status_code != 302 or "acme" not in answer["Location"]
        for name in sorted(asking):
            for id_ in islice(turn, min(each, len(ids))):
                answer = client.get(path, {name: id_})
                asked += 1
                assert answer.status_code < 500
                assert _told(answer) == [], (path, name)
    assert asked > 200
    assert _kept(world) == before


def test_of_ones_own_pages_none_ends_what_is_anothers(world: World, furnished: Furnished, as_person: AsPerson) -> None:
    as_person(world.admin).get("/a/acme/")
    client, token = as_person(world.stranger), ApiToken.objects.get(of_account=False)
    assert client.post(reverse("own-token-revoke", kwargs={"token_id": token.id})).status_code == 404
    for session in UserSession.objects.filter(user=world.admin):
        assert client.post(reverse("session-end", kwargs={"session_id": session.pk})).status_code == 404
    assert client.get("/me/tokens/acme/").status_code == 404
    assert client.post("/me/tokens/acme/", {"name": "x", "scopes": ["read"]}).status_code == 404
    assert ApiToken.objects.filter(account=world.account).count() == 2
    token.refresh_from_db()
    assert token.revoked_at is None
