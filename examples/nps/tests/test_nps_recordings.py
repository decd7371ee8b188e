"""Recordings: waited for, sent along, listened to; and what is said when there is none."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nps_fixtures import CALL, TOKEN, Clock, Crm, MailServer, Program, Switchhook, running, until


@asynccontextmanager
async def listening(
    state: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer, **settings: str,
) -> AsyncIterator[Program]:
    """The program, with e-mails and recordings."""
    smtp = {"NPS_SMTP_URL": f"smtp://127.0.0.1:{mail_server.port}"}
    api = {"NPS_API_URL": switchhook.url, "NPS_API_TOKEN": TOKEN}
    async with running(state, clock, **smtp, **api, **settings) as program:
        yield program


async def test_the_mail_has_the_recording_attached(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer) -> None:
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        assert "Awaited: The call goes on." in await program.look()
        await program.turn(8)
    (mail,) = mail_server.mails
    (attached,) = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("audio/wav", f"call-{CALL}-1.wav")
    assert attached.get_content() == switchhook.sound
    told = mail.get_body()
    assert told
    assert told.get_content().endswith("\n\nThe recording of the call is attached.\n")


async def test_nothing_is_sent_while_the_recording_is_pending_also_across_a_restart(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer, crm: Crm) -> None:
    switchhook.states = ["goes on", "pending", "ready"]
    async with listening(tmp_path, clock, switchhook, mail_server, NPS_CRM_URL=crm.url) as program:
        await program.tell()
        await program.turn(8)
        assert not mail_server.mails
        await program.turn(29)  # not before its time
        assert not mail_server.mails
        await program.turn(1)
        assert not mail_server.mails
    async with listening(tmp_path, clock, switchhook, mail_server, NPS_CRM_URL=crm.url) as program:
        await program.turn(29)  # Retry-After: 30
        assert not mail_server.mails
        await program.turn(1)
        assert len(mail_server.mails) == 1
    assert len(mail_server.mails) == 1
    (recording,) = crm.entries[0]["recordings"]  # type: ignore[misc, attr-defined]
    assert base64.b64decode(recording["base64"]) == switchhook.sound


@pytest.mark.parametrize(("state", "why"), [
    ("not recorded", "This call was not recorded."), ("none", "A synthetic reason: none."),
    ("deleted", "A synthetic reason: deleted.")])
async def test_without_a_recording_the_mail_is_sent_and_says_so(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer, state: str, why: str) -> None:
    switchhook.states = [state]
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        await program.turn(8)
        assert len(mail_server.mails) == 1
        assert f"None: {why}" in await program.look()
        await program.look(f"/recordings/{CALL}/1", 404)
    (mail,) = mail_server.mails
    assert mail.get_content().endswith(f"\n\nThere is no recording: {why}\n")


async def test_a_recording_that_goes_away_before_the_mail_is_sent_is_said_to_be_gone(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer) -> None:
    mail_server.answers = ["451 come back later"]
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        await program.turn(8)
        assert not mail_server.mails
        switchhook.media_state = "deleted"
        await program.turn(5)
        assert len(mail_server.mails) == 1
    assert "it is not there any more" in mail_server.mails[0].get_content()


@pytest.mark.parametrize("status", [401, 500, 503])
async def test_an_api_that_fails_delays_the_mail_an_hour_at_most(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer, status: int) -> None:
    switchhook.status = status
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        for _ in range(57):
            await program.turn(60)
        assert not mail_server.mails
        await program.turn(120)
        await program.turn(60)
        assert len(mail_server.mails) == 1
    assert "There is no recording: After an hour: " in mail_server.mails[0].get_content()


@pytest.mark.parametrize("nonsense", ["<html>", "[]", "{}", '{"data": 7}', '{"data": [{"number": 1}]}', "404"])
async def test_what_is_no_switchhook_is_asked_again_and_harms_nothing(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer, nonsense: str) -> None:
    switchhook.nonsense = nonsense
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        await program.turn(8)
        assert "Awaited: " in await program.look()
        switchhook.nonsense = ""
        await program.turn(120)
        assert len(mail_server.mails) == 1


async def test_a_recording_that_is_too_large_is_not_sent(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer) -> None:
    switchhook.sound = bytes(15 * 1024 * 1024 + 1)
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
        await program.turn(8)
        assert len(mail_server.mails) == 1
    assert "too large to be sent: listen to it on the dashboard" in mail_server.mails[0].get_content()


async def test_the_dashboard_plays_it_whole_and_in_parts(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer) -> None:
    async with listening(tmp_path, clock, switchhook, mail_server, NPS_PASSWORD="synthetic") as program:
        await program.tell()
        await program.turn(8)
        await program.look(f"/recordings/{CALL}/1", 401)
        password = {"Authorization": "Basic " + base64.b64encode(b"x:synthetic").decode()}
        path = f"/recordings/{CALL}/1"
        assert f'<audio controls preload="none" src="{path}"' in await program.look("/", **password)
        async with program.session.get(program.url + path, headers=password) as answer:
            assert (answer.content_type, await answer.read()) == ("audio/wav", switchhook.sound)
        async with program.session.get(program.url + path, headers=password | {"Range": "bytes=4-7"}) as answer:
            assert (answer.status, await answer.read()) == (206, switchhook.sound[4:8])
            assert answer.headers["Content-Range"] == f"bytes 4-7/{len(switchhook.sound)}"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        await program.look(f"/recordings/{CALL}/2", 404, **password)
        switchhook.media_state = "deleted"
        await program.look(path, 410, **password)


async def test_a_mail_waits_for_no_recording_where_none_is_asked_for_any_more(
        tmp_path: Path, clock: Clock, switchhook: Switchhook, mail_server: MailServer) -> None:
    switchhook.states = ["pending"]
    async with listening(tmp_path, clock, switchhook, mail_server) as program:
        await program.tell()
    clock.now += 8
    async with running(tmp_path, clock, NPS_SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}"):
        await until(lambda: mail_server.mails)
    assert "Recordings are not asked for any more." in mail_server.mails[0].get_content()
