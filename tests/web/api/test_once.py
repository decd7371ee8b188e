"""The API as a process, on both databases: what is sent many times at once with one key is done once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half

SEED = """
from switchhook.web.ready import make_ready
make_ready()
from switchhook.web.members.models import Role
from switchhook.web.models import Account, Person, Service
from switchhook.web.tenancy import Access
from switchhook.web.tokens.actions import make_token
from switchhook.web.tokens.models import Scope
account = Account.objects.create(slug="acme", name="Acme")
Service.objects.create(account=account, name="pbx-0001")
operator = Person.objects.create_superuser("operator@example.com")
print(make_token(Access(operator, account, Role.ADMIN), "A program", list(Scope))[1])
"""


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """Asks the API of a portal that runs; the status, what is told, the ETag."""
    web = Half("web", database_url, tmp_path)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
    done = subprocess.run(
        [sys.executable, "-c", SEED], capture_output=True, text=True, check=True, env=clean | {
            "DATABASE_URL": database_url, "SWITCHHOOK_STATE_DIR": str(tmp_path),
            "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS)})
    web.start()

    def ask(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{web.web_port}/api/v1{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {done.stdout.strip()}", "Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read()), ""

    yield ask
    web.stop()


def test_of_many_at_the_same_time_one_is_done_and_all_are_answered_alike(ask: Any) -> None:
    service = ask("GET", "/services")[1]["data"][0]["id"]
    users = f"/services/{service}/users"
    wanted = {"extension_number": "203", "name": "Cora"}
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(
            lambda _: ask("POST", users, wanted, **{"Idempotency-Key": "k1"}), range(6)))
    assert [status for status, _, _ in answers] == [201] * 6
    assert len({told["id"] for _, told, _ in answers}) == 1


def test_of_two_who_know_the_same_state_one_changes_it(ask: Any) -> None:
    service = ask("GET", "/services")[1]["data"][0]["id"]
    users = f"/services/{service}/users"
    ask("POST", users, {"extension_number": "203", "name": "Cora"})
    one = f"{users}/203"
    etag = ask("GET", one)[2]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(
            lambda name: ask("PATCH", one, {"name": name}, **{"If-Match": etag})[0], ("Cora One", "Cora Two")))
    assert sorted(answers) == [200, 412]


def test_each_operation_that_finds_something_works_on_both_databases(ask: Any) -> None:
    for path in (
        "/integrations?enabled=true&event_type=user.created", "/event-types",
        "/events?number=12025550171&since=2026-03-04T12:00:00Z&until=2026-03-05T12:00:00Z&unwanted=true",
        "/events?type=user.created&extension=201", "/deliveries?state=failed&since=2026-03-04T12:00:00Z",
        "/deliveries?number=12025550171", "/deliveries?call_uuid=8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77",
    ):
        status, told, _ = ask("GET", path)
        assert status == 200, told

