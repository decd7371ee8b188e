"""Commands that want a database which is not there, or is another than was meant, say so in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import free_port

COMMANDS = ["login-link ada@example.com", "rotate-keys", "web"]


def said_by(words: str, state: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "switchhook", *words.split(), "--state", state], env=os.environ | environment,
        capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize("words", COMMANDS)
def test_an_empty_one_is_named_with_what_to_do(words: str, tmp_path: Path) -> None:
    said = said_by(words, tmp_path)
    assert said.startswith("switchhook: the database is empty, or of an older release: run `switchhook migrate`")
    assert str(tmp_path / "switchhook.sqlite3") in said


@pytest.mark.parametrize("words", [*COMMANDS, "migrate"])
def test_one_that_does_not_answer_is_said(words: str, tmp_path: Path) -> None:
    url = f"postgresql://ada:secret@127.0.0.1:{free_port()}/switchhook"
    said = said_by(words, tmp_path, DATABASE_URL=url)
    assert said.startswith("switchhook: The database does not answer: ")
    assert "secret" not in said
