"""Users of a PBX: what people enter, and what the engine is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import Integration as Wanted
from switchhook.web.integrations.actions import create
from switchhook.web.models import ConfigurationVersion, Errand, PbxUser
from switchhook.web.users import actions

from .conftest import World

ADA = {
    "extension_number": "203", "name": "Cora Placeholder", "outbound_phone_number": "+1 (202) 555-0103",
    "has_voicemail": "on", "enabled_calls": ["Mobile", "Local"],
}


def _url(world: World, *rest: object) -> str:
    return "/".join(["", "a", "acme", "pbx", str(world.service.id), "users", *map(str, rest), ""])


def _told() -> list[dict[str, Any]]:
    return [json.loads(one.args) for one in Errand.objects.order_by("created_at_ms", "id")]


def _version() -> int:
    return ConfigurationVersion.objects.get(id=1).version


def test_a_created_user_is_there_and_told_of(world: World, admin: Client) -> None:
    before = _version()
    assert admin.post(_url(world, "new"), ADA).status_code == 302
    user = PbxUser.objects.get(service=world.service, extension_number="203")
    assert (user.name, user.outbound_phone_number, user.has_voicemail) == ("Cora Placeholder", "+12025550103", True)
    [told] = _told()
    assert told.pop("at_ms") > 1_700_000_000_000
    assert told == {
        "type": "user.created", "service_id": str(world.service.id), "before": None, "user": {
            "id": str(user.id), "service_id": str(world.service.id), "extension_number": "203",
            "name": "Cora Placeholder", "outbound_phone_number": "+12025550103", "has_voicemail": True,
            "enabled_calls": ["Local", "Mobile"],  # in the catalogue's order
        }}
    [errand] = Errand.objects.all()
    assert (errand.kind, errand.state, errand.account_id, errand.asked_by) == (
        "user_changed", "asked", world.account.id, world.admin.id)
    assert _version() > before


def test_a_modified_user_is_told_of_with_what_they_were_before(world: World, admin: Client) -> None:
    user = world.users[0]
    admin.post(_url(world, user.id), {**ADA, "extension_number": "201"})
    [told] = _told()
    assert told["type"] == "user.modified"
    assert (told["before"]["name"], told["user"]["name"]) == ("Ada Example", "Cora Placeholder")
    assert told["before"]["id"] == told["user"]["id"] == str(user.id)


def test_saving_a_user_unchanged_tells_nobody(world: World, admin: Client) -> None:
    before = _version()
    answer = admin.post(_url(world, world.users[0].id), {
        "extension_number": "201", "name": "Ada Example", "outbound_phone_number": "12025550100",
        "has_voicemail": "on", "enabled_calls": ["National", "Local"]}, follow=True)
    assert "Nothing was changed, so nothing fires." in answer.content.decode()
    assert _told() == []
    assert _version() == before


def test_a_deleted_user_is_gone_and_told_of(world: World, admin: Client) -> None:
    user = world.users[0]
    assert admin.get(_url(world, user.id, "delete")).status_code == 200
    assert PbxUser.objects.filter(id=user.id).exists()  # asking deletes nothing
    admin.post(_url(world, user.id, "delete"))
    assert not PbxUser.objects.filter(id=user.id).exists()
    [told] = _told()
    assert (told["type"], told["user"]["extension_number"], told["before"]) == ("user.deleted", "201", None)


def test_a_rollback_takes_the_user_and_what_would_be_told(world: World) -> None:
    class PowerFailure(Exception):
        pass

    with pytest.raises(PowerFailure), transaction.atomic():  # noqa: PT012
        actions.create_user(PbxUser(service=world.service, extension_number="203", name="Cora"), world.admin)
        raise PowerFailure
    assert not PbxUser.objects.filter(extension_number="203").exists()
    assert _told() == []


def test_a_user_that_cannot_be_told_of_is_not_changed(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TRIGGER no_errands BEFORE INSERT ON errand BEGIN SELECT RAISE(ABORT, 'full'); END")
    user = world.users[0]
    for change in (
        lambda: actions.create_user(PbxUser(service=world.service, extension_number="203", name="Cora"), world.admin),
        lambda: actions.modify_user(PbxUser(id=user.id, service=world.service, extension_number="299"), world.admin),
        lambda: actions.delete_user(PbxUser.objects.get(id=user.id), world.admin),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert sorted(world.service.users.values_list("extension_number", flat=True)) == ["201", "202"]


@pytest.mark.parametrize(("field", "value", "words"), [
    ("extension_number", "", "This field is required."),
    ("extension_number", "20a", "An extension number has digits, * and # only."),
    ("extension_number", "202", "Another user of this PBX has the extension 202."),
    ("name", "", "This field is required."),
    ("outbound_phone_number", "call me", "A phone number has 3 to 20 digits, with + in front if you like."),
    ("enabled_calls", ["Interstellar"], "Interstellar is not one of the available choices."),
])
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(
    world: World, admin: Client, field: str, value: object, words: str,
) -> None:
    answer = admin.post(_url(world, "new"), {**ADA, field: value})
    assert answer.status_code == 200
    assert any(words in error for error in answer.context["form"].errors[field])
    assert "Not saved: please correct this." in answer.content.decode()
    assert world.service.users.count() == 2
    assert _told() == []


@pytest.mark.parametrize("number", ["*98", "#1", "007"])
def test_an_extension_may_have_stars_and_hashes(world: World, admin: Client, number: str) -> None:
    assert admin.post(_url(world, "new"), {**ADA, "extension_number": number}).status_code == 302


def test_the_same_extension_may_be_on_two_pbxs(world: World, admin: Client) -> None:
    assert admin.post(_url(world, "new"), {**ADA, "extension_number": "301"}).status_code == 302


def test_the_form_says_what_saving_fires(world: World, admin: Client) -> None:
    assert "nothing fires" in admin.get(_url(world, world.users[0].id)).content.decode()
    for name, event_type, enabled in (
        ("One", EventType.USER_MODIFIED, True), ("Two", EventType.USER_MODIFIED, True),
        ("Off", EventType.USER_MODIFIED, False), ("Other", EventType.USER_CREATED, True),
    ):
        create(world.account, None, Wanted(
            id=world.account.id, account_id=world.account.id, service_id=None, name=name, event_type=event_type,
            request_url="https://crm.example.com/hook", enabled=enabled), signed=False)
    page = " ".join(admin.get(_url(world, world.users[0].id)).content.decode().split())
    assert "This will fire <strong>Modify User</strong> to" in page
    assert "2 integrations</a>" in page
    answer = admin.post(_url(world, world.users[0].id), {**ADA, "extension_number": "201"}, follow=True)
    assert "/a/acme/deliveries/?event=user.modified" in answer.content.decode()


def test_a_pbx_without_users_offers_to_make_the_first(world: World, admin: Client) -> None:
    PbxUser.objects.filter(service=world.service).delete()
    for path in ("/a/acme/users/", f"/a/acme/pbx/{world.service.id}/users/"):
        page = admin.get(path).content.decode()
        assert "No user yet" in page
        assert f'href="/a/acme/pbx/{world.service.id}/users/new/"' in page


def test_users_are_found_by_extension_name_and_number(world: World, admin: Client) -> None:
    for query, found in (("201", "Ada Example"), ("ben", "Ben Sample"), ("2025550100", "Ada Example")):
        assert found in admin.get(_url(world), {"q": query}).content.decode()
    assert "Ada Example" not in admin.get(_url(world), {"q": "ben"}).content.decode()


def test_a_list_asks_as_much_of_the_database_for_many_users_as_for_two(
    world: World, admin: Client, django_assert_max_num_queries: Any,
) -> None:
    PbxUser.objects.bulk_create(
        PbxUser(service=world.service, extension_number=str(1000 + n), name=f"User {n}") for n in range(120))
    for path in (_url(world), "/a/acme/users/"):
        with django_assert_max_num_queries(9):
            page = admin.get(path).content.decode()
        assert "1–50 of 122" in page
