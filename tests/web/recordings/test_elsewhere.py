"""Recordings in S3, over SFTP and HTTP: the same from each, out of servers that are real, and go and come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec.config
import pytest
from django.test import Client

from switchhook.web.models import Call
from switchhook.web.secrets import seal
from tests.web.api.conftest import Program, make_program, problem, program
from tests.web.conftest import World
from tests.web.recordings.conftest import BELOW, NAMED, kept_at, recorded, sound
from tests.web.recordings.elsewhere import Storage, storage
from tests.web.recordings.over_sftp import HOST_KEY
from tests.web.recordings.test_recordings_api import heard, url

assert make_program, program  # fixtures

LONG = sound(60)
ODD = "2026/03/a #1 ü+b.wav"


@pytest.fixture(params=["s3", "sftp", "http"])
def kept(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Storage]:
    """A storage of each kind, in which the PBX's recordings are: one as it names them, and an oddly named one."""
    with storage(request.param, tmp_path) as found:
        for name in (BELOW, ODD):
            found.put(f"monitor/{name}", LONG)
        let_in(world, found, found.options)
        yield found


def let_in(world: World, found: Storage, options: Any) -> None:
    sealed = seal(json.dumps(options), f"service:{world.service.id}:recordings_options") if options else ""
    kept_at(world, found.root, recordings_options_sealed=sealed)


def states(program: Program, call: Call) -> list[str]:
    return [one["state"] for one in program.get(url(call))["data"]]


def test_a_recording_is_listed_and_heard_whole_and_in_parts(world: World, kept: Storage, program: Program) -> None:
    call = recorded(world, NAMED, ODD, "gone.wav")
    found = program.get(url(call))["data"]
    assert [(one["state"], one["size"], one["seconds"]) for one in found] == [
        ("ready", len(LONG), 60.0), ("ready", len(LONG), 60.0), ("deleted", None, None)]
    for number in (1, 2):
        assert heard(program.ask("GET", url(call, number))) == LONG
        assert heard(program.ask("GET", url(call, number), Range="bytes=700000-"), 206) == LONG[700_000:]
    program.refused("GET", url(call, 3), status=410)


def test_the_operator_sets_it_up_and_it_plays_in_the_portal(
    world: World, kept: Storage, operator: Client, admin: Client,
) -> None:
    call = recorded(world)
    let_in(world, kept, {})
    page = f"/operator/services/{world.service.id}/recordings/"
    saved = operator.post(page, {"recordings_root": kept.root, "options": json.dumps(kept.options)})
    assert saved.status_code == 302, saved.content.decode()
    assert "Ready" in operator.get(page).content.decode()
    assert "60 s" in admin.get(f"/a/acme/calls/{call.id}/recordings/").content.decode()
    assert heard(admin.get(f"/a/acme/calls/{call.id}/recordings/1/")) == LONG  # type: ignore[arg-type]


def test_what_is_deleted_meanwhile_is_gone_the_next_moment(world: World, kept: Storage, program: Program) -> None:
    call = recorded(world)
    assert states(program, call) == ["ready"]
    kept.remove(f"monitor/{BELOW}")
    assert program.refused("GET", url(call, 1), status=410)["code"] == "recording_deleted"
    assert states(program, call) == ["deleted"]
    kept.put(f"monitor/{BELOW}", LONG)
    assert states(program, call) == ["ready"]


def test_a_server_that_is_away_is_said_to_be_and_found_again(world: World, kept: Storage, program: Program) -> None:
    call = recorded(world)
    assert states(program, call) == ["ready"]
    kept.goes()
    for number in (None, 1):
        answer = program.ask("GET", url(call, number))
        told = problem(answer, 503)
        assert (told["code"], answer["Retry-After"]) == ("storage_away", "60")
        assert "does not answer" in told["detail"]
        assert "127.0.0.1" not in told["detail"]
    kept.comes()
    assert heard(program.ask("GET", url(call, 1))) == LONG


def test_who_is_not_let_in_is_told_so_and_not_that_it_is_away(world: World, kept: Storage, program: Program) -> None:
    let_in(world, kept, kept.wrong)
    told = program.refused("GET", url(recorded(world), 1), status=503)
    assert told["code"] == "storage_away"
    assert "does not let us in" in told["detail"]


def test_nothing_beside_the_root_is_heard_whatever_the_pbx_names(
    world: World, kept: Storage, program: Program,
) -> None:
    kept.put("secret.wav", b"RIFF not yours")
    call = recorded(
        world, "../secret.wav", "/var/spool/asterisk/monitor/../secret.wav", "..%2fsecret.wav", "%2e%2e/secret.wav",
        "..\\secret.wav", "x/../../secret.wav", "/secret.wav", "s3://recordings/secret.wav", "//secret.wav",
        "secret.wav")
    assert states(program, call) == ["none"] * 9 + ["deleted"]
    for number in range(1, 11):
        assert program.ask("GET", url(call, number)).status_code in (404, 410)


def test_a_login_may_come_from_the_environment(
    world: World, kept: Storage, program: Program, monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = recorded(world)
    let_in(world, kept, {})
    assert program.ask("GET", url(call, 1)).status_code == 503
    kind = kept.root.partition(":")[0]
    if kind == "s3":
        names = {"key": "ACCESS_KEY_ID", "secret": "SECRET_ACCESS_KEY", "endpoint_url": "ENDPOINT_URL"}
        for name, value in kept.options.items():
            monkeypatch.setenv(f"AWS_{names[name]}", value)
    monkeypatch.setenv(f"FSSPEC_{kind.upper()}", json.dumps({} if kind == "s3" else kept.options))
    read: dict[str, Any] = {}
    fsspec.config.set_conf_env(read)  # as it is when a process begins
    for name, value in read.items():
        monkeypatch.setitem(fsspec.config.conf, name, value)
    assert heard(program.ask("GET", url(call, 1))) == LONG


def test_an_sftp_server_is_known_by_its_key_where_one_is_set(world: World, tmp_path: Path, program: Program) -> None:
    call = recorded(world)
    with storage("sftp", tmp_path) as kept:
        kept.put(f"monitor/{BELOW}", LONG)
        let_in(world, kept, kept.options | {"host_key": f"pbx.example.com ssh-rsa {HOST_KEY.get_base64()}"})
        assert heard(program.ask("GET", url(call, 1))) == LONG
        let_in(world, kept, kept.options | {"host_key": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7"})
        told = program.refused("GET", url(call, 1), status=503)
        assert "shows another host key" in told["detail"]
