"""A Tryton of one's own, for the demo and the test: installed from PyPI, its database made, started on loopback.

What takes long is done once, below ~/.cache/switchhook-crm: the packages of requirements.txt in a virtual environment
and an empty database with Tryton's modules. Each start takes a copy of that database, or goes on with the one it has.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.configuration import HERE
from crm.tryton import TrytonAccess

DATABASE = "crm"
MODULES = "project"  # and what it depends on: parties, companies
START_SECONDS = 60
ACCOUNT_MANAGER = "Sam Example"


def prepare(cache: Path | None = None) -> Path:
    """Install Tryton and make its empty database, unless that was done; the folder that holds both."""
    requirements = HERE / "requirements.txt"
    root = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "switchhook-crm"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = root / f"{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}-{python}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at once would spoil it
        if not (folder / "ready").exists():
            venv = folder / "venv"
            _run(sys.executable, "-m", "venv", "--clear", venv)
            _run(venv / "bin/pip", "install", "--quiet", "--require-hashes", "-r", requirements)
            _make_database(folder)
            (folder / "ready").touch()
    return folder


@contextmanager
def running(folder: Path, state: Path, *, port: int = 0) -> Iterator[TrytonAccess]:
    """A Tryton with the database of `state`, until the block ends. `folder`: what `prepare` made."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (state / f"{DATABASE}.sqlite").exists():
        shutil.copy(folder / f"{DATABASE}.sqlite", state)
        shutil.copy(folder / "password", state)
    port = port or _free_port()
    _configure(state, port)
    command = (folder / "venv/bin/trytond", "-c", state / "trytond.cfg", "-d", DATABASE)
    with (state / "trytond.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  # our own words
    try:
        _wait(server, port, state / "trytond.log")
        yield TrytonAccess(
            url=f"http://127.0.0.1:{port}/{DATABASE}",
            user="admin",
            password=(state / "password").read_text().strip(),
            account_manager=ACCOUNT_MANAGER,
        )
    finally:
        server.terminate()
        server.wait(timeout=30)


def _make_database(folder: Path) -> None:
    password, database = folder / "password", folder / f"{DATABASE}.sqlite"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(16) + "\n")
    database.unlink(missing_ok=True)
    database.touch(mode=0o600)  # Tryton wants the file to be there
    _configure(folder, 0)
    command = ("-c", folder / "trytond.cfg", "-d", DATABASE, "-u", MODULES, "--activate-dependencies")
    _run(folder / "venv/bin/trytond-admin", *command, "--email", "admin@example.com", TRYTONPASSFILE=str(password))


def _configure(folder: Path, port: int) -> None:
    text = f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    (folder / "trytond.cfg").write_text(text)


def _run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, check=True, env=os.environ | environment)  # noqa: S603  # our own words


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers: its first answer takes a few seconds."""
    ask = urllib.request.Request(
        f"http://127.0.0.1:{port}/rpc/",
        json.dumps({"id": 0, "method": "common.server.version", "params": []}).encode(),
        {"Content-Type": "application/json"},
    )
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(ask, timeout=START_SECONDS).close()  # noqa: S310
            return
        except OSError as error:
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"Tryton did not start; {log} says why") from error
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
