"""Each example as its README starts it: it says where it is, or in one line why it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fixtures.processes import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAMES = ("nps", "billing", "crm")


def started(name: str, state: Path, listen: str, **more: str) -> subprocess.Popen[str]:
    """`python -m NAME`, with its state below `state`."""
    prefix = name.upper()
    settings = {
        "SECRET": SECRET, "LISTEN": listen, "STATE": str(state), "TRYTON_URL": "http://127.0.0.1:9/ours",
        "DATABASE_URL": f"sqlite://{state / 'billing.sqlite3'}"} | more
    if name == "nps":
        del settings["TRYTON_URL"]
    others = {one: value for one, value in os.environ.items() if not one.startswith(tuple(map(str.upper, NAMES)))}
    environment: Mapping[str, str] = others | {f"{prefix}_{one}": value for one, value in settings.items()}
    return subprocess.Popen([sys.executable, "-m", name], cwd=EXAMPLES / name, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_where_its_page_and_its_webhook_are(name: str, tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    with started(name, tmp_path, listen) as program:
        try:
            assert program.stdout
            said = next(line for line in program.stdout if "webhook" in line)
        finally:
            program.send_signal(signal.SIGINT)
    assert f" at http://{listen}/, the webhook at /hook" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_port_that_is_taken_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        program = started(name, tmp_path, f"127.0.0.1:{port}")
        said, _ = program.communicate(timeout=60)
    assert program.returncode in (1, 2)
    assert f"{name}: " in said.splitlines()[-1]
    assert f"{port}): address already in use" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_log_level_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    said, _ = started(name, tmp_path, "127.0.0.1:8999", LOG_LEVEL="LOUD").communicate(timeout=60)
    assert said == f"{name}: Unknown level: 'LOUD'\n"
