"""Recordings over the API: what there is, listening by ranges, and what is said where nothing can be had."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchhook.web.members.models import Role
from switchhook.web.models import Call, Member
from switchhook.web.recordings.recorded import look_at
from switchhook.web.secrets import seal
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, Program, make_program, problem, program
from tests.web.conftest import World
from tests.web.recordings.conftest import BELOW, NAMED, SOUND, kept_at, put, recorded

assert make_program, program  # fixtures


def url(call: Call, number: int | None = None) -> str:
    found = f"/services/{call.service_id}/calls/{call.id}/recordings"
    return found if number is None else f"{found}/{number}/media"


def heard(response: HttpResponse, status: int = 200) -> bytes:
    assert response.status_code == status, getattr(response, "content", b"")
    return b"".join(response)


def test_a_calls_recordings_are_listed_with_length_size_and_type(world: World, root: Path, program: Program) -> None:
    put(root)
    call = recorded(world, NAMED, "second.mp3")
    found = program.get(url(call))
    assert found["state"] == "ready"
    first, second = found["data"]
    assert first == {"number": 1, "state": "ready", "file": NAMED, "content_type": "audio/wav", "size": len(SOUND),
                     "seconds": 2.0, "reason": ""}
    assert (second["number"], second["state"], second["size"], second["seconds"]) == (2, "deleted", None, None)


def test_a_call_that_was_not_recorded_has_none(world: World, root: Path, program: Program) -> None:
    call = recorded(world)
    Call.objects.filter(id=call.id).update(recordings="[]")
    assert program.get(url(call)) == {"state": "none", "data": []}
    program.refused("GET", url(call, 1), status=404)


def test_a_recording_is_streamed_whole_with_its_type(world: World, root: Path, program: Program) -> None:
    put(root)
    answer = program.ask("GET", url(recorded(world), 1))
    assert heard(answer) == SOUND
    assert (answer["Content-Type"], answer["Content-Length"], answer["Accept-Ranges"]) == (
        "audio/wav", str(len(SOUND)), "bytes")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert BELOW.rpartition("/")[2] in answer["Content-Disposition"]


@pytest.mark.parametrize(("wanted", "begin", "end"), [
    ("bytes=0-99", 0, 100), ("bytes=100-", 100, len(SOUND)), ("bytes=-10", len(SOUND) - 10, len(SOUND)),
    ("bytes=0-0", 0, 1), (f"bytes=10-{10**15}", 10, len(SOUND)), (f"bytes=-{10**15}", 0, len(SOUND)),
])
def test_a_range_is_answered_with_that_part(
    wanted: str, begin: int, end: int, world: World, root: Path, program: Program,
) -> None:
    put(root)
    answer = program.ask("GET", url(recorded(world), 1), Range=wanted)
    assert heard(answer, 206) == SOUND[begin:end]
    assert answer["Content-Range"] == f"bytes {begin}-{end - 1}/{len(SOUND)}"
    assert answer["Content-Length"] == str(end - begin)


@pytest.mark.parametrize("wanted", [f"bytes={len(SOUND)}-", f"bytes={10**17}-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(wanted: str, world: World, root: Path, program: Program) -> None:
    put(root)
    answer = program.ask("GET", url(recorded(world), 1), Range=wanted)
    assert problem(answer, 416)["code"] == "range_beyond"
    assert answer["Content-Range"] == f"bytes */{len(SOUND)}"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=-", "bytes=0-1,5-9", "lines=1-2", "bytes=a-b", "bytes"])
def test_a_range_that_is_none_is_answered_with_the_whole(
    wanted: str, world: World, root: Path, program: Program,
) -> None:
    put(root)
    assert heard(program.ask("GET", url(recorded(world), 1), Range=wanted)) == SOUND


def test_while_the_call_goes_on_its_recording_is_pending(world: World, root: Path, program: Program) -> None:
    put(root)
    call = recorded(world, ended_ms=None)
    assert program.get(url(call))["state"] == "pending"
    answer = program.ask("GET", url(call, 1))
    assert problem(answer, 409)["code"] == "recording_pending"
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("content", [None, b""])
def test_after_the_call_the_file_may_take_its_time_and_then_it_counts_as_deleted(
    content: bytes | None, world: World, root: Path, program: Program,
) -> None:
    if content is not None:
        put(root, content=content)
    now_ms = time.time_ns() // 1_000_000
    call = recorded(world, ended_ms=now_ms - 9 * 60_000)
    answer = program.ask("GET", url(call, 1))
    assert problem(answer, 409)["code"] == "recording_pending"
    assert answer["Retry-After"] == "10"
    Call.objects.filter(id=call.id).update(ended_ms=now_ms - 11 * 60_000)
    assert program.get(url(call))["data"][0]["state"] == "deleted"
    assert program.refused("GET", url(call, 1), status=410)["code"] == "recording_deleted"


def test_without_a_root_nothing_can_be_had_and_it_is_said_why(world: World, program: Program) -> None:
    found = program.get(url(recorded(world)))
    assert found["state"] == "none"
    assert "operator" in found["data"][0]["reason"]
    assert program.refused("GET", url(recorded(world, number=2), 1), status=404)["code"] == "recording_not_to_be_had"


def test_listening_needs_its_own_scope_and_no_admin(world: World, root: Path, make_program: MakeProgram) -> None:
    put(root)
    call = recorded(world)
    reader = make_program(Scope.READ)
    assert reader.get(url(call))["state"] == "ready"
    assert reader.refused("GET", url(call, 1), status=403)["scope"] == "recordings"
    listener = make_program(Scope.RECORDINGS)
    listener.refused("GET", url(call), status=403)
    Member.objects.filter(person=world.admin).update(role=Role.VIEWER)
    assert heard(listener.ask("GET", url(call, 1))) == SOUND


def test_a_call_is_found_through_its_own_service_alone(world: World, root: Path, make_program: MakeProgram) -> None:
    call = recorded(world)
    stranger = make_program(person=world.stranger, account=world.other_account)
    for number in (None, 1):
        stranger.refused("GET", url(call, number), status=404)
        elsewhere = url(call, number).replace(str(world.service.id), str(world.other_service.id))
        stranger.refused("GET", elsewhere, status=404)
        make_program().refused("GET", elsewhere, status=404)


def test_storage_in_memory_and_a_pattern(world: World, memory: Any, program: Program) -> None:
    kept_at(world, "memory://rec", recordings_pattern="{yyyy}/{file_stem}.mp3")
    memory.pipe_file("/rec/2026/exten-201-1772580115.42.mp3", b"ID3" + bytes(range(200)))
    call = recorded(world)
    (only,) = program.get(url(call))["data"]
    assert (only["content_type"], only["size"], only["seconds"]) == ("audio/mpeg", 203, None)
    answer = program.ask("GET", url(call, 1), Range="bytes=3-5")
    assert heard(answer, 206) == b"\0\1\2"


def test_a_pattern_alone_finds_what_the_pbx_did_not_name(world: World, memory: Any, program: Program) -> None:
    kept_at(world, "memory://rec", recordings_pattern="{native_call_id}.wav")
    call = recorded(world)
    Call.objects.filter(id=call.id).update(recordings="[]")
    assert program.get(url(call)) == {"state": "none", "data": []}
    memory.pipe_file(f"/rec/{call.native_call_id}.wav", SOUND)
    assert program.get(url(call))["state"] == "ready"
    assert heard(program.ask("GET", url(call, 1))) == SOUND


def test_storage_that_does_not_answer_is_a_503_to_try_again(world: World, program: Program) -> None:
    kept_at(world, "http://127.0.0.1:9/rec")  # nothing listens on the port "discard"
    call = recorded(world)
    for number in (None, 1):
        answer = program.ask("GET", url(call, number))
        assert problem(answer, 503)["code"] == "storage_away"
        assert answer["Retry-After"] == "60"
        assert "127.0.0.1" not in answer.content.decode()


def test_options_that_do_not_open_are_no_crash(world: World, program: Program) -> None:
    kept_at(world, "memory://rec", recordings_options_sealed=seal("{}", "another row"))
    assert program.refused("GET", url(recorded(world)), status=503)["code"] == "storage_away"


def test_links_below_the_root_are_not_followed(world: World, root: Path, tmp_path: Path, program: Program) -> None:
    outside = put(tmp_path / "outside", "x.wav")
    (root / "file.wav").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    os.mkfifo(root / "pipe.wav")
    (root / "directory.wav").mkdir()
    call = recorded(world, "file.wav", "folder/x.wav", "pipe.wav", "directory.wav", "file.wav/x.wav")
    assert {one["state"] for one in program.get(url(call))["data"]} == {"deleted"}
    for number in range(1, 6):
        program.refused("GET", url(call, number), status=410)


@given(named=st.lists(st.sampled_from(
    ["..", "/", "outside", "x.wav", ".", "\0", "%2e", "\\", "monitor", "link", "file:", "~", "//"]),
    max_size=8).map("".join))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_beside_the_root_is_heard_whatever_the_pbx_names(
    named: str, world: World, root: Path, tmp_path: Path,
) -> None:
    for below in ("x.wav", "outside/x.wav"):
        put(tmp_path, below, b"RIFF not yours")
    if not (root / "link").exists():
        (root / "link").symlink_to(tmp_path / "outside")
    call = Call(id=world.account.id, native_call_id="1", began_ms=1, ended_ms=2,
                recordings=json.dumps([named, f"{root}/{named}"]))
    for number in (1, 2):
        assert look_at(call, world.service, number)[1] is None
