"""50 calls a second for a minute, on a real Asterisk: each is told of once, and each request arrives once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from switchhook.domain.catalogue import EventType
from tests.fixtures.lab import Asterisk
from tests.fixtures.processes import Half, wait_until
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import pbxlab

CALLS_PER_SECOND, SECONDS, HOLD_SECONDS = 50, 60, 5
CALLS = CALLS_PER_SECOND * SECONDS
BASE_PORT = 40_000
RTP_PORTS = CALLS_PER_SECOND * (HOLD_SECONDS + 8) * 4
LOAD_TEST = Path(pbxlab.__file__).parent / "load-test"

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(400)]


@pytest.fixture
def large_asterisk() -> Iterator[Asterisk]:
    """One with ports for so many calls at once."""
    instance = pbxlab.Instance("tests-load", BASE_PORT, RTP_PORTS, record=False)
    instance.sweep()
    instance.start()
    yield Asterisk(instance)
    instance.kill()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_three_thousand_calls_are_told_of_once_each(
    large_asterisk: Asterisk, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    ami = large_asterisk.ami
    connection = seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
    service = seed.service(account, connection_id=connection)
    for kind in (EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED):
        seed.integration(account, service, event_type=kind, request_url=receiver.url(), max_in_flight=50)
    engine = half("engine")
    await asyncio.to_thread(engine.start)
    await asyncio.to_thread(
        wait_until, lambda: seed.rows("SELECT 1 FROM connection_state WHERE state = 'connected'"), "it is logged in")

    load = await asyncio.create_subprocess_exec(
        sys.executable, LOAD_TEST, "--name", "tests-load", "--user", "none", "--cps", str(CALLS_PER_SECOND),
        "--seconds", str(SECONDS), "--hold", str(HOLD_SECONDS), stdout=asyncio.subprocess.PIPE)
    output, _ = await load.communicate()
    result = json.loads(output)
    assert (result["good"], result["failed"]) == (CALLS, 0), result

    await asyncio.to_thread(
        wait_until, lambda: len(receiver.requests) >= 2 * CALLS, "all have arrived", 60, engine.log)
    await asyncio.to_thread(
        wait_until, lambda: not seed.rows("SELECT 1 FROM open_call"), "every call has ended", 30, engine.log)
    told = Counter(row["type"] for row in seed.rows("SELECT type FROM event"))
    assert told == {"call.inbound_received": CALLS, "call.inbound_answered": CALLS}
    calls = Counter(row["native_call_id"] for row in seed.rows("SELECT native_call_id FROM event"))
    assert set(calls.values()) == {2}
    arrived = Counter(got.header("webhook-id") for got in receiver.requests)
    assert len(arrived) == 2 * CALLS
    assert set(arrived.values()) == {1}
    assert seed.rows("SELECT 1 FROM gap") == []
    assert await asyncio.to_thread(engine.stop) == 0
