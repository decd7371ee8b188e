"""Listening in the portal and by link: who may, until when, and what the operator sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from switchhook.domain.recording_links import RecordingLinks
from switchhook.web.accounts.models import AccountState
from switchhook.web.models import Account, AuditEntry, Call, Person, Service
from switchhook.web.recordings.wav import seconds_of
from switchhook.web.secrets import unseal
from tests.web.conftest import World
from tests.web.recordings.conftest import BELOW, NAMED, SOUND, put, recorded, sound

AsPerson = Callable[[Person | None], Client]


def link(call: Call, file: str = NAMED, *, days: float = 7) -> str:
    """As the engine makes it, for a call of just now."""
    links = RecordingLinks(portal_url="", keys=settings.SWITCHHOOK.keys(), valid=timedelta(days=days))
    return links.url(call.id, file, datetime.now(UTC))


# -- the portal ----------------------------------------------------------------------------------


def test_a_calls_page_asks_for_its_recordings_and_these_have_a_player(world: World, root: Path, admin: Client) -> None:
    put(root)
    call = recorded(world)
    page = admin.get(f"/a/acme/calls/{call.id}/")
    assert f"/a/acme/calls/{call.id}/recordings/" in page.content.decode()
    assert "media-src 'self'" in page["Content-Security-Policy"]
    card = admin.get(f"/a/acme/calls/{call.id}/recordings/").content.decode()
    assert f'<audio controls preload="none" src="/a/acme/calls/{call.id}/recordings/1/"' in card
    assert "2 s" in card
    assert "hx-trigger" not in card


def test_while_a_recording_is_pending_its_card_asks_again(world: World, root: Path, admin: Client) -> None:
    call = recorded(world, ended_ms=None)
    card = admin.get(f"/a/acme/calls/{call.id}/recordings/").content.decode()
    assert 'hx-trigger="every 10s"' in card
    assert "<audio" not in card
    assert "The call goes on." in card
    assert admin.get(f"/a/acme/calls/{call.id}/recordings/?seen=.pending.1").status_code == 204
    assert "?seen=.pending.1" in card
    answer = admin.get(f"/a/acme/calls/{call.id}/recordings/1/")
    assert (answer.status_code, answer["Retry-After"]) == (409, "30")


def test_who_may_see_the_call_may_listen_and_nobody_else(world: World, root: Path, as_person: AsPerson) -> None:
    put(root)
    url = f"/a/acme/calls/{recorded(world).id}/recordings/1/"
    for person in (world.viewer, world.admin, world.operator):
        answer = as_person(person).get(url, headers={"Range": "bytes=0-3"})
        assert (answer.status_code, b"".join(answer)) == (206, b"RIFF")
    for person in (world.stranger, world.nobody):
        assert as_person(person).get(url).status_code == 404
        assert as_person(person).get(url.replace("/acme/", "/other/")).status_code == 404
    assert as_person(None).get(url).status_code == 302


def test_a_recording_that_is_not_there_is_said_in_words(world: World, root: Path, admin: Client) -> None:
    call = recorded(world, NAMED, "/etc/passwd.wav", "../x.wav")
    card = admin.get(f"/a/acme/calls/{call.id}/recordings/").content.decode()
    assert "The file is not there any more." in card
    assert "outside of the directory" in card
    statuses = [admin.get(f"/a/acme/calls/{call.id}/recordings/{number}/").status_code for number in (1, 2, 3, 4, 0)]
    assert statuses == [410, 404, 404, 404, 404]


def test_a_call_without_recordings_has_no_card(world: World, root: Path, admin: Client) -> None:
    call = recorded(world)
    Call.objects.filter(id=call.id).update(recordings="[]")
    assert 'id="recordings"' not in admin.get(f"/a/acme/calls/{call.id}/").content.decode()
    assert "Recording" not in admin.get(f"/a/acme/calls/{call.id}/recordings/").content.decode()


# -- links ---------------------------------------------------------------------------------------


def test_a_link_plays_without_a_login_until_it_expires(world: World, root: Path) -> None:
    put(root)
    call = recorded(world, "first.wav", NAMED)
    answer = Client().get(link(call), headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer["Content-Type"], b"".join(answer)) == (206, "audio/wav", b"RIFF")
    assert Client().head(link(call)).status_code == 200
    assert Client().post(link(call)).status_code == 405
    assert Client().get(link(call, days=-1)).status_code == 410
    beyond = Client().get(link(call), headers={"Range": f"bytes={len(SOUND)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_a_link_leads_to_that_recording_alone(world: World, root: Path) -> None:
    put(root)
    call = recorded(world)
    assert Client().get(link(call, "other.wav")).status_code == 404
    assert Client().get(link(Call(id=uuid4()))).status_code == 404
    assert Client().get("/recordings/made-up").status_code == 404
    good = link(call)
    assert Client().get(good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")).status_code == 404


def test_a_link_to_what_is_pending_says_when_to_come_again(world: World, root: Path) -> None:
    answer = Client().get(link(recorded(world, ended_ms=time.time_ns() // 1_000_000)))
    assert (answer.status_code, answer["Retry-After"]) == (409, "10")


def test_the_links_of_a_suspended_account_rest(world: World, root: Path) -> None:
    put(root)
    url = link(recorded(world))
    Account.objects.filter(id=world.account.id).update(state=AccountState.SUSPENDED)
    assert Client().get(url).status_code == 404


# -- what the operator sets --------------------------------------------------------------------------


def test_the_operator_says_where_recordings_are_and_sees_what_is_found(
    world: World, tmp_path: Path, operator: Client,
) -> None:
    put(tmp_path)
    recorded(world, NAMED, "../x.wav")
    url = f"/operator/services/{world.service.id}/recordings/"
    posted = operator.post(url, {
        "recordings_root": str(tmp_path), "recordings_base": "/var/spool/asterisk/monitor", "recordings_pattern": ""})
    assert posted.status_code == 302
    page = operator.get(url).content.decode()
    assert "Ready" in page
    assert BELOW in page
    assert "This file is not looked for" in page


@pytest.mark.parametrize(("field", "value", "words"), [
    ("recordings_root", "monitor", "Write a directory"),
    ("recordings_root", "sftp://user:pw@pbx.example.com/x", "storage options"),
    ("recordings_root", "nonsense://x", "no kind of storage called nonsense"),
    ("recordings_root", "zip://x::s3://b", "Write a directory"),
    ("recordings_root", "https://files.example.com/x?token=1", "no ?"),
    ("recordings_base", "../x", "absolute path"),
    ("recordings_pattern", "../{file_name}", "names of directories"),
    ("recordings_pattern", "{when}.wav", "There is no {when}"),
    ("options", "nonsense", "This is no JSON"),
    ("options", "[1]", "Write a JSON object"),
])
def test_what_cannot_be_is_refused_in_words(
    field: str, value: str, words: str, world: World, operator: Client,
) -> None:
    answer = operator.post(f"/operator/services/{world.service.id}/recordings/", {field: value})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    world.service.refresh_from_db()
    assert world.service.recordings_root == ""


def test_storage_options_are_sealed_kept_replaced_and_never_shown(world: World, operator: Client) -> None:
    url = f"/operator/services/{world.service.id}/recordings/"

    def options() -> str:
        row = Service.objects.get(id=world.service.id)
        return unseal(row.recordings_options_sealed, f"service:{row.id}:recordings_options")

    root = {"recordings_root": "s3://bucket/x"}
    operator.post(url, root | {"options": '{"key": "k", "secret": "not-to-be-seen"}'})
    assert "not-to-be-seen" not in Service.objects.get(id=world.service.id).recordings_options_sealed
    assert "not-to-be-seen" in options()
    operator.post(url, {"recordings_root": ""})
    assert "not-to-be-seen" in options()
    assert "not-to-be-seen" not in operator.get(url).content.decode()
    assert all("not-to-be-seen" not in str(entry.changes) for entry in AuditEntry.objects.all())
    operator.post(url, {"recordings_root": "", "forget_options": "on"})
    assert options() == ""


def test_only_the_operator_says_where_recordings_are(world: World, admin: Client) -> None:
    answer = admin.post(f"/operator/services/{world.service.id}/recordings/", {"recordings_root": "/etc"})
    assert answer.status_code == 403


# -- length ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.5, 2, 60])
def test_how_long_a_wav_file_is(seconds: float) -> None:
    content = sound(seconds)
    assert seconds_of(content[:4096], len(content)) == pytest.approx(seconds, abs=0.02)


def test_a_header_that_was_never_finished_counts_what_is_there() -> None:
    content = bytearray(sound(2))
    content[40:44] = bytes(4)
    assert seconds_of(bytes(content), len(content)) == 2


@pytest.mark.parametrize("header", [b"", b"RIFF", b"ID3", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff",
                                    b"RIFF\0\0\0\0WAVEdata\0\0\0\0", SOUND[:30]])
def test_what_is_no_whole_header_has_no_length(header: bytes) -> None:
    assert seconds_of(header, 1000) is None
