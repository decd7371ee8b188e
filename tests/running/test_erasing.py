"""A closed account is really gone: not in a table, and on SQLite not in a byte of the file either."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed

ERASE = """
from datetime import timedelta
from switchhook.web.ready import make_ready
make_ready()
from switchhook.web.accounts.erasing import erase_due
print(len(erase_due(timedelta(0))))
"""
OVERWRITE = """
from switchhook.web.ready import make_ready
make_ready()
from switchhook.web.accounts.overwriting import overwrite_deleted
print(int(overwrite_deleted(largest_vacuumed_bytes=0)))
"""
CANARY = "canary-4711"


def _erase(database_url: str, state_dir: Path, script: str = ERASE) -> int:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=clean | {
            "DATABASE_URL": database_url, "SWITCHHOOK_STATE_DIR": str(state_dir),
            "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS)})
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _account(seed: Seed, mark: str, **columns: Any) -> UUID:
    """An account with something in every table that knows it, all of it marked."""
    account = seed.account(name=mark, state_reason=mark, **columns)
    service = seed.service(account, name=mark, friendly_name=mark)
    seed.user(service, name=mark)
    integration = seed.integration(account, service, name=mark, request_url=f"https://{mark}.example/")
    inbox = seed.inbox(account)
    person = seed.insert("person", {"id": uuid4(), "email": f"{mark}@example.com", "name": mark, "is_active": True})
    seed.insert("member", {"id": uuid4(), "account_id": account, "person_id": person, "role": "admin", "services": []})
    seed.insert("api_token", {"id": uuid4(), "account_id": account, "made_by_id": person, "name": mark,
                              "hash": uuid4().hex, "scopes": [], "services": []})
    seed.insert("invitation", {"id": uuid4(), "account_id": account, "email": f"{mark}@example.org", "role": "viewer",
                               "services": []})
    seed.insert("audit_entry", {"id": uuid4(), "account_id": account, "who": mark, "changes": f'{{"x": [1, "{mark}"]}}',
                                "at_ms": time.time_ns() // 1_000_000})
    seed.errand("send_test", {"mark": mark}, account)
    seed.insert("notice", {"id": uuid4(), "account_id": account, "integration_id": integration, "detail": mark})
    seed.insert("inbox_request", {"id": uuid4(), "inbox_id": inbox, "headers": mark, "body": mark.encode()})
    seed.execute("INSERT INTO integration_health (integration_id, failures) VALUES (?, 0)", integration)
    seed.execute("INSERT INTO integration_failure (integration_id, hour_ms, answer, host, said, failed, first_ms, "
                 "last_ms) VALUES (?, 0, '503', ?, ?, 1, 0, 0)", integration, f"{mark}.example", mark)
    seed.execute("INSERT INTO directory_state (service_id, source, scope, users, problem) VALUES (?, '', ?, 0, '')",
                 service, mark)
    for number in range(3):
        event, delivery = uuid4(), uuid4()
        seed.insert("event", {"id": event, "account_id": account, "service_id": service, "fields": f'{{"x":"{mark}"}}',
                              "native_call_id": mark})
        seed.insert("delivery", {"id": delivery, "event_id": event, "account_id": account,
                                 "integration_id": integration, "last_problem": mark})
        seed.execute("INSERT INTO attempt (delivery_id, number, started_at_ms, duration_ms, problem, verdict, request, "
                     "answer) VALUES (?, 1, 0, 0, ?, '', ?, ?)", delivery, mark, mark * 2000, mark)
        seed.execute("INSERT INTO intake_key (service_id, caller_key, event_id) VALUES (?, ?, ?)", service,
                     f"{mark}-{number}", event)
        seed.insert("call", {"id": uuid4(), "account_id": account, "service_id": service, "notes": mark})
    return account


def _tables(seed: Seed) -> list[str]:
    if seed.is_sqlite:
        return [row["name"] for row in seed.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [row["table_name"] for row in seed.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")]


def _holding(seed: Seed, *marks: str) -> list[str]:
    """The tables that hold one of the marks in any column."""
    return [table for table in _tables(seed)
            if any(mark in repr(row) for row in seed.rows(f"SELECT * FROM {table}") for mark in marks)]


def test_a_closed_account_is_gone_after_its_grace_and_others_are_not(
    database_url: str, seed: Seed, tmp_path: Path,
) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    account = _account(seed, CANARY, state="closed", erase_at=past)
    neighbour = _account(seed, "neighbour-0815")
    _account(seed, "waiting-1234", state="closed", erase_at=past + timedelta(days=1))
    both = _holding(seed, "neighbour-0815")
    assert len(_holding(seed, CANARY, account.hex, str(account))) > 12
    assert _erase(database_url, tmp_path) == 1
    assert _holding(seed, CANARY, account.hex, str(account)) == []
    assert _holding(seed, "neighbour-0815") == both
    assert _holding(seed, "waiting-1234") != []
    assert seed.row("account", neighbour)["name"] == "neighbour-0815"
    assert not seed.is_sqlite or _in_files(database_url) == 0


def _in_files(sqlite_url: str) -> int:
    """How often the canary stands in the database's file and its log, wherever in them."""
    path = Path(unquote(urlsplit(sqlite_url).path))
    return sum(file.read_bytes().count(CANARY.encode()) for file in path.parent.glob(path.name + "*"))


def _full_of_what_was_dropped(seed: Seed, database_url: str, account: UUID) -> None:
    """What an engine's retention dropped of the account, and what moved between pages as others came and went."""
    path = unquote(urlsplit(database_url).path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as engine:
        engine.execute("PRAGMA secure_delete=FAST")  # as the engine has it (store/sqlite.py)
        engine.execute("BEGIN IMMEDIATE")
        for number in range(3_000):
            id_, of = f"{number:012x}{uuid4().hex[:20]}", account.hex if number % 7 == 0 else uuid4().hex
            notes = (CANARY if number % 7 == 0 else "others") * (1 + number % 3 * 300)
            engine.execute(
                "INSERT INTO call (id, account_id, service_id, native_call_id, began_ms, direction, source_number, "
                "source_tail, destination_number, destination_tail, extension_number, state, partial, is_test, notes) "
                "VALUES (?, ?, ?, '', ?, '', '', '', '', '', '', '', 0, 0, ?)", (id_, of, uuid4().hex, number, notes))
        engine.execute("COMMIT")
        engine.execute("DELETE FROM call WHERE began_ms < 2000 AND began_ms % 7 < 2")


def test_what_retention_dropped_of_it_earlier_is_overwritten_too(
    sqlite_url: str, tmp_path: Path,
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        account = _account(seed, CANARY, state="closed", erase_at=datetime.now(UTC) - timedelta(minutes=1))
        _full_of_what_was_dropped(seed, sqlite_url, account)
        others = seed.rows("SELECT count(*) AS n FROM call WHERE account_id != ?", account)
        assert _erase(sqlite_url, tmp_path) == 1
        assert _in_files(sqlite_url) == 0
        assert seed.rows("SELECT count(*) AS n FROM call") == others
        assert seed.rows("SELECT * FROM erased_account") == []


def test_of_a_large_file_the_free_pages_are_overwritten(sqlite_url: str, tmp_path: Path) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        _full_of_what_was_dropped(seed, sqlite_url, uuid4())
        seed.execute("DELETE FROM call")
        assert _in_files(sqlite_url) > 0
        size = _size(sqlite_url)
        assert _erase(sqlite_url, tmp_path, OVERWRITE) == 1
        assert _in_files(sqlite_url) == 0
        assert _size(sqlite_url) == size
        assert "filler" not in _tables(seed)


def _size(sqlite_url: str) -> int:
    return Path(unquote(urlsplit(sqlite_url).path)).stat().st_size


def test_somebody_who_is_a_member_elsewhere_too_stays(database_url: str, seed: Seed, tmp_path: Path) -> None:
    account = seed.account(state="closed", erase_at=datetime.now(UTC) - timedelta(minutes=1))
    other = seed.account()
    person = seed.insert("person", {"id": uuid4(), "email": "both@example.com", "is_active": True})
    for one in (account, other):
        seed.insert("member", {"id": uuid4(), "account_id": one, "person_id": person, "role": "admin", "services": []})
    operator = seed.insert("person", {"id": uuid4(), "email": "operator@example.com", "is_superuser": True})
    seed.insert("member", {
        "id": uuid4(), "account_id": account, "person_id": operator, "role": "admin", "services": []})
    assert _erase(database_url, tmp_path) == 1
    assert len(seed.rows("SELECT 1 FROM person")) == 2
    assert len(seed.rows("SELECT 1 FROM member")) == 1


def test_nothing_is_erased_before_its_time(database_url: str, seed: Seed, tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    _account(seed, CANARY, state="closed", erase_at=later)
    _account(seed, "suspended-1", state="suspended")
    assert _erase(database_url, tmp_path) == 0
    assert len(seed.rows("SELECT 1 FROM account")) == 2
