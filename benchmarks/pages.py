"""W7: the portal's pages as a person waits for them, over HTTP and logged in, with a million deliveries stored.

`--count` counts the deliveries; each has an event and a call of its own. Two seconds lie between one and the next.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half
from tests.fixtures.seed import Seed

from benchmarks.rig import Figures
from switchhook.domain.catalogue import EventType
from switchhook.domain.event import timed_id

PAGES = (
    "", "live/", "calls/", "calls/?q=12025550171", "deliveries/", "deliveries/?state=failed",
    "deliveries/?state=expired", "deliveries/?q=12025550171", "events/", "integrations/", "integrations/{integration}/",
    "catalogue/", "users/", "pbx/")
TIMES = 25
BY_HAND = 30  # rows of each kind that are written one by one; the others are copies

_LOG_IN = """
import django; django.setup()
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from switchhook.web.models import Person
person = Person.objects.create_superuser("bench@example.com")
session = SessionStore()
session["_auth_user_id"], session["_auth_user_backend"] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
session["_auth_user_hash"] = person.get_session_auth_hash()
session.create()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""


async def measure(database_url: str, count: int) -> Figures:
    """Milliseconds until the last byte of each page; `count` calls, each with an event and a delivery."""
    with tempfile.TemporaryDirectory() as name, Seed(database_url, KEYS) as seed:
        slug, integration = _fill(seed, count)
        web = Half("web", database_url, Path(name))
        web.start()
        try:
            cookie = _log_in(database_url, name)
            base = f"http://127.0.0.1:{web.web_port}/a/{slug}/"
            return {"rows": count, "pages": {
                page or "home": _timed(base + page.format(integration=integration), cookie) for page in PAGES}}
        finally:
            web.stop()


def tell(figures: Figures) -> Iterator[str]:
    """The figures in lines for people."""
    yield f"pages, {figures['rows']} deliveries      median    slowest of {TIMES}"
    for page, times in figures["pages"].items():
        yield f"  {page:32} {times['median_ms']:6.0f} ms  {times['slowest_ms']:6.0f} ms"


def _timed(url: str, cookie: str) -> dict[str, float]:
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    milliseconds = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()
        milliseconds.append((time.perf_counter() - began) * 1000)
    warm = milliseconds[1:]
    return {"median_ms": statistics.median(warm), "slowest_ms": max(warm)}


def _log_in(database_url: str, folder: str) -> str:
    environment = os.environ | {
        "DATABASE_URL": database_url, "SWITCHHOOK_STATE_DIR": folder, "SWITCHHOOK_SECRET_KEYS": ",".join(KEYS),
        "DJANGO_SETTINGS_MODULE": "switchhook.web.django_settings"}
    done = subprocess.run(
        [sys.executable, "-c", _LOG_IN], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def _fill(seed: Seed, count: int) -> tuple[str, UUID]:
    """The account's slug and one of its integrations."""
    account_id = seed.account()
    service_id = seed.service(account_id)
    for number in range(200, 250):
        seed.user(service_id, str(number))
    integrations = [seed.integration(account_id, service_id, name=f"Receiver {number}") for number in range(10)]
    now_ms = time.time_ns() // 1_000_000
    for number in range(BY_HAND):
        _call(seed, account_id, service_id, integrations[number % len(integrations)], now_ms - number * 2000, number)
    _multiply(seed, count - BY_HAND, now_ms - BY_HAND * 2000)
    row = seed.row("account", account_id)
    return str(row["slug"]), integrations[-1]


def _multiply(seed: Seed, count: int, before_ms: int) -> None:
    """So many more of the newest call, its event and its delivery, each earlier than the one before."""
    on_sqlite = seed.on_sqlite
    ms = f"({before_ms} - CAST(i AS bigint) * 2000)"
    id_ = f"printf('%012x%020x', {ms}, i)" if on_sqlite else \
        f"(lpad(to_hex({ms}), 12, '0') || lpad(to_hex(i), 20, '0'))::uuid"
    tail = "substr('02555' || CAST(100 + i - i / 900 * 900 AS text), 1, 8)"
    told = {"source_number": f"'120' || {tail}", "source_tail": tail}
    state = "CASE WHEN i / 50 * 50 = i THEN 'failed' ELSE 'delivered' END"
    for table, changed in {
        "call": {"id": id_, "began_ms": ms, "ended_ms": f"{ms} + 60000", **told},
        "event": {"id": id_, "call_uuid": id_, "at_ms": ms, "accepted_at_ms": ms, **told},
        "delivery": {"id": id_, "event_id": id_, "created_at_ms": ms, "state": state},
    }.items():
        columns = list(seed.rows(f"SELECT * FROM {table} LIMIT 1")[0])
        values = ", ".join(changed.get(name, f"t.{name}") for name in columns)
        seed.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
            f"FROM (SELECT * FROM {table} ORDER BY id DESC LIMIT 1) t, n")
    if not on_sqlite:  # as autovacuum does; nobody does it to a SQLite
        seed.execute("ANALYZE")


def _call(seed: Seed, account_id: UUID, service_id: UUID, integration_id: UUID, at_ms: int, number: int) -> None:
    call_id, event_id = uuid4(), timed_id(at_ms, "bench", number)
    source = f"120255501{number % 100:02}"
    told = {"source_number": source, "source_tail": source[-8:], "destination_number": "12025550100",
            "destination_tail": "02555010", "extension_number": str(200 + number % 50), "native_call_id": str(number)}
    kind = {"event_type": EventType.INBOUND_RECEIVED.value, "state": "delivered", "last_status": 200}
    seed.insert("call", {
        "id": call_id, "account_id": account_id, "service_id": service_id, "began_ms": at_ms, "state": "answered",
        "ended_ms": None if number < 20 else at_ms + 60_000, "direction": "inbound", "notes": "", **told})
    seed.insert("event", {
        "id": event_id, "account_id": account_id, "service_id": service_id, "type": kind["event_type"], "at_ms": at_ms,
        "accepted_at_ms": at_ms, "order_key": str(call_id), "sequence": 1, "call_uuid": call_id, "fields": "{}",
        **told})
    seed.insert("delivery", {
        "id": timed_id(at_ms, "bench-delivery", number), "event_id": event_id, "account_id": account_id,
        "integration_id": integration_id, "service_id": service_id, "order_key": str(call_id), "created_at_ms": at_ms,
        "attempts": 1, "expires_at_ms": at_ms + 86_400_000, **kind})
