"""The guided test call's page: it watches for a call, and says what was seen of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from switchhook.domain.catalogue import EventType
from switchhook.web.models import ConnectionState, Person, Service, UnclaimedCall

from .conftest import World
from .made_up import A_CALL, NOON_MS, House


def _url(world: World) -> str:
    return f"/a/acme/pbx/{world.service.id}/guided/"


def _watching(world: World, call: str = "inbound", number: str = "") -> str:
    return f"{_url(world)}?call={call}&number={number}&since={NOON_MS}"


def _connected(world: World) -> None:
    ConnectionState.objects.create(
        connection_id=world.connection.id, state="connected", since_ms=1, detail="", last_message_at_ms=NOON_MS + 1,
        messages=10, reconnects=0, unclaimed=0)


def test_starting_remembers_the_moment_in_the_url_and_then_asks_again_and_again(world: World, admin: Client) -> None:
    assert "A call to a menu" in admin.get(_url(world)).content.decode()
    _connected(world)
    before = time.time_ns() // 1_000_000
    answer = admin.get(_url(world), {"call": "menu", "number": "+1 202 555 0171"})
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert (query["call"], query["number"]) == (["menu"], ["+1 202 555 0171"])
    assert before <= int(query["since"][0]) <= time.time_ns() // 1_000_000
    page = admin.get(answer["Location"]).content.decode()
    assert "Waiting for your call." in page
    assert "every 2s" in page


def test_a_call_is_followed_step_by_step_with_what_was_seen(world: World, admin: Client) -> None:
    house = House(world)
    _connected(world)
    house.integration(EventType.INBOUND_RECEIVED)
    received = house.event(EventType.INBOUND_RECEIVED)
    house.delivery(received, house.integration(EventType.INBOUND_RECEIVED, name="Second"))
    house.call({"kind": "fact", "text": "The phone of 201 rings."}, id_=A_CALL)
    page = admin.get(_watching(world))
    assert [one.state.value for one in page.context["steps"]] == ["seen"] * 4 + ["missing", "seen"]
    text = page.content.decode()
    for words in ("12025550171", "The phone of 201 rings.", "Nobody answered before the call ended"):
        assert words in text


def test_of_several_calls_the_one_of_the_persons_number_is_picked_out(world: World, admin: Client) -> None:
    house = House(world)
    house.call(number=1, source="12025550171")
    house.call(number=2, source="12025550999")
    assert admin.get(_watching(world)).context["call"].source_number == "12025550999"
    assert admin.get(_watching(world, number="0171")).context["call"].source_number == "12025550171"
    assert admin.get(_watching(world, number="0172")).context["call"] is None


def test_a_call_that_was_over_before_is_none_of_it(world: World, admin: Client) -> None:
    House(world).call(number=-2)
    assert admin.get(_watching(world)).context["call"] is None


def test_the_clock_of_the_pbx_may_be_late(world: World, admin: Client) -> None:
    House(world).call(number=-1)  # over a moment after the person began
    assert admin.get(_watching(world)).context["call"] is not None


def test_a_call_that_has_been_open_for_long_is_another(world: World, admin: Client) -> None:
    House(world).call(number=-30, ended_ms=None)
    assert admin.get(_watching(world)).context["call"] is None


def test_a_stray_call_is_told_of_to_who_may_know(
    world: World, admin: Client, as_person: Callable[[Person | None], Client],
) -> None:
    _connected(world)
    UnclaimedCall.objects.create(
        connection_id=world.connection.id, native_call_id="1", at_ms=NOON_MS + 1, device="", caller_number="",
        dialled="", tenant="other", place="", account_code="")
    told = "belongs to no PBX here"
    assert told in admin.get(_watching(world)).content.decode()
    Service.objects.filter(id=world.other_service.id).update(connection=world.connection, tenant_key="b")
    assert told not in admin.get(_watching(world)).content.decode()
    assert told in as_person(world.operator).get(_watching(world)).content.decode()


def test_what_is_no_moment_begins_anew(world: World, admin: Client) -> None:
    for since in ("", "yesterday", "9" * 40):
        answer = admin.get(f"{_url(world)}?call=inbound&since={since}")
        assert re.search(r"since=\d{13}$", answer["Location"])
    assert admin.get(f"{_url(world)}?call=nonsense").status_code == 200
