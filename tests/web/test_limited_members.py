"""Members and tokens that are limited to some PBXs of an account: every page and every operation, asked for what is of
another PBX, under its own address and under the address of theirs. Nothing of it is told, and nothing is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import serializers
from django.db.models import Model
from django.test import Client

from switchhook.web.members.models import Role
from switchhook.web.models import Call, Delivery, Errand, Event, Integration, Member, PbxUser, Person, Service
from tests.web.api.conftest import Program, make_program
from tests.web.api.test_walk import OPERATIONS
from tests.web.conftest import World
from tests.web.furnished import Furnished, furnish, routes
from tests.web.made_up import House

__all__ = ["make_program"]

AsPerson = Callable[[Person | None], Client]

#: What a page or an answer would tell of the other PBX: its names, people, callers, integrations, dialplan.
OF_THE_OTHER = (
    "Hidden Lane", "pbx-hidden", "Ada Hidden", "Hidden order", "hidden.example", "12025550164", "trunk-hidden",
    "menu-hidden", "newcomer@example.com", "swh_ab12")
#: What nothing may be changed of.
KEPT: tuple[type[Model], ...] = (Service, PbxUser, Integration, Delivery, Event, Call, Errand, Member)
#: Pages of one's own, of the operator and of the way in, which other walks go.
OF_ACCOUNT = [one for one in routes() if one.route.startswith("a/")]


@pytest.fixture
def branch(world: World) -> Service:
    """A second PBX of the account, with a connection of its own."""
    return Service.objects.create(account=world.account, name="pbx-0003", friendly_name="Branch")


def hide(world: World) -> None:
    """Have what is furnished be told from whatever else a page may say."""
    Service.objects.filter(id=world.service.id).update(
        name="pbx-hidden", friendly_name="Hidden Lane", trunks=["trunk-hidden"], menus=[["menu-hidden", "Survey"]])
    PbxUser.objects.filter(id=world.users[0].id).update(name="Ada Hidden")
    Integration.objects.update(name="Hidden order", request_url="https://hidden.example/")


@pytest.fixture
def furnished(world: World, branch: Service) -> Furnished:
    """The first PBX in the middle of a working day; the admin is limited to the second."""
    found = furnish(world)
    hide(world)
    House(replace(world, service=branch)).integration(name="Of the branch")
    Member.objects.filter(person=world.viewer).update(role=Role.ADMIN)
    Member.objects.filter(person=world.admin).update(services=[str(branch.id)])
    return found


def _names(route: str) -> list[str]:
    return re.findall(r"(\w+)[>}]", route)


def _kept() -> str:
    return "".join(serializers.serialize("json", model._default_manager.order_by("pk")) for model in KEPT)


def _told(answer: Any) -> list[str]:
    text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
    return [one for one in OF_THE_OTHER if one in text]


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_tells_or_changes_anything_of_another_pbx(
    world: World, branch: Service, furnished: Furnished, as_person: AsPerson, method: str,
) -> None:
    client, before, asked = as_person(world.admin), _kept(), 0
    under_ours = replace(furnished, values={**furnished.values, "service_id": branch.id})
    for route in OF_ACCOUNT:
        for path in {furnished.path(route), under_ours.path(route)}:
            if method == "post" and str(branch.id) in path and _names(route.route) == ["account", "service_id"]:
                continue  # their own: they may
            answer = getattr(client, method)(path)
            asked += 1
            assert _told(answer) == [], path
            assert answer.status_code in (200, 302, 403, 404, 405), path
            if answer.status_code == 302 and not answer["Location"].startswith("/me/again/"):  # and back to the same
                assert str(furnished.values["integration_id"]) not in answer["Location"], path
    assert asked > len(OF_ACCOUNT) * (1.2 if method == "get" else 0.7)
    assert _kept() == before


@pytest.mark.parametrize("limited", ["member", "token"])
def test_no_operation_tells_or_changes_anything_of_another_pbx(
    world: World, branch: Service, furnished: Furnished, make_program: Callable[..., Program], limited: str,
) -> None:
    program = make_program() if limited == "member" else make_program(person=world.viewer, services=(branch.id,))
    values = {name: str(value) for name, value in furnished.values.items()} | {
        "user": "201", "number": "1", "event_type": "call.inbound_received"}
    before, asked = _kept(), 0
    for method, path in OPERATIONS:
        for service in {str(world.service.id), str(branch.id)}:
            names = values | {"service_id": service, "errand_id": str(Errand.objects.latest("created_at_ms").id)}
            url = re.sub(r"\{(\w+)\}", lambda found, names=names: names.get(found[1], values["call_id"]), path)
            if method != "GET" and str(branch.id) in url and _names(path) == ["service_id"]:
                continue
            answer: Any = program.ask(method, url, {} if method in ("POST", "PATCH", "PUT") else None)
            asked += 1
            assert _told(answer) == [], (method, url)
            assert answer.status_code in (200, 403, 404, 409, 422), (method, url, answer.content)
    assert asked > len(OPERATIONS) * 1.8
    assert _kept() == before


def test_who_is_limited_reads_no_outcome_of_what_was_asked_of_another_pbx(
    world: World, branch: Service, admin: Client, as_person: AsPerson,
) -> None:
    """Neither of what colleagues asked, nor under the name of what they may see."""
    theirs = House(world).integration(name="CRM of head office")
    ours = House(replace(world, service=branch)).integration(name="CRM of the branch")
    admin.post(f"/a/acme/integrations/{theirs.id}/test/")
    errand = Errand.objects.get()
    Errand.objects.update(state="failed", result=json.dumps({"detail": "crm.head-office.example is not known"}))
    assert "head-office" in admin.get(f"/a/acme/integrations/{theirs.id}/test/{errand.id}/").content.decode()
    Member.objects.filter(person=world.viewer).update(services=[str(branch.id)])
    for asked_by in (world.admin.id, world.viewer.id):  # they asked themselves, before they were limited
        Errand.objects.update(asked_by=asked_by)
        for who in (world.viewer, world.admin):
            for path in (f"integrations/{ours.id}/test/{errand.id}/", f"integrations/{ours.id}/?test={errand.id}"):
                assert "head-office" not in as_person(who).get(f"/a/acme/{path}").content.decode()


def test_who_is_limited_asks_no_pbx_that_feeds_others_too(
    world: World, branch: Service, as_person: AsPerson,
) -> None:
    """What a PBX has is all of its services': one of those that they do not see is enough."""
    Service.objects.filter(id=branch.id).update(connection=world.connection)
    url = f"/a/acme/pbx/{branch.id}/detect/"
    assert as_person(world.admin).post(url).status_code == 302
    Errand.objects.all().delete()
    Member.objects.filter(person=world.admin).update(services=[str(branch.id)])
    as_person(world.admin).post(url)
    assert not Errand.objects.exists()
