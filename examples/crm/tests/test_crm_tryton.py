"""With a real Tryton: webhooks go in, and what they brought is read back out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.book import State
from crm.contacts import CrmFailed, PhoneNumber
from crm.demo import set_up
from crm.hook import Kind
from crm.tryton import Tryton, TrytonAccess
from crm_fixtures import Clock, running, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # the first time, Tryton is installed

EVENTS = ((Kind.USER_CREATED, {}), (Kind.RECEIVED, {}), (Kind.RINGING, {}), (Kind.ANSWERED, {}), (Kind.ENDED, {}),
          (Kind.MISSED, {"call_uuid": "another"}), (Kind.ENDED, {"call_uuid": "another", "disposition": "missed"}))


async def test_webhooks_become_a_task_activities_and_a_screen_pop(
        tryton: TrytonAccess, tmp_path: Path, clock: Clock) -> None:
    await set_up(tryton)
    async with running(tmp_path, clock, tryton) as program:
        for number, (kind, values) in enumerate(EVENTS):
            for _ in range(2):  # every request comes twice
                assert await program.tell(kind, f"msg_{number}", **values) == 204
        await until(lambda: {line.state for line in program.lines()} == {State.DONE})
        await program.look_until("/pop/201/now", "Robin Sample")

        contact = await program.crm.find_contact(PhoneNumber("+12025550171", ""))
        assert contact
        assert contact.name == "Robin Sample"
        assert [one.split(" · ")[0][17:] for one in contact.latest] == [
            "Call missed", "Call ended: talked for 2:08", "Call answered"]
        checks = [["type", "=", "task"], ["name", "like", "Wellness check%"]]
        tasks = await program.crm.call("project.work.search_read", checks, 0, 9, None,
                                       ["name", "parent.rec_name", "status.rec_name"])
        assert isinstance(tasks, list)
        assert [(one["name"], one["parent."]["rec_name"], one["status."]["rec_name"]) for one in tasks] == [
            ("Wellness check: call Ada Example (extension 201)", "Call-backs of Sam Example", "Open")]


async def test_what_is_in_tryton_already_is_not_added_again(
        tryton: TrytonAccess, tmp_path: Path, clock: Clock) -> None:
    """We die after Tryton has taken an entry and before that is noted: then it is tried again."""
    await set_up(tryton)
    async with Tryton(tryton) as crm:
        dana = PhoneNumber("+12025550172", "")
        for _ in range(2):
            contact = await crm.find_contact(dana)
            assert contact
            await crm.add_activity("Call answered", contact, reference="call/100%_\\/answered")
            await crm.add_task("Call Dana", "", contact, reference="user/msg_1")
        found = await crm.find_contact(dana)
        assert found
        assert found.latest == ("Call answered",)
        assert await crm.call("project.work.search_count", [["name", "=", "Call Dana"]], 0, None) == 1


async def test_a_contact_is_found_by_its_last_eight_digits_unless_two_have_them(tryton: TrytonAccess) -> None:
    await set_up(tryton)
    async with Tryton(tryton) as crm:
        for name, number in (("One", "+1 202 555 0182"), ("Two", "+1 302 555 0182")):
            mechanisms = [["create", [{"type": "phone", "value": number}]]]
            await crm.call("party.party.create", [{"name": name, "contact_mechanisms": mechanisms}])

        async def name_of(e164: str, written: str) -> str | None:
            found = await crm.find_contact(PhoneNumber(e164, written))
            return found.name if found else None

        assert await name_of("", "(202) 555-0171") == "Robin Sample"
        assert await name_of("+13025550171", "") == "Robin Sample"
        assert await name_of("+13025550182", "") == "Two"
        assert await name_of("", "2025550182") is None  # either could be meant
        assert await name_of("", "5550171") is None  # fewer than eight digits say too little
        assert await name_of("", "12025551") is None  # Robin's number has these digits, but between others
        assert await name_of("+12025550199", "") is None
        assert await name_of("", "") is None


async def test_a_session_that_ended_is_begun_anew_and_a_wrong_password_is_said(tryton: TrytonAccess) -> None:
    await set_up(tryton)
    async with Tryton(tryton) as crm:
        assert await crm.find_contact(PhoneNumber("+12025550171", ""))
        ours = await crm.call("res.user.search", [["login", "=", tryton.user]], 0, 1, None)
        await crm.call("res.user.write", ours, {"password": tryton.password})  # which ends all sessions
        assert await crm.find_contact(PhoneNumber("+12025550171", ""))
    other = TrytonAccess(url=tryton.url, user="admin", password="wrong", account_manager="")
    async with Tryton(other) as crm:
        with pytest.raises(CrmFailed, match="refuses the user or the password"):
            await crm.find_contact(PhoneNumber("+12025550171", ""))
