"""With a real Tryton, which the CRM example brings along: scores become notes, recordings attachments, each once."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm import tryton_server
from nps.crm import CrmFailed, NoContact
from nps.messages import Enclosed, Entry, Sound
from nps.tryton import Tryton, TrytonAccess
from nps_fixtures import CALL, Clock, running

ENTRY = Entry(score=9, group="promoter", survey="NPS", call_uuid=CALL, source_number="12025550171",
              destination_number="12025550101", date_time="2026-03-04T10:41:55+11:00", user="Ada Example",
              extension="201")
SOUND = Sound(name=f"call-{CALL}-1.wav", content_type="audio/wav", content=b"RIFF synthetic \x00\xff WAVE")
ENCLOSED = Enclosed((SOUND,), "The recording of the call is attached.")
CONTACTS = {"Robin Sample": "+1 202 555 0171", "Dana Placeholder": "+1 202 555 0172", "One Twin": "+1 202 555 0182",
            "Other Twin": "+1 302 555 0182"}

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]  # where it is not installed yet


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonAccess]:
    """A Tryton with nobody in it."""
    with tryton_server.running(tryton_server.prepare(), tmp_path_factory.mktemp("tryton")) as started:
        yield TrytonAccess(url=started.url, user=started.user, password=started.password)


@pytest.fixture
async def tryton(access: TrytonAccess) -> AsyncIterator[Tryton]:
    """A connection to it, with the contacts in it."""
    crm = Tryton(access)
    if not await crm.call("party.party.search", [], 0, 1, None):
        await crm.call("party.party.create", [
            {"name": name, "contact_mechanisms": [["create", [{"type": "phone", "value": number}]]]}
            for name, number in CONTACTS.items()])
    yield crm
    await crm.close()


async def kept(tryton: Tryton, model: str, name: str, *fields: str) -> list[dict[str, Any]]:
    """What the contact of that name has, the newest first."""
    owners = await tryton.call("party.party.search", [["name", "=", name]], 0, 1, None)
    assert isinstance(owners, list)
    where = [["resource", "=", f"party.party,{owners[0]}"]]
    found = await tryton.call(f"{model}.search_read", where, 0, 10, [["id", "DESC"]], fields)
    assert isinstance(found, list)
    return found


async def test_a_score_that_is_sent_twice_is_entered_once_with_its_recording(tryton: Tryton) -> None:
    for _ in range(2):  # we died before we had noted that it was taken
        await tryton.add_score(ENTRY, ENCLOSED, reference="msg_1.7%_\\")
    (note,) = await kept(tryton, "ir.note", "Robin Sample", "message")
    assert note["message"] == (
        "9 of 10 in the survey NPS (promoter)\n2026-03-04T10:41:55+11:00, from 12025550171 to 12025550101\n"
        "Answered by Ada Example · 201\nThe recording of the call is attached.\nReference: msg_1.7%_\\")
    (attachment,) = await kept(tryton, "ir.attachment", "Robin Sample", "name", "data")
    assert attachment["name"] == SOUND.name
    assert base64.b64decode(attachment["data"]["base64"]) == SOUND.content


async def test_of_two_who_share_the_last_digits_the_whole_number_decides(tryton: Tryton) -> None:
    await tryton.add_score(replace(ENTRY, source_number="13025550182"), Enclosed(), reference="a")
    assert len(await kept(tryton, "ir.note", "Other Twin", "message")) == 1
    assert not await kept(tryton, "ir.note", "One Twin", "message")
    with pytest.raises(NoContact):
        await tryton.add_score(replace(ENTRY, source_number="25550182"), Enclosed(), reference="b")


@pytest.mark.parametrize("number", ["12025550199", "5550171", "anonymous", None])
async def test_who_is_not_in_the_crm_is_no_contact(tryton: Tryton, number: str | None) -> None:
    with pytest.raises(NoContact):
        await tryton.add_score(replace(ENTRY, source_number=number), Enclosed(), reference="c")


async def test_a_caller_whom_the_crm_does_not_know_is_shown_as_such(
        tryton: Tryton, access: TrytonAccess, tmp_path: Path, clock: Clock) -> None:
    settings = {"NPS_TRYTON_URL": access.url, "NPS_TRYTON_USER": access.user, "NPS_TRYTON_PASSWORD": access.password}
    async with running(tmp_path, clock, **settings) as program:
        await program.tell(source_number="12025550199")
        await program.turn()
        assert "CRM: no such contact" in await program.look()


async def test_a_wrong_password_is_said_and_an_ended_session_is_begun_anew(
        tryton: Tryton, access: TrytonAccess) -> None:
    wrong = Tryton(replace(access, password="wrong"))
    with pytest.raises(CrmFailed, match="refuses the user or the password"):
        await wrong.add_score(ENTRY, Enclosed(), reference="d")
    await wrong.close()
    ours = await tryton.call("res.user.search", [["login", "=", access.user]], 0, 1, None)
    await tryton.call("res.user.write", ours, {"password": access.password})  # which ends all sessions
    await tryton.add_score(replace(ENTRY, source_number="(202) 555-0172"), Enclosed(), reference="e")
    assert len(await kept(tryton, "ir.note", "Dana Placeholder", "message")) == 1
