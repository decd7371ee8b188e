"""A new user and a call, from the PBX to the CRM: Switchhook, the program in examples/crm, Tryton and a browser."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from crm import tryton_server
from crm.configuration import HERE
from crm.demo import CONTACTS, set_up
from crm.hook import Kind
from crm.tryton import TrytonAccess
from tests.fixtures.processes import Half, free_port, wait_until
from tests.fixtures.seed import Seed

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # the first time, Tryton is installed

INTAKE_TOKEN, API_TOKEN = "a token for tests only", "swh_0123456789abcdef"
CONTACT, NUMBER = next(iter(CONTACTS.items()))
CALL = {"source_number": NUMBER.removeprefix("+").replace(" ", ""), "destination_number": "12025550101",
        "direction": "inbound"}
ADA = {"extension_number": "201"}
EXTRAS = [Kind.RINGING, Kind.MISSED, Kind.ENDED]


@pytest.fixture
def tryton(tmp_path: Path) -> Iterator[TrytonAccess]:
    """A real Tryton with a few contacts; before `page`, whose loop is in this thread, too."""
    with tryton_server.running(tryton_server.prepare(), tmp_path / "tryton") as access:
        asyncio.run(set_up(access))
        yield access


def asked(url: str, token: str, body: object) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def account_with_a_token(seed: Seed) -> str:
    """The PBX's id. The token may make integrations and users."""
    account = seed.account(allowed_networks=["127.0.0.0/8"], granted_events=EXTRAS)
    service = seed.service(account, country="US", intake_token_hash=sha256(INTAKE_TOKEN.encode()).hexdigest())
    seed.user(service, "201", name="Ada Example")
    person = seed.insert("person", {"id": uuid4(), "email": "ada@example.com", "is_active": True})
    seed.insert("member", {
        "id": uuid4(), "person_id": person, "account_id": account, "role": "admin", "services": []})
    seed.insert("api_token", {
        "id": uuid4(), "account_id": account, "made_by_id": person, "name": "CRM", "prefix": API_TOKEN[:8],
        "hash": sha256(API_TOKEN.encode()).hexdigest(), "scopes": ["integrations", "users"], "services": []})
    return str(service)


@contextmanager
def program(port: int, secrets: list[str], tryton: TrytonAccess, state: Path, log: Path) -> Iterator[None]:
    """`python -m crm`, as the README has it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")} | {
        "CRM_SECRET": " ".join(secrets), "CRM_LISTEN": f"127.0.0.1:{port}", "CRM_STATE": str(state),
        "CRM_TRYTON_URL": tryton.url, "CRM_TRYTON_PASSWORD": tryton.password}
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "crm"], cwd=HERE, env=environment, stdout=out, stderr=out)
    try:
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_user_is_called_back_and_a_caller_pops_up_where_it_rings(
    half: Callable[..., Half], seed: Seed, tryton: TrytonAccess, page: Page, tmp_path: Path,
) -> None:
    service, port, log = account_with_a_token(seed), free_port(), tmp_path / "crm.log"
    web, engine = half("web"), half("engine")
    web.start()
    engine.start()
    api = f"http://127.0.0.1:{web.web_port}/api/v1"
    secrets = [asked(f"{api}/integrations", API_TOKEN, {
        "name": kind, "event_type": kind, "request_url": f"http://127.0.0.1:{port}/hook",
        "service_id": None if kind is Kind.USER_CREATED else service})["signing_secret"] for kind in Kind]

    def tell(kind: Kind, seconds: int, **fields: object) -> None:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        asked(f"http://127.0.0.1:{engine.intake_port}/v1/services/{service}/events", INTAKE_TOKEN, [
            {"id": f"{kind}", "type": kind, "call_id": "1", "at": at.isoformat(), "fields": CALL | fields}])

    with program(port, secrets, tryton, tmp_path / "state", log):
        wait_until(lambda: answers(port), "it runs", more=log.read_text)
        page.goto(f"http://127.0.0.1:{port}/pop/201")
        asked(f"{api}/services/{service}/users", API_TOKEN, {"extension_number": "204", "name": "Dora Example"})
        tell(Kind.RECEIVED, 0)
        tell(Kind.RINGING, 1, **ADA)
        expect(page.get_by_role("heading", name=CONTACT)).to_be_visible()
        tell(Kind.ANSWERED, 2, **ADA)
        expect(page.get_by_text("You are talking")).to_be_visible()
        tell(Kind.ENDED, 3, **ADA, disposition="answered", billable_seconds=128, duration=133)
        expect(page.get_by_text("Over", exact=True)).to_be_visible()
        page.goto(f"http://127.0.0.1:{port}/")
        for text in ("Wellness check: call Dora Example (extension 204)", "Call answered · Ada Example (201)",
                     "talked for 2:08 · Ada Example (201)"):
            row = page.get_by_role("row").filter(has_text=text)
            wait_until(lambda row=row: page.reload() and row.get_by_text("in the CRM").count(), text, 30.0)
        page.goto("about:blank")
