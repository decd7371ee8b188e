"""From calls that ended to rated records in the billing example, and a day's reconciliation: all of it real."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.fixtures.processes import Half, free_port, wait_until
from tests.fixtures.seed import Seed

FOLDER = Path(__file__).parents[2] / "examples" / "billing"
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "B" * 32)
INTAKE_TOKEN, API_TOKEN = "a token for tests only", "swh_0123456789abcdef"
YESTERDAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
CALLS = 230  # more than a page of the API
SETTINGS = {"BILLING_SECRET": " ".join(SECRETS), "BILLING_API_TOKEN": API_TOKEN}


def seeded(seed: Seed, hook: str) -> UUID:
    """An account whose PBX has both integrations, towards the billing program."""
    extras = ["call.ended", "call.leg_ended"]
    account = seed.account(allowed_networks=["127.0.0.0/8"], granted_events=extras)
    service = seed.service(account, country="US", intake_token_hash=sha256(INTAKE_TOKEN.encode()).hexdigest())
    seed.user(service, "201", name="Ada Example")
    for event_type, secret in zip(extras, SECRETS, strict=True):
        seed.integration(account, service, event_type=event_type, request_url=hook, signing=[secret])
    person = seed.insert("person", {"id": uuid4(), "email": "ada@example.com", "is_active": True})
    seed.insert("member", {
        "id": uuid4(), "person_id": person, "account_id": account, "role": "viewer", "services": []})
    seed.insert("api_token", {
        "id": uuid4(), "account_id": account, "made_by_id": person, "name": "Billing", "prefix": API_TOKEN[:8],
        "hash": sha256(API_TOKEN.encode()).hexdigest(), "scopes": ["read"], "services": []})
    return service


def told(place: int) -> list[dict[str, object]]:
    """A call to 201 that is forwarded to an outside number for a minute: what intake is told when it ends."""
    at = (YESTERDAY + timedelta(seconds=place)).isoformat()
    end = {"extension_number": "201", "disposition": "answered", "billable_seconds": 60, "duration": 70}
    came_in = {"source_number": "12025550171", "destination_number": "12025550101"}
    forward = {"source_number": "201", "destination_number": "12025550188", "direction": "outbound"}
    return [
        {"id": f"{place}-{name}", "type": type_, "call_id": f"{place}", "at": at, "fields": end | fields}
        for name, type_, fields in (
            ("in", "call.leg_ended", came_in | {"leg_id": f"{place}.1", "trunk": "trunk-provider"}),
            ("out", "call.leg_ended", forward | {"leg_id": f"{place}.2", "trunk": "trunk-provider"}),
            ("call", "call.ended", came_in))]


def tell(intake: str, places: range) -> None:
    request = urllib.request.Request(
        intake, json.dumps([event for place in places for event in told(place)]).encode(),
        {"Authorization": f"Bearer {INTAKE_TOKEN}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def recorded(book: Path) -> int:
    """How many records are in the SQLite file; 0 as long as there is none."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM call_record").fetchone()[0])
    return 0


@contextmanager
def billing(environment: dict[str, str], log: Path) -> Iterator[None]:
    """`python -m billing`, until the end of the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "billing"], cwd=FOLDER, env=environment, stdout=out, stderr=out)
    try:
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_s_calls_are_rated_and_reconciled_with_the_api(
    half: Callable[..., Half], seed: Seed, tmp_path: Path,
) -> None:
    port, state = free_port(), tmp_path / "billing.sqlite3"
    service = seeded(seed, f"http://127.0.0.1:{port}/hook")
    web, engine = half("web", api_requests_per_minute=1_000_000), half("engine")
    web.start()
    engine.start()
    others = {name: value for name, value in os.environ.items() if not name.startswith("BILLING_")}
    environment = others | SETTINGS | {
        "BILLING_LISTEN": f"127.0.0.1:{port}", "BILLING_DATABASE_URL": f"sqlite://{state}",
        "BILLING_API_URL": f"http://127.0.0.1:{web.web_port}/api/v1"}
    log = tmp_path / "billing.log"

    def ran(*words: str) -> tuple[int, list[str]]:
        done = subprocess.run([sys.executable, "-m", "billing", *words], cwd=FOLDER, env=environment, text=True,
                              capture_output=True, timeout=60)
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()

    with billing(environment, log):
        wait_until(lambda: listens(port), "it runs", more=log.read_text)
        tell(f"http://127.0.0.1:{engine.intake_port}/v1/services/{service}/events", range(CALLS))
        wait_until(lambda: recorded(state) == 3 * CALLS, "all are recorded", 100.0, log.read_text)
        assert ran("reconcile") == (0, ["460 legs, 460 rated", "230 calls, 230 rated"])  # without a day: yesterday
    assert sum(line.count(",Local,Washington DC,0.0080,USD,") for line in ran("export")[1]) == CALLS

    state.unlink()  # somebody lost the book
    day = YESTERDAY.date().isoformat()
    code, lines = ran("reconcile", day)
    assert (code, lines[0], lines[51], lines[52]) == (
        1, "460 legs, 0 rated", "  … and 410 more", "230 calls, 0 rated")
    assert lines[1].endswith("12025550101 by 201, answered, 60 s") or "+12025550188 by 201" in lines[1]
    assert ran("reconcile", day, "--fetch") == (0, ["460 legs, 460 rated", "230 calls, 230 rated"])
    environment["BILLING_API_TOKEN"] = "swh_unknown"
    done = subprocess.run([sys.executable, "-m", "billing", "reconcile", day], cwd=FOLDER, env=environment, text=True,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/events says 401: " in done.stderr
