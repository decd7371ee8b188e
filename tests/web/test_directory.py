"""Where a PBX's users come from, as its page sets it, and what of them can then be changed in the portal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from switchhook.web.models import (
    AuditEntry,
    ConfigurationVersion,
    Connection,
    DirectoryState,
    Errand,
    PbxUser,
    Person,
    Service,
)

from .conftest import World


def _url(world: World, *rest: object) -> str:
    return "/".join(["", "a", "acme", "pbx", str(world.service.id), "users", *map(str, rest), ""])


@pytest.fixture
def from_pbx(world: World) -> World:
    """The users come from a FreePBX."""
    Service.objects.filter(id=world.service.id).update(directory_source="freepbx")
    return world


def _read(world: World, **columns: object) -> None:
    DirectoryState.objects.create(**{
        "service_id": world.service.id, "source": "freepbx", "scope": "", "imported_at_ms": 1, "read_at_ms": 1,
        "tried_at_ms": 1, "users": 2, "problem": ""} | columns)


def test_the_form_says_that_nobody_is_provisioned_and_offers_what_the_platform_has(
    world: World, admin: Client,
) -> None:
    page = admin.get(_url(world, "source"))
    assert "Switchhook provisions no PBX" in page.content.decode()
    assert [value for value, _ in page.context["form"].fields["source"].choices] == ["portal", "freepbx", "voicemail"]
    Connection.objects.update(platform="freeswitch")
    page = admin.get(_url(world, "source"))
    assert [value for value, _ in page.context["form"].fields["source"].choices] == ["portal", "freeswitch"]


def test_a_source_is_chosen_and_the_engines_learn_of_it(world: World, admin: Client) -> None:
    before = ConfigurationVersion.objects.get(id=1).version if ConfigurationVersion.objects.exists() else 0
    admin.post(_url(world, "source"), {"source": "voicemail", "scope": "branch"})
    world.service.refresh_from_db()
    assert (world.service.directory_source, world.service.directory_scope) == ("voicemail", "branch")
    assert ConfigurationVersion.objects.get(id=1).version > before
    admin.post(_url(world, "source"), {"source": "freepbx", "scope": "branch"})
    world.service.refresh_from_db()
    assert (world.service.directory_source, world.service.directory_scope) == ("freepbx", "")


def test_a_source_that_the_pbx_does_not_have_is_refused(world: World, admin: Client) -> None:
    admin.post(_url(world, "source"), {"source": "freeswitch"})
    world.service.refresh_from_db()
    assert world.service.directory_source == "portal"


def test_a_pbx_of_several_accounts_is_read_for_none_of_their_admins(
    world: World, admin: Client, operator: Client,
) -> None:
    Service.objects.filter(id=world.other_service.id).update(connection=world.connection, tenant_key="other")
    answer = admin.post(_url(world, "source"), {"source": "freepbx"})
    assert "only your operator" in answer.content.decode()
    assert Service.objects.get(id=world.service.id).directory_source == "portal"
    assert operator.post(_url(world, "source"), {"source": "freepbx"}).status_code == 302


def test_users_of_the_pbx_are_neither_created_nor_deleted_here(from_pbx: World, admin: Client) -> None:
    user = from_pbx.users[0]
    for url in (_url(from_pbx, "new"), _url(from_pbx, user.id, "delete")):
        answer = admin.post(url, {"extension_number": "203", "name": "Cora Placeholder"}, follow=True)
        assert "create and delete them there" in answer.content.decode()
    assert PbxUser.objects.filter(service=from_pbx.service).count() == 2
    page = admin.get(_url(from_pbx)).content.decode()
    assert "Create User" not in page
    assert "Delete 201" not in page


def test_of_a_user_of_the_pbx_only_what_it_does_not_know_is_changed_here(from_pbx: World, admin: Client) -> None:
    user = from_pbx.users[0]
    assert "The PBX says this" in admin.get(_url(from_pbx, user.id)).content.decode()
    admin.post(_url(from_pbx, user.id), {
        "extension_number": "999", "name": "Another", "outbound_phone_number": "", "enabled_calls": ["Premium"]})
    user.refresh_from_db()
    assert (user.extension_number, user.name, user.outbound_phone_number) == ("201", "Ada Example", "12025550100")
    assert user.has_voicemail
    assert user.enabled_calls == ["Premium"]
    assert Errand.objects.get().kind == "user_changed"


def test_mailboxes_know_no_outbound_number_so_it_is_kept_here(from_pbx: World, admin: Client) -> None:
    Service.objects.update(directory_source="voicemail")
    user = from_pbx.users[0]
    admin.post(_url(from_pbx, user.id), {"outbound_phone_number": "12025550123"})
    user.refresh_from_db()
    assert (user.name, user.outbound_phone_number) == ("Ada Example", "12025550123")


def test_how_reading_goes_is_shown(from_pbx: World, admin: Client) -> None:
    assert "Not read yet" in admin.get(_url(from_pbx, "source")).content.decode()
    _read(from_pbx)
    assert "In step" in admin.get(_url(from_pbx, "source")).content.decode()
    DirectoryState.objects.update(problem="The PBX listed no user at all: nobody was deleted.")
    for url in (_url(from_pbx, "source"), _url(from_pbx)):
        assert "nobody was deleted" in admin.get(url).content.decode()


def test_the_users_of_another_pbx_are_imported_anew(from_pbx: World, operator: Client) -> None:
    _read(from_pbx)
    other = Connection.objects.create(name="another", host="another.example", username="switchhook")
    form = {"name": "pbx-0001", "friendly_name": "Head Office", "connection": from_pbx.connection.id}
    operator.post(f"/operator/services/{from_pbx.service.id}/", form)
    assert DirectoryState.objects.exists()
    operator.post(f"/operator/services/{from_pbx.service.id}/", {**form, "connection": other.id})
    assert not DirectoryState.objects.exists()


def test_a_viewer_sees_where_users_come_from_and_changes_nothing(
    from_pbx: World, as_person: Callable[[Person | None], Client],
) -> None:
    viewer = as_person(from_pbx.viewer)
    assert viewer.get(_url(from_pbx, "source")).status_code == 200
    assert viewer.post(_url(from_pbx, "source"), {"source": "portal"}).status_code == 403


def _held(world: World, *missing: str) -> None:
    _read(world, held=json.dumps(missing))


def test_users_who_are_missing_in_number_wait_for_a_yes_and_every_page_of_the_pbx_says_so(
    from_pbx: World, admin: Client, as_person: Callable[[Person | None], Client],
) -> None:
    _held(from_pbx, "201", "202")
    main = f"/a/acme/pbx/{from_pbx.service.id}/"
    for url in ("/a/acme/", main, _url(from_pbx), _url(from_pbx, "source")):
        assert "missing on the PBX" in admin.get(url).content.decode(), url
    page = admin.get(_url(from_pbx, "source")).content.decode()
    assert "2 of the 2 users here are missing" in page
    assert "delete 2 users" in page
    assert "delete 2 users" not in as_person(from_pbx.viewer).get(_url(from_pbx, "source")).content.decode()


def test_a_person_confirms_those_they_have_seen_and_the_engines_learn_of_it(from_pbx: World, admin: Client) -> None:
    _held(from_pbx, "201", "202", "203")
    before = ConfigurationVersion.objects.get(id=1).version if ConfigurationVersion.objects.exists() else 0
    answer = admin.post(_url(from_pbx, "source", "missing"), {"missing": "201 202 999"}, follow=True)
    assert "3 of the" in answer.content.decode()  # 203 came to it after they looked: it is asked anew
    assert json.loads(DirectoryState.objects.get().confirmed) == ["201", "202"]
    assert ConfigurationVersion.objects.get(id=1).version > before
    assert PbxUser.objects.filter(service=from_pbx.service).count() == 2  # the engine deletes, once it has read again
    answer = admin.post(_url(from_pbx, "source", "missing"), {"missing": "201 202 203"}, follow=True)
    assert "missing on the PBX." not in answer.content.decode()
    assert "Being read again" in answer.content.decode()
    detail = AuditEntry.objects.filter(action="asked").latest("at_ms").detail
    assert detail == "deleting 3 users who are missing on the PBX"


def test_where_nobody_waits_nothing_is_confirmed(from_pbx: World, admin: Client) -> None:
    _read(from_pbx)
    answer = admin.post(_url(from_pbx, "source", "missing"), {"missing": "201"}, follow=True)
    assert "Meanwhile nobody waits" in answer.content.decode()
    assert DirectoryState.objects.get().confirmed == "[]"


def test_a_viewer_confirms_nothing(from_pbx: World, as_person: Callable[[Person | None], Client]) -> None:
    _held(from_pbx, "201")
    answer = as_person(from_pbx.viewer).post(_url(from_pbx, "source", "missing"), {"missing": "201"})
    assert answer.status_code == 403
    assert DirectoryState.objects.get().confirmed == "[]"
