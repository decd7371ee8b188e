"""Events from elsewhere, over HTTP, on both databases; health and metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from switchhook.intake import Intake
from switchhook.intake.metrics import exposition
from tests.fixtures.delivering import Bench
from tests.fixtures.receiver import Receiver

TOKEN = "a token for tests only"
CALL = {"id": "a", "type": "call.inbound_received", "call_id": "1.2",
        "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}


class Caller:
    """A program that tells events."""

    def __init__(self, bench: Bench, session: aiohttp.ClientSession, base: str) -> None:
        self.bench, self.session, self.base = bench, session, base

    @property
    def url(self) -> str:
        return f"{self.base}/v1/services/{self.bench.service_id}/events"

    async def tell(
        self, body: Any, *, url: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"} | (headers or {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.session.post(url or self.url, data=BytesIO(data), headers=headers) as response:
            return response.status, await response.json(content_type=None), response

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.base + path) as response:
            return response.status, await response.text()


@pytest.fixture
async def caller(bench: Bench) -> AsyncIterator[Caller]:
    bench.seed.execute("UPDATE service SET intake_token_hash = ? WHERE id = ?",
                       sha256(TOKEN.encode()).hexdigest(), bench.service_id)
    await bench.start()
    intake = Intake(current=bench.current, accept=bench.engine.accept, measure=bench.engine.measurements)
    port = await intake.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Caller(bench, session, f"http://127.0.0.1:{port}")
    await intake.stop()


async def test_a_told_event_is_committed_and_delivered(caller: Caller, receiver: Receiver) -> None:
    caller.bench.integration(receiver)
    await caller.bench.reload()
    status, answer, _ = await caller.tell(CALL)
    assert (status, [one["status"] for one in answer["events"]]) == (202, ["accepted"])
    assert len(caller.bench.seed.rows("SELECT 1 FROM event")) == 1
    (got,) = await receiver.got(1)
    body = json.loads(got.body)
    assert (body["event_id"], body["native_call_id"]) == (answer["events"][0]["event_id"], "1.2")


async def test_the_same_id_is_accepted_once(caller: Caller) -> None:
    _, first, _ = await caller.tell(CALL)
    status, second, _ = await caller.tell([CALL | {"sequence": 5}, CALL | {"id": "b"}])
    assert (status, [one["status"] for one in second["events"]]) == (202, ["already known", "accepted"])
    assert first["events"][0]["event_id"] == second["events"][0]["event_id"]
    assert len(caller.bench.seed.rows("SELECT 1 FROM event")) == 2


async def test_the_same_id_told_many_times_at_once_is_one_event(caller: Caller, receiver: Receiver) -> None:
    caller.bench.integration(receiver)
    await caller.bench.reload()
    answers = await asyncio.gather(*(caller.tell(CALL) for _ in range(20)))
    told = [answer["events"][0] for _, answer, _ in answers]
    assert len({one["event_id"] for one in told}) == 1
    assert [one["status"] for one in told].count("accepted") == 1
    await caller.tell(CALL | {"id": "b"})
    await caller.bench.settled(2)
    assert len(receiver.requests) == 2


async def test_what_is_wrong_is_a_problem_document(caller: Caller) -> None:
    status, document, response = await caller.tell([CALL, {"id": "b", "type": "call.sung"}])
    assert (status, response.content_type) == (422, "application/problem+json")
    assert (document["status"], document["code"]) == (422, "invalid_events")
    assert document["errors"][0]["pointer"] == "/1/type"
    assert caller.bench.seed.rows("SELECT 1 FROM event") == []


async def test_a_suspended_account_tells_nothing(caller: Caller) -> None:
    caller.bench.seed.execute("UPDATE account SET state = 'suspended' WHERE id = ?", caller.bench.account_id)
    await caller.bench.reload()
    status, document, _ = await caller.tell(CALL)
    assert (status, document["code"]) == (403, "account_suspended")
    assert caller.bench.seed.rows("SELECT 1 FROM event") == []


async def test_an_account_tells_no_more_than_its_quota_and_is_told_when_to_go_on(caller: Caller) -> None:
    caller.bench.seed.execute("UPDATE account SET max_events_per_second = 2 WHERE id = ?", caller.bench.account_id)
    await caller.bench.reload()
    many = [CALL | {"id": str(number)} for number in range(1000)]
    assert (await caller.tell(many))[0] == 202
    status, document, response = await caller.tell([CALL | {"id": "x"}, CALL | {"id": "y"}, CALL | {"id": "z"}])
    assert (status, document["code"]) == (429, "too_many_events")
    assert 1 <= int(response.headers["Retry-After"]) <= 2
    assert len(caller.bench.seed.rows("SELECT 1 FROM event")) == 1000


@pytest.mark.parametrize(("body", "headers", "status", "code"), [
    (CALL, {"Authorization": "Bearer wrong"}, 401, "wrong_token"),
    (CALL, {"Authorization": "Basic YTpi"}, 401, "wrong_token"), (CALL, {"Authorization": ""}, 401, "wrong_token"),
    (CALL, {"Content-Type": "text/plain"}, 415, "not_json"),
    (b"{", {}, 400, "not_json"), (b"\xff\xfe", {}, 400, "not_json"), (b"[" * 50_000, {}, 400, "not_json"),
    (b"[]", {}, 400, "no_events"), (b" " * (1024 * 1024 + 1), {}, 413, "request_entity_too_large"),
])
async def test_a_request_that_cannot_be_taken_is_refused(
    caller: Caller, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    given, document, response = await caller.tell(body, headers=headers)
    assert (given, document["code"], response.content_type) == (status, code, "application/problem+json")
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


async def test_other_addresses_and_methods_are_problem_documents_too(caller: Caller) -> None:
    nowhere = await caller.tell(CALL, url=f"{caller.base}/v1/services/nonsense/events")
    closed = caller.bench.seed.service(caller.bench.account_id)
    await caller.bench.reload()
    without_intake = await caller.tell(CALL, url=f"{caller.base}/v1/services/{closed}/events")
    for status, document, _ in (nowhere, without_intake):
        assert (status, document["code"]) == (404, "unknown_service")
    assert json.loads((await caller.get("/v2"))[1])["code"] == "not_found"
    status, text = await caller.get(f"/v1/services/{caller.bench.service_id}/events")
    assert (status, json.loads(text)["code"]) == (405, "method_not_allowed")


async def test_while_the_database_is_away_the_caller_is_told_at_once(
    caller: Caller, database_away: Callable[[], AbstractContextManager[None]]
) -> None:
    with database_away():
        for _ in range(2):
            status, document, response = await caller.tell(CALL)
            assert (status, document["code"]) == (503, "database_away")
            assert int(response.headers["Retry-After"]) > 0
    await caller.bench.until(lambda: not caller.bench.engine.recorder.store_away)
    status, answer, _ = await caller.tell(CALL)
    assert (status, answer["events"][0]["status"]) in ((202, "accepted"), (202, "already known"))
    assert len(caller.bench.seed.rows("SELECT 1 FROM event")) == 1


async def test_health_readiness_and_metrics_tell_the_truth(caller: Caller) -> None:
    await caller.tell(CALL)
    assert await caller.get("/healthz") == (200, '{"status": "ok"}')
    assert await caller.get("/readyz") == (200, '{"ready": true, "reasons": []}')
    status, text = await caller.get("/metrics")
    assert status == 200
    assert "# TYPE switchhook_events_accepted_total counter\nswitchhook_events_accepted_total 1\n" in text


async def test_an_engine_that_is_not_ready_says_why(bench: Bench) -> None:
    await bench.start()
    intake = Intake(current=bench.current, accept=bench.engine.accept, not_ready=lambda: ["the database is away"])
    port = await intake.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as response:
        assert (response.status, await response.json()) == (503, {"ready": False, "reasons": ["the database is away"]})
    await intake.stop()


def test_metrics_are_written_as_prometheus_reads_them() -> None:
    text = exposition({'a_total{verdict="x"}': 3.0, 'a_total{verdict="y"}': 4.0, "b_bytes": 0.5})
    assert text == ('# TYPE a_total counter\na_total{verdict="x"} 3\na_total{verdict="y"} 4\n'
                    "# TYPE b_bytes gauge\nb_bytes 0.5\n")


@pytest.mark.parametrize("told", [
    CALL | {"id": "\ud800"}, CALL | {"call_id": "\ud800"}, CALL | {"\ud800": 1},
    CALL | {"fields": CALL["fields"] | {"source_number": "\ud800"}}])
async def test_half_a_character_is_a_fault_like_another(caller: Caller, told: dict[str, Any]) -> None:
    status, answer, _ = await caller.tell(told)
    assert (status, answer["code"]) == (422, "invalid_events")
