"""A PBX's users, brought in step with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchhook.cli import user_file
from switchhook.cli.exits import BadData
from tests.cli.conftest import Run
from tests.fixtures.portal import Portal

FILE = "extension_number,name,has_voicemail,enabled_calls\n201,Ada New,,\n203,Cora Example,no,\"Local,National\"\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.csv"
    path.write_text(FILE)
    return path


@pytest.fixture
def login(portal: Portal) -> dict[str, str]:
    """An account of the test's own, whose PBX has two users."""
    account = portal.another_account()
    [row] = portal.seed.rows("SELECT id FROM service WHERE account_id = ?", account)
    for extension, name in (("201", "Ada Example"), ("202", "Ben Sample")):
        portal.seed.user(row["id"], extension, name=name)
    return {"SWITCHHOOK_URL": portal.url, "SWITCHHOOK_TOKEN": portal.token(account_id=account)}


def test_a_dry_run_first_then_all_of_it(run: Run, file: Path) -> None:
    planned = run("users", "import", file, "--dry-run", "--delete-missing")
    assert planned.code == 2
    assert planned.record == {
        "dry_run": True, "created": ["203"], "deleted": ["202"], "unchanged": [],
        "modified": [{"extension_number": "201", "changes": {"name": ["Ada Example", "Ada New"]}}]}
    assert "Ada New" not in run("users", "export").out
    done = run("users", "import", file, "--delete-missing", "--yes")
    assert (done.code, done.record["dry_run"]) == (0, False)
    assert run("users", "import", file, "--delete-missing", "--dry-run").code == 0


def test_what_is_exported_is_imported_without_a_change(run: Run) -> None:
    text = run("users", "export", "--service", "elsewhere").out
    assert text.splitlines()[1] == '201,Ada Example,12025550100,yes,"Local,National"'
    done = run("users", "import", "-", "--delete-missing", stdin=text)
    assert (done.code, done.record["unchanged"]) == (0, ["201", "202"])


def test_nothing_is_done_when_a_user_cannot_be(run: Run, file: Path) -> None:
    file.write_text(FILE.replace("Local,National", "Local,Lunar"))
    done = run("users", "import", file, "--yes")
    assert (done.code, done.out) == (65, "")
    assert "users.1.enabled_calls" in done.err
    assert "Cora" not in run("users", "export").out


def test_the_portals_own_csv_is_taken(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(
        "\ufeffExtension Number,Name,Outbound Phone Number,Has Voicemail,Enabled Calls,PBX\r\n"
        "201,'@Example,12025550100,Yes,\"Local, National\",Head Office\r\n", "utf-8")
    done = run("users", "import", file, "--dry-run")
    assert done.record["modified"] == [{"extension_number": "201", "changes": {"name": ["Ada Example", "@Example"]}}]


def test_a_file_in_an_old_encoding_is_read(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes("extension_number;name\n201;Zoë Example\n".encode("cp1252"))
    [changed] = run("users", "import", file, "--dry-run").record["modified"]
    assert changed["changes"]["name"] == ["Ada Example", "Zoë Example"]


def test_a_file_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    for command in (("users", "import"), ("integrations", "diff")):
        done = run(*command, tmp_path / "nothing")
        assert (done.code, done.err) == (
            66, f"switchhook: {tmp_path / 'nothing'} cannot be read: No such file or directory.\n")


@pytest.mark.parametrize(("text", "said"), [
    ("", "needs a column extension_number"), ("name\nAda\n", "needs a column extension_number"),
    ("extension_number,colour\n201,red\n", "has no column 'colour'"),
    ("extension_number,name\n", "The file has 0 users"),
    ("extension_number,name\n201,Ada,Example\n", "Line 2 has more cells"),
    ("extension_number,name\n,Ada\n", "Line 2 has no"),
    ("extension_number,has_voicemail\n201,maybe\n", "Line 2: has_voicemail is yes or no, not 'maybe'"),
])
def test_what_is_wrong_in_the_file_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        user_file.read(text)


def test_files_of_other_programs_are_understood() -> None:
    text = "Extension_Number;Name;Enabled_Calls;Has_Voicemail\r\n201;Ada, Example;Local,Mobile;TRUE\r\n;;;\r\n"
    assert user_file.read(text) == [{
        "extension_number": "201", "name": "Ada, Example", "enabled_calls": ["Local", "Mobile"], "has_voicemail": True}]
    assert json.dumps(user_file.read("extension_number\n201\n")) == '[{"extension_number": "201"}]'
