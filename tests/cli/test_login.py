"""Who talks to which server; and what the exit codes say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from switchhook.cli.login import server_url
from tests.cli.conftest import Run
from tests.fixtures.portal import Portal
from tests.fixtures.processes import free_port


def test_a_login_is_remembered_for_this_person_alone(bare: Run, portal: Portal, tmp_path: Path) -> None:
    done = bare("login", portal.url + "/", "--token", portal.token())
    assert (done.code, done.record["account_name"], done.record["url"]) == (0, "Acme", portal.url)
    [file] = (tmp_path / "config").rglob("login.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert bare("services", "list").record["name"] == "pbx-0001"
    assert bare("logout").code == 0
    assert bare("services", "list").code == 78


def test_a_login_that_does_not_work_is_not_remembered(bare: Run, portal: Portal) -> None:
    done = bare("login", portal.url, "--token", "swh_made-up")
    assert (done.code, done.out) == (77, "")
    assert "This token is unknown." in done.err
    assert bare("services", "list").code == 78


def test_the_token_of_one_server_is_not_shown_to_another(bare: Run, portal: Portal) -> None:
    bare("login", portal.url, "--token", portal.token())
    done = bare("services", "list", SWITCHHOOK_URL="http://127.0.0.1:9")
    assert (done.code, "There is no token for http://127.0.0.1:9" in done.err) == (78, True)


@pytest.mark.parametrize(("typed", "url"), [
    ("portal.example.com", "https://portal.example.com"), ("localhost:8000", "http://localhost:8000"),
    ("127.0.0.1", "http://127.0.0.1"), ("[::1]:8000/", "http://[::1]:8000"),
    ("localhost.example.com", "https://localhost.example.com"), ("http://portal/api/v1/", "http://portal"),
])
def test_an_address_needs_no_scheme(typed: str, url: str) -> None:
    assert server_url(typed) == url


@pytest.mark.parametrize("url", ["ftp://portal.example.com", "https://", "http://ada@portal.example.com"])
def test_what_is_no_address_is_said(bare: Run, url: str) -> None:
    done = bare("login", url, "--token", "swh_made-up")
    assert (done.code, "is no address of a server" in done.err) == (65, True)


def test_without_a_network_one_is_told_so(bare: Run) -> None:
    port = free_port()
    done = bare("services", "list", SWITCHHOOK_URL=f"http://127.0.0.1:{port}", SWITCHHOOK_TOKEN="swh_made-up")
    assert (done.code, done.err) == (
        69, f"switchhook: http://127.0.0.1:{port} cannot be reached: nothing listens there.\n")


def test_another_program_at_the_address_is_no_switchhook(bare: Run, portal: Portal) -> None:
    done = bare("services", "list", SWITCHHOOK_URL=f"{portal.url}/elsewhere", SWITCHHOOK_TOKEN="swh_made-up")
    assert done.code == 69


def test_a_scope_that_is_missing_is_named(bare: Run, portal: Portal) -> None:
    reader = {"SWITCHHOOK_URL": portal.url, "SWITCHHOOK_TOKEN": portal.token("read")}
    done = bare("trigger", "call.inbound_received", **reader)
    assert (done.code, done.err) == (77, "switchhook: This token lacks the scope “integrations”.\n")


@pytest.mark.parametrize("words", [
    ("integrations", "apply"), ("listen",), ("calls", "list", "--colour"), ("trigger",), ("deliveries", "redeliver"),
    ("trigger", "user.created", "--call", "menu"), ("trigger", "call.*"),
])
def test_a_command_that_is_written_wrongly_ends_with_64(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.code, done.out) == (64, "")
    assert done.err
