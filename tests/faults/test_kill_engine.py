"""kill -9 of the engine in the middle of it all: what was accepted arrives, at least once, as the same message."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable

from switchhook.domain.catalogue import EventType
from tests.fixtures.processes import Half, post_json, wait_until
from tests.fixtures.receiver import Receiver, after, answering
from tests.fixtures.seed import Seed

EVENTS = 500
TOKEN = "intake-token"


async def test_each_of_500_pending_deliveries_arrives_after_a_kill(
    half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    service = seed.service(account, intake_token_hash=hashlib.sha256(TOKEN.encode()).hexdigest())
    seed.integration(account, service, event_type=EventType.INBOUND_RECEIVED, request_url=receiver.url(),
                     max_in_flight=50)
    killed = half("engine", heartbeat_seconds=0.2, dead_after_seconds=1.5)
    await asyncio.to_thread(killed.start)

    opened = asyncio.Event()
    receiver.behave(after(opened, answering(204)))  # nobody gets an answer before the kill
    for first in range(0, EVENTS, 100):
        body = json.dumps([an_event(number) for number in range(first, first + 100)]).encode()
        status, answer = await asyncio.to_thread(
            post_json, f"http://127.0.0.1:{killed.intake_port}/v1/services/{service}/events", body,
            {"Authorization": f"Bearer {TOKEN}"})
        assert status == 202, answer
    await receiver.got(50)
    assert len(seed.rows("SELECT id FROM delivery WHERE state = 'pending'")) == EVENTS

    await asyncio.to_thread(killed.kill)
    opened.set()
    successor = half("engine", heartbeat_seconds=0.2, dead_after_seconds=1.5)
    await asyncio.to_thread(successor.start)

    await asyncio.to_thread(
        wait_until, lambda: not seed.rows("SELECT id FROM delivery WHERE state <> 'delivered' LIMIT 1"),
        "every delivery is recorded as delivered", 60.0, successor.log)
    arrived = Counter(got.header("webhook-id") for got in receiver.requests)
    assert {row.replace("-", "") for row in arrived if row} == ids_of(seed)
    assert max(arrived.values()) <= 2  # once by the one that was killed, once by its successor
    assert await asyncio.to_thread(successor.stop) == 0


def an_event(number: int) -> dict[str, object]:
    """One event as a script tells it to intake."""
    return {"id": f"event-{number}", "type": "call.inbound_received", "call_id": f"call-{number}",
            "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}


def ids_of(seed: Seed, state: str = "") -> set[str]:
    """The deliveries' ids, in hex; those in that state, where one is named."""
    rows = seed.rows("SELECT id, state FROM delivery")
    return {str(row["id"]).replace("-", "") for row in rows if state in ("", row["state"])}
