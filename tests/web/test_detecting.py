"""Detect, as its pages do it: the PBX is asked by the engine, and what a person ticks is set, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from switchhook.domain.detection import Detected, FoundDevice, FoundMenu, MenuSign
from switchhook.web.models import Errand, Person, Service

from .conftest import World

FOUND = Detected(
    version="22.1.0",
    trunks=(FoundDevice(device="provider", why="The dialplan sends numbers to it.", certain=True),
            FoundDevice(device="doorbell", why="No extension has it as a lamp.", certain=False)),
    phones=(FoundDevice(device="201", why="", certain=True, extension="201"),
            FoundDevice(device="tenant-102", why="Its lamp is extension 102's.", certain=True, extension="102")),
    menus=(FoundMenu(place="ivr-1", sign=MenuSign.PLACE, options=("1", "2"), plays="welcome"),
           FoundMenu(place="desk", sign=MenuSign.PLACE), FoundMenu(place="old", sign=MenuSign.UNTOLD),
           FoundMenu(place="survey", sign=MenuSign.TOLD, name="NPS")))


@pytest.fixture
def found(world: World, admin: Client) -> Callable[..., str]:
    """Asks, has the engine answer, and gives the page with what was found."""

    def ask(detected: Detected = FOUND, **columns: Any) -> str:
        answer = admin.post(f"/a/acme/pbx/{world.service.id}/detect/")
        Errand.objects.update(**{"state": "done", "result": json.dumps(detected.as_json())} | columns)
        return str(answer["Location"])

    return ask


def test_the_engine_that_owns_the_connection_is_asked_and_waited_for(world: World, admin: Client) -> None:
    url = f"/a/acme/pbx/{world.service.id}/detect/"
    assert "Nothing on it is changed" in admin.get(url).content.decode()
    answer = admin.post(url)
    [errand] = Errand.objects.all()
    assert (errand.kind, errand.account_id, errand.connection_id) == ("detect", world.account.id, world.connection.id)
    assert 'http-equiv="refresh"' in admin.get(answer["Location"]).content.decode()


def test_what_was_found_is_shown_and_nothing_is_ticked_that_does_not_count_already(
    world: World, admin: Client, found: Callable[..., str],
) -> None:
    Service.objects.filter(id=world.service.id).update(trunks=["doorbell"])
    page = admin.get(found())
    offers = page.context["offers"]
    assert [(one.subject, one.ticked) for one in offers.trunks] == [("provider", False), ("doorbell", True)]
    assert [one.subject for one in offers.phones] == ["tenant-102"]  # 201 is known by the way it is named
    assert [(one.subject, one.pattern) for one in offers.menus] == [("ivr-1", "ivr-*"), ("desk", "")]
    text = page.content.decode()
    for words in ("22.1.0", "The dialplan sends numbers to it.", "tells of itself as", "Have it say"):
        assert words in text


def test_what_is_ticked_is_set_and_what_is_unticked_counts_no_more(
    world: World, admin: Client, found: Callable[..., str],
) -> None:
    Service.objects.filter(id=world.service.id).update(
        trunks=["doorbell", "by-hand"], menus=[["desk", "Desk"], ["ivr-*", ""]])
    admin.post(found(), {"trunk-0": "on", "phone-1": "on", "menu-0": "on", "menu-0-name": " Main  menu ",
                         "menu-1-name": "Desk"})
    world.service.refresh_from_db()
    assert world.service.trunks == ["by-hand", "provider"]
    assert world.service.extensions == ["[0-9]*", "tenant-102"]
    assert world.service.menus == [["ivr-1", "Main menu"], ["ivr-*", ""]]


def test_looking_at_what_was_found_sets_nothing(world: World, admin: Client, found: Callable[..., str]) -> None:
    admin.get(found())
    world.service.refresh_from_db()
    assert (world.service.trunks, world.service.menus) == ([], [["ivr-*", ""]])


def test_a_name_that_is_too_long_is_refused_in_words(world: World, admin: Client, found: Callable[..., str]) -> None:
    answer = admin.post(found(), {"menu-0": "on", "menu-0-name": "x" * 121})
    assert "A name has up to 120 characters" in answer.content.decode()
    world.service.refresh_from_db()
    assert world.service.menus == [["ivr-*", ""]]


def test_a_pbx_that_could_not_be_asked_says_why(admin: Client, found: Callable[..., str]) -> None:
    page = admin.get(found(result=json.dumps({"detail": "The PBX refused the login."}))).content.decode()
    assert "The PBX refused the login." in page
    assert "Try again" in page


def test_what_a_pbx_of_several_accounts_has_is_only_the_operators_to_see(
    world: World, admin: Client, operator: Client, found: Callable[..., str],
) -> None:
    seen = found()
    Service.objects.filter(id=world.other_service.id).update(connection=world.connection, tenant_key="other")
    assert admin.get(seen).status_code == 404
    url = f"/a/acme/pbx/{world.service.id}/detect/"
    assert "only your operator" in admin.get(url).content.decode()
    admin.post(url)
    assert Errand.objects.count() == 1
    assert operator.post(url).status_code == 302


def test_a_viewer_cannot_ask(world: World, as_person: Callable[[Person | None], Client]) -> None:
    assert as_person(world.viewer).get(f"/a/acme/pbx/{world.service.id}/detect/").status_code == 403
