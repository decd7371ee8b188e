"""Lists as files: what the filters find and no more, streamed, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.text_file import plain, safe
from switchhook.web import spreadsheets
from switchhook.web.models import PbxUser
from tests.web.conftest import World
from tests.web.made_up import House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def rows(house: House, path: str, client: Client | None = None) -> list[dict[str, str]]:
    answer: Any = (client or house.client()).get(house.url + path)
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('.csv"')
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_calls_come_as_a_file_within_the_filter(house: House) -> None:
    house.call(number=1)
    house.call(number=2, direction="outbound", source="201", destination="12025550188", state="unanswered")
    assert len(rows(house, "calls.csv")) == 2
    [row] = rows(house, "calls.csv?direction=outbound")
    assert (row["From"], row["To"], row["Came to"], row["Seconds"], row["PBX"]) == (
        "201", "12025550188", "Not answered", "62", "Head Office")
    assert row["Began"] == "2026-03-04 23:02:00.000+11:00"
    assert [row["To"] for row in rows(house, "calls.csv?q=%2B1+202+555+0188")] == ["12025550188"]


def test_deliveries_come_with_their_event_and_integration(house: House) -> None:
    crm, other = house.integration(), house.integration(name="Wallboard")
    event = house.event()
    house.delivery(event, crm, last_status=200)
    house.delivery(event, other, state="failed", last_status=503, last_problem="answered 503")
    [row] = rows(house, "deliveries.csv?state=failed")
    assert (row["Integration"], row["State"], row["Status"], row["Problem"], row["Event"], row["From"]) == (
        "Wallboard", "failed", "503", "answered 503", "Inbound Call Answered", "12025550171")
    assert row["Event ID"] == str(event.id)


def test_events_come_with_every_value(house: House) -> None:
    house.event(EventType.IVR_OPTION, fields={Field.IVR_NAME: "NPS", Field.OPTION_SELECTED: "9"})
    house.event(EventType.INBOUND_RECEIVED, number=2, unwanted="no integration wanted it")
    unwanted, option = rows(house, "events.csv")
    assert (option["Event"], option["IVR Name"], option["Option Selected"]) == ("IVR Option Selected", "NPS", "9")
    assert unwanted["Not sent because"] == "no integration wanted it"
    assert [row["Event"] for row in rows(house, "events.csv?unwanted=1")] == ["Inbound Call Received"]


def test_users_come_as_an_import_understands_them(house: House) -> None:
    ada, ben = rows(house, "users.csv")
    assert ada == {
        "Extension Number": "201", "Name": "Ada Example", "Outbound Phone Number": "12025550100",
        "Has Voicemail": "Yes", "Enabled Calls": "Local, National", "PBX": "Head Office"}
    assert [row["Name"] for row in rows(house, "users.csv?q=Ben")] == [ben["Name"]]
    assert len(rows(house, f"pbx/{house.service.id}/users.csv")) == 2


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "  =1", "|x", "%x"])
def test_nothing_in_a_file_is_a_formula(house: House, name: str) -> None:
    PbxUser.objects.filter(id=house.world.users[0].id).update(name=name)
    first = rows(house, "users.csv")[0]
    assert first["Name"] == "'" + name
    assert plain(first["Name"]) == name


@pytest.mark.parametrize("number", ["12025550101", "+12025550101", "+1 202 555 0101", "-1"])
def test_numbers_stay_numbers(number: str) -> None:
    assert safe(number) == number
    assert plain(number) == number


def test_a_file_goes_on_beyond_a_page_and_ends_at_the_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        house.call(number=number)
        house.delivery(house.event(number=number), house.integration(name=f"CRM {number}"))
    for name in ("calls", "events", "deliveries"):
        monkeypatch.setattr(f"switchhook.web.{'calls' if name == 'calls' else 'deliveries'}.export.ROWS_AT_ONCE", 2)
        assert len(rows(house, f"{name}.csv")) == 7
        monkeypatch.setattr(spreadsheets, "MOST_ROWS", 5)
        assert len(rows(house, f"{name}.csv")) == 5
        monkeypatch.setattr(spreadsheets, "MOST_ROWS", 50_000)


def test_a_stranger_gets_no_file(house: House) -> None:
    for name in ("calls", "events", "deliveries", "users"):
        assert house.client(house.world.stranger).get(f"{house.url}{name}.csv").status_code == 404


def test_each_list_links_to_its_file_within_the_filter(house: House) -> None:
    house.delivery(house.event(), house.integration())
    house.call()
    for page, link in (("calls/?direction=inbound", "calls.csv?direction=inbound"), ("events/", "events.csv?"),
                       ("deliveries/?state=delivered", "deliveries.csv?state=delivered"),
                       ("users/?q=Ada", "users.csv?q=Ada")):
        assert f'href="{house.url}{link}"' in house.client().get(house.url + page).content.decode()
