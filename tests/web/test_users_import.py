"""Import of users: the dry run says what would happen and what is wrong, and nothing happens before it is confirmed."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from switchhook.domain.catalogue import EventType
from switchhook.web.models import Account, Errand, PbxUser
from switchhook.web.users import csv_directory
from tests.web.conftest import World
from tests.web.made_up import House

FILE = """Extension Number,Name,Outbound Phone Number,Has Voicemail,Enabled Calls
201,Ada Example,12025550100,Yes,"Local, National"
202,Ben Specimen,12025550100,Yes,"Local, National"
203,Cora Placeholder,+1 202 555 0103,no,local;Mobile
"""


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def sent(house: House, data: dict[str, Any]) -> str:
    answer = house.client().post(f"{house.pbx_url}users/import/", data)
    assert answer.status_code == 200, answer
    return unescape(re.sub(r"<svg.*?</svg>|\s+", " ", answer.content.decode(), flags=re.DOTALL))


def hidden(page: str) -> dict[str, str]:
    """What the button Import sends."""
    confirmed = re.search(r'name="confirmed" value="([0-9a-f]+)"', page)
    assert confirmed
    missing = {"delete_missing": "on"} if 'name="delete_missing" value="on"' in page else {}
    return {"confirmed": confirmed[1]} | missing


def confirm(house: House, page: str, text: str) -> str:
    """The page after the import."""
    answer = house.client().post(f"{house.pbx_url}users/import/", {"text": text, **hidden(page)}, follow=True)
    assert answer.redirect_chain == [(f"{house.pbx_url}users/", 302)]
    return answer.content.decode()


def told() -> list[tuple[str, str]]:
    found = [json.loads(one.args) for one in Errand.objects.order_by("created_at_ms", "id")]
    return sorted((one["type"], one["user"]["extension_number"]) for one in found)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(house: House) -> None:
    house.integration(EventType.USER_MODIFIED, name="Directory")
    page = sent(house, {"file": SimpleUploadedFile("users.csv", FILE.encode("utf-8-sig"))})
    assert "This will create 1, modify 1 and fire 2 events; 1 will stay as it is." in page
    assert "Create User, 1 time: no enabled integration listens" in page
    assert "Modify User, 1 time: sent to 1 integration" in page
    assert "Name: Ben Sample → Ben Specimen" in page
    assert PbxUser.objects.filter(service=house.service).count() == 2
    assert told() == []


def test_what_was_shown_is_done_when_it_is_confirmed(house: House) -> None:
    page = sent(house, {"text": FILE})
    assert "1 user created, 1 user modified." in confirm(house, page, FILE)
    assert told() == [("user.created", "203"), ("user.modified", "202")]
    cora = PbxUser.objects.get(service=house.service, extension_number="203")
    assert (cora.name, cora.outbound_phone_number, cora.has_voicemail, cora.enabled_calls) == (
        "Cora Placeholder", "+12025550103", False, ["Local", "Mobile"])


def test_users_who_are_missing_are_deleted_only_when_that_is_ticked(house: House) -> None:
    text = "Extension Number;Name\n201;Ada Example\n"
    assert "there is nothing to do" in sent(house, {"text": text})
    page = sent(house, {"text": text, "delete_missing": "on"})
    assert "create 0, modify 0, delete 1 and fire 1 event;" in page
    confirm(house, page, text)
    assert told() == [("user.deleted", "202")]


def test_a_full_account_imports_as_many_users_as_it_loses_and_says_so_when_there_are_more(house: House) -> None:
    Account.objects.filter(id=house.account.id).update(max_users=2)
    two = "Extension Number,Name\n301,Eve Example\n302,Finn Fabricated\n"
    page = sent(house, {"text": two})
    page = sent(house, {"text": two, **hidden(page)})
    assert "This account may have 2 users and has 2." in page
    assert "Eve Example" in page  # what was sent is still there
    page = sent(house, {"text": two, "delete_missing": "on"})
    confirm(house, page, two)
    assert sorted(house.service.users.values_list("extension_number", flat=True)) == ["301", "302"]


def test_a_plan_that_is_no_longer_true_is_shown_anew(house: House) -> None:
    page = sent(house, {"text": FILE})
    PbxUser.objects.filter(extension_number="202").update(name="Ben Changed")
    again = sent(house, {"text": FILE, **hidden(page)})
    assert "Nothing was done." in again
    assert "Ben Changed → Ben Specimen" in again
    assert told() == []


@pytest.mark.parametrize(("text", "complaint"), [
    ("Name\nAda\n", "Line 1: The first line must name the columns, and Extension Number must be one of them."),
    ("Extension,Number\n1,1\n", "Line 1: Two columns are for extension number."),
    ("Extension Number,Name\n", "There is no user in it"),
    ("Extension Number,Name\n2x1,Ada\n", "Line 2: Extension Number “2x1”: An extension number has digits, * and #"),
    ("Extension Number,Name\n\n209,\n", "Line 3: Name: This field is required."),
    ("Extension Number,Name\n209,Ada\n209,Ben\n", "Line 3: Extension Number “209”: This extension is there twice."),
    ("Extension Number,Name,Has Voicemail\n209,Ada,maybe\n", "Line 2: Has Voicemail: “maybe” is neither Yes nor No."),
    ("Extension Number,Name,Enabled Calls\n209,Ada,Moon\n", "Line 2: Enabled Calls: “Moon” is none of Local,"),
    ("Extension Number,Name,Outbound Phone Number\n209,Ada,12x\n", "Line 2: Outbound Phone Number “12x”: A phone"),
    ("Extension Number,Name\n209,Ada,more\n", "Line 2: This line has more cells than there are columns."),
    ("Extension Number,Name\n" + "".join(f"{n},U\n" for n in range(1000, 3001)), "Line 2002: At most 2,000 users"),
])
def test_each_mistake_is_told_by_its_line(house: House, text: str, complaint: str) -> None:
    page = sent(house, {"text": text})
    assert complaint in page
    assert "Nothing is imported" in page
    assert 'name="confirmed"' not in page


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(house: House) -> None:
    lines = "Extension Number,Name,Has Voicemail", ",Nobody,yes", "204,Eve,perhaps", "205,Fay,no", "205,Fay,no"
    page = sent(house, {"text": "\n".join(lines)})
    assert re.findall(r"Line (\d+)", page) == ["2", "3", "5"]
    assert not house.service.users.filter(extension_number__in=["204", "205"]).exists()


@pytest.mark.parametrize(("data", "complaint"), [
    ({}, "Choose a CSV file, or paste its text."),
    ({"file": SimpleUploadedFile("users.csv", b"x" * 600_000)}, "The file is larger than 512 KiB."),
])
def test_without_a_file_one_is_asked_for(house: House, data: dict[str, Any], complaint: str) -> None:
    assert complaint in sent(house, data)


def test_what_was_exported_is_imported_without_a_change(house: House) -> None:
    PbxUser.objects.filter(extension_number="201").update(name="=Ada")
    answer: Any = house.client().get(f"{house.pbx_url}users.csv")
    page = sent(house, {"file": SimpleUploadedFile("users.csv", answer.getvalue())})
    assert "All 2 users are as the file says: there is nothing to do." in page
    assert "Left out, as it means nothing here: PBX." in page


def test_a_file_of_an_old_spreadsheet_is_read(house: House) -> None:
    page = sent(house, {"file": SimpleUploadedFile("users.csv", "Extension Number;Name\n209;Zoë\n".encode("cp1252"))})
    assert "Zoë" in page


def test_columns_are_known_by_more_than_one_name() -> None:
    found = csv_directory.read("extension_number\tVOICEMAIL\tNonsense\n201\tx\t1\n")
    assert (found.users, found.left_out) == ([{"extension_number": "201", "has_voicemail": True}], ["Nonsense"])


def test_a_viewer_imports_nothing(house: House) -> None:
    viewer = house.client(house.world.viewer)
    assert viewer.get(f"{house.pbx_url}users/import/").status_code == 403
    assert viewer.post(f"{house.pbx_url}users/import/", {"text": FILE}).status_code == 403
    assert "Import" not in viewer.get(f"{house.pbx_url}users/").content.decode()
