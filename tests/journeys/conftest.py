"""Fixtures: the demo as `make demo` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures.processes import Half, free_port, wait_until


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo or installation, and what it printed."""

    link: str
    portal: str


@pytest.fixture
def installation(half: Callable[..., Half]) -> Iterator[Demo]:
    """`switchhook serve` at its first start: an empty installation, and the operator's link."""
    serve = half("serve")
    serve.start()
    found = re.search(r"(http://\S+)/login/once/\S+", serve.log())
    assert found, serve.log()
    yield Demo(found[0], found[1])
    assert serve.stop() == 0, serve.log()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """`switchhook demo` on ports and a state directory of its own."""
    log = tmp_path / "demo.log"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SWITCHHOOK_", "DATABASE_URL"))
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "switchhook",
                "demo",
                "--state",
                str(tmp_path / "state"),
                "--port",
                str(free_port()),
            ],
            stdout=out,
            stderr=out,
            env=environment | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: process.poll() is not None or "password" in log.read_text(), "the demo prints its link", 60.0
        )
        printed = log.read_text()
        found = re.search(r"open +(\S+)\n +or +(\S+)", printed)
        assert found, printed
        yield Demo(found[1], found[2].rstrip("/"))
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
