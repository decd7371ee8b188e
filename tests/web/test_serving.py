"""The web as a process: it migrates by itself, wakes engines, and stops without dropping what it is doing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.databases import KEYS
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half, free_port, wait_until

#: A WSGI application that says when it is asked, and answers when it may.
SLOW = """
import sys, time
from pathlib import Path
from switchhook.web.serve import serve
folder = Path(sys.argv[1])
def application(environ, start):
    if environ["PATH_INFO"] == "/slow":
        (folder / "asked").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode() + b" " + environ["wsgi.url_scheme"].encode()]
serve(application, "127.0.0.1", int(sys.argv[2]), trusted_proxy=sys.argv[3])
"""


def _switchhook(script: str, database_url: str, state_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=clean | {"DATABASE_URL": database_url, "SWITCHHOOK_STATE_DIR": str(state_dir),
                     "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS)})


def _done(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The slow application, served, and its URL. It believes 127.0.0.1 to be a proxy."""
    port = free_port()
    process = _switchhook(SLOW, "", tmp_path, str(tmp_path), str(port), "127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(url), "it listens")
    yield process, url
    process.kill()
    process.communicate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/", timeout=5):
            return True
    except OSError:
        return False


def test_a_request_that_is_under_way_is_answered_before_the_web_stops(
    slow: tuple[subprocess.Popen[str], str], tmp_path: Path,
) -> None:
    process, url = slow
    answers: list[int] = []

    def ask() -> None:
        with urllib.request.urlopen(url + "/slow", timeout=30) as answer:
            answers.append(answer.status)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until((tmp_path / "asked").exists, "the application is asked")
    process.terminate()
    wait_until(lambda: not _answers(url), "nobody else is let in")
    (tmp_path / "go").touch()
    asking.join(30)
    assert answers == [200]
    assert process.wait(20) == 0


def test_the_proxy_is_believed_who_asks_and_how(slow: tuple[subprocess.Popen[str], str]) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    with urllib.request.urlopen(urllib.request.Request(slow[1] + "/", headers=headers), timeout=30) as answer:
        assert answer.read() == b"192.0.2.7 https"


def test_the_web_starts_answers_and_stops(sqlite_url: str, tmp_path: Path) -> None:
    web = Half("web", sqlite_url, tmp_path)
    web.start()
    assert web.stop() == 0


MIGRATE = "from switchhook.web.migrate import migrate; migrate()"
COUNT = MIGRATE + """
from switchhook.web.models import Event, Person
print(Event.objects.count() + Person.objects.count())
"""


def test_migrating_at_once_is_done_once(
    tmp_path: Path, postgres_server: PostgresServer, request: pytest.FixtureRequest,
) -> None:
    postgres_server.execute("CREATE DATABASE migrated_twice")
    request.addfinalizer(lambda: postgres_server.execute("DROP DATABASE migrated_twice WITH (FORCE)"))
    for url in (f"sqlite://{tmp_path / 'twice.sqlite3'}", postgres_server.url("migrated_twice")):
        both = [_switchhook(MIGRATE, url, tmp_path) for _ in range(2)]
        for one in both:
            _done(one)
        assert _done(_switchhook(COUNT, url, tmp_path)).strip() == "0"


CHANGE = """
import sys
from switchhook.web.ready import make_ready
make_ready()
from django.db import transaction
from switchhook.web.configuration import touch
try:
    with transaction.atomic():
        touch()
        if sys.argv[1] == "roll back":
            raise KeyError
except KeyError:
    pass
"""


def test_postgresql_wakes_the_engines_once_a_change_is_committed(postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as listener:
        listener.execute("LISTEN switchhook")
        _done(_switchhook(CHANGE, postgres_url, tmp_path, "roll back"))
        _done(_switchhook(CHANGE, postgres_url, tmp_path, "commit"))
        heard = list(listener.notifies(timeout=10, stop_after=1))
        [(version,)] = listener.execute("SELECT version FROM configuration_version").fetchall()
        assert [one.channel for one in heard] == ["switchhook"]
        assert version == 1  # what was rolled back did not count, and nobody was woken for it
        assert list(listener.notifies(timeout=0)) == []
