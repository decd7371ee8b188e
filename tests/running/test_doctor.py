"""`switchhook doctor` says in plain words what is wrong and what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchhook.doctor import examine
from switchhook.settings import Settings, load_settings
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import free_port
from tests.fixtures.seed import Seed
from tests.pbx.fake_freeswitch import PASSWORD, fake_freeswitch
from tests.pbx.fake_pbx import fake_pbx

pytestmark = pytest.mark.timeout(60)


def settings_for(database_url: str, state_dir: Path) -> Settings:
    return load_settings(
        {}, state_dir=state_dir, database_url=database_url, secret_keys=",".join(KEYS),
        **{f"{name}_listen": f"127.0.0.1:{free_port()}" for name in ("web", "intake", "inbox")})


def test_a_sound_installation_is_told_so(
    database_url: str, seed: Seed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = seed.account()
    seed.service(account, connection_id=seed.connection(platform="simulator", name="Simulated"))
    assert examine(lambda: settings_for(database_url, tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "All is well" in printed
    assert "“Simulated” is simulated" in printed


def test_a_database_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(lambda: settings_for(f"postgresql://nobody@127.0.0.1:{free_port()}/x", tmp_path)) == 1
    assert "Check DATABASE_URL" in capsys.readouterr().out


def test_an_empty_database_wants_to_be_migrated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.sqlite3").touch()
    assert examine(lambda: settings_for(f"sqlite://{tmp_path}/empty.sqlite3", tmp_path)) == 1
    assert "switchhook migrate" in capsys.readouterr().out


def test_a_pbx_that_nobody_answers_for_is_named(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        seed.connection(name="Branch", port=free_port())
    assert examine(lambda: settings_for(sqlite_url, tmp_path)) == 1
    printed = capsys.readouterr().out
    assert "“Branch”" in printed
    assert "firewall" in printed
    assert "feeds no service" in printed


async def test_a_login_with_too_few_rights(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fake_pbx() as pbx:
        with Seed(sqlite_url, KEYS) as seed:
            seed.connection(name="Branch", port=pbx.connection.port, secret="secret")
        assert await asyncio.to_thread(examine, lambda: settings_for(sqlite_url, tmp_path)) == 1
    assert "write=reporting" in capsys.readouterr().out


async def test_a_freeswitch_that_tells_too_little_or_refuses_the_login(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fake_freeswitch() as pbx:
        pbx.denied = {"DTMF"}
        with Seed(sqlite_url, KEYS) as seed:
            port = pbx.connection.port
            seed.connection(name="Branch", platform="freeswitch", port=port, secret=PASSWORD, username="")
            seed.connection(name="Other", platform="freeswitch", port=port, secret="wrong")
        assert await asyncio.to_thread(examine, lambda: settings_for(sqlite_url, tmp_path)) == 1
    printed = capsys.readouterr().out
    assert "add `DTMF` to `esl-allowed-events`" in printed
    assert "event_socket.conf.xml" in printed


def test_a_secret_of_another_key(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Seed(sqlite_url, ["another key"]) as seed:
        seed.connection(name="Branch", secret="secret")
    assert examine(lambda: settings_for(sqlite_url, tmp_path)) == 1
    assert "enter its secrets again" in capsys.readouterr().out
