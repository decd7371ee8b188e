"""Commands as a person or a script runs them, against a running Switchhook."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from switchhook.__main__ import main
from tests.fixtures.portal import Portal


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Any]:
        """The JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def record(self) -> Any:
        [one] = self.records
        return one


Run = Callable[..., Ran]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `switchhook WORDS`, piped, in an environment without any login; keywords are more of the environment."""
    for name in [one for one in os.environ if one.startswith("SWITCHHOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*words: object, stdin: str = "", **environment: str) -> Ran:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["switchhook", *map(str, words)])
            patched.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode())))
            with pytest.raises(SystemExit) as ended:
                main()
        told = capsys.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture
def login(portal: Portal) -> dict[str, str]:
    """The environment of somebody who may do everything."""
    return {"SWITCHHOOK_URL": portal.url, "SWITCHHOOK_TOKEN": portal.token()}


@pytest.fixture
def run(bare: Run, login: dict[str, str]) -> Run:
    """The same, logged in."""
    return lambda *words, **more: bare(*words, **login | more)
