"""`switchhook serve`: both halves in one command; one that dies comes back, and a signal ends all in order."""

from __future__ import annotations

import os
import re
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.processes import Half, wait_until

pytestmark = pytest.mark.timeout(120)


def children(pid: int) -> dict[str, int]:
    """The halves that run below it: verb → process id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == pid and len(words) > 3:
            found[words[3].decode()] = int(folder.name)
    return found


def test_the_first_start_prints_a_link_a_half_that_dies_comes_back_and_a_signal_ends_both(
    half: Callable[..., Half],
) -> None:
    serve = half("serve")
    serve.start()
    assert re.search(r"http://127\.0\.0\.1:\d+/login/once/\S+", serve.log())
    portal = f"http://127.0.0.1:{serve.web_port}/healthz"

    def answers(url: str) -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    wait_until(lambda: answers(portal), "the portal answers", more=serve.log)
    killed = children(serve.pid)["engine"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: children(serve.pid).get("engine", killed) != killed
               and answers(f"http://127.0.0.1:{serve.intake_port}/readyz"), "the engine is back", more=serve.log)

    left = children(serve.pid)
    assert serve.stop() == 0, serve.log()
    assert not any(Path(f"/proc/{pid}").exists() for pid in left.values())
