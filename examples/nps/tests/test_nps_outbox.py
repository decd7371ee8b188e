"""E-mails and CRM entries: to the right person, once, however often it fails at first."""

from __future__ import annotations

from pathlib import Path

import pytest

from nps_fixtures import Clock, Crm, MailServer, running, until


async def test_each_group_reaches_its_person(tmp_path: Path, clock: Clock, mail_server: MailServer) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}") as program:
        for score in (3, 8, 10):
            await program.tell(f"msg_{score}", option_selected=str(score), call_uuid=str(score))
        await until(lambda: len(mail_server.mails) == 3)
    assert {mail["To"]: mail["Subject"] for mail in mail_server.mails} == {
        "account-manager@example.com": "A 3 from 12025550171: please call back",
        "support@example.com": "A 8 from 12025550171: what was missing?",
        "thanks@example.com": "A 10 from 12025550171: say thanks"}
    told = mail_server.mails[0].get_content()  # type: ignore[attr-defined]
    assert 'gave a 3 in the survey "NPS", after a call with Ada Example.' in told
    assert "Called:  12025550101" in told


async def test_a_score_told_three_times_makes_one_mail(
        tmp_path: Path, clock: Clock, mail_server: MailServer) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}") as program:
        for _ in range(3):
            await program.tell("msg_1", option_selected="2")
        await program.tell("msg_2", option_selected="2", call_uuid="another")
        await until(lambda: len(mail_server.mails) == 2)
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 2


async def test_tests_and_other_choices_send_nothing(tmp_path: Path, clock: Clock, mail_server: MailServer) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}") as program:
        await program.tell("a", test=True)
        await program.tell("b", option_selected="#")
        await program.tell("c", option_selected="9", call_uuid="c")
        await until(lambda: mail_server.mails)
    assert [mail["To"] for mail in mail_server.mails] == ["thanks@example.com"]


async def test_a_mail_server_that_fails_is_tried_again_and_gets_it_once(
        tmp_path: Path, clock: Clock, mail_server: MailServer) -> None:
    mail_server.answers = ["451 come back later", "554 no"]
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}") as program:
        await program.tell(option_selected="2")
        await until(lambda: len(mail_server.answers) == 1)
        with program.book() as book:
            await program.turn()
            await program.turn(4)
            assert book.next_due() == clock.now + 1  # not before its time
            await program.turn(1)
            assert book.next_due() == clock.now + 30
            await program.turn(30)
            assert len(mail_server.mails) == 1
            await program.turn(100_000)
            assert book.next_due() is None
            assert [row.told for row in book.scores(0)] == ["mail sent"]
    assert len(mail_server.mails) == 1


async def test_what_is_owed_survives_a_restart(tmp_path: Path, clock: Clock, mail_server: MailServer) -> None:
    dead = {"NPS_SMTP_URL": "smtp://127.0.0.1:1"}
    async with running(tmp_path, clock, **dead) as program:
        await program.tell(option_selected="2")
        with program.book() as book:
            await until(lambda: (book.next_due() or 0) > clock.now)
    clock.now += 5
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}"):
        await until(lambda: mail_server.mails)


async def test_after_three_days_it_is_given_up_and_shown(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL="smtp://127.0.0.1:1") as program:
        await program.tell(option_selected="2")
        with program.book() as book:
            await until(lambda: (book.next_due() or 0) > clock.now)
            await program.turn(3 * 24 * 3600)
            assert book.next_due() is None
        assert "E-mail: given up" in await program.look("/?period=year")


async def test_the_crm_gets_an_entry_also_when_it_was_down(tmp_path: Path, clock: Clock, crm: Crm) -> None:
    crm.statuses = [503]
    async with running(tmp_path, clock, NPS_CRM_URL=crm.url, NPS_CRM_TOKEN="synthetic") as program:
        await program.tell(option_selected="2", date_time="2026-03-04T10:41:55+11:00")
        await until(lambda: crm.keys)
        with program.book() as book:
            await until(lambda: book.next_due() == clock.now + 5)
            await program.turn(5)
    assert crm.entries == [{
        "score": 2, "group": "detractor", "survey": "NPS", "call_uuid": "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77",
        "source_number": "12025550171", "destination_number": "12025550101", "date_time": "2026-03-04T10:41:55+11:00",
        "user": "Ada Example", "extension": "201", "recordings": [], "remark": ""}]
    assert len(crm.keys) == 2
    assert len(set(crm.keys)) == 1


@pytest.mark.parametrize("value", ["12025550171\r\nBcc: x@example.com", "a\u2028b", "$score ${call}"])
async def test_a_caller_cannot_write_headers(
        tmp_path: Path, clock: Clock, mail_server: MailServer, value: str) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}") as program:
        await program.tell(source_number=value)
        await until(lambda: mail_server.mails)
    assert mail_server.mails[0]["Bcc"] is None
