"""The owner of a real Asterisk's Connection freezes while a phone rings, with the leases as they are: another engine
has the call within 15 seconds, and learns from the PBX what happened while nobody listened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest

from switchhook.app import TRY_AGAIN
from switchhook.domain.catalogue import EventType
from tests.fixtures.lab import Asterisk
from tests.fixtures.processes import Half, wait_until
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import catalogue, pbxlab

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(180)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_call_that_was_answered_while_nobody_listened_is_told_of_by_the_successor(
    asterisk: Asterisk, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    ami = asterisk.ami
    connection = seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
    service = seed.service(account, connection_id=connection)
    for kind in (EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED):
        seed.integration(account, service, event_type=kind, request_url=receiver.url())
    engines = [half("engine"), half("engine")]
    for one in engines:
        await asyncio.to_thread(one.start)
    await until(lambda: seed.rows("SELECT 1 FROM connection_state WHERE state = 'connected'"))
    (first,) = seed.rows("SELECT pid, id FROM engine JOIN connection_state ON owner = id")
    owner, successor = sorted(engines, key=lambda one: one.pid != first["pid"])

    ringing = [catalogue.phone("201", ring=6000), catalogue.carrier(catalogue.DID["ext201"], talk=25_000)]
    parts = await asyncio.to_thread(pbxlab.start_parts, asterisk.instance, ringing)
    await receiver.got(1)
    await until(lambda: seed.rows("SELECT 1 FROM delivery WHERE state = 'delivered'"))
    owner.freeze()
    frozen_at = monotonic()
    await until(lambda: seed.rows(
        "SELECT 1 FROM connection_state WHERE state = 'connected' AND owner <> ?", first["id"]))
    assert monotonic() - frozen_at < 15
    await receiver.got(2)
    owner.thaw()
    assert await asyncio.to_thread(owner.ended) == TRY_AGAIN
    assert await asyncio.to_thread(pbxlab.finish, parts) == []
    await until(lambda: not seed.rows("SELECT 1 FROM open_call"))
    assert [got.header("switchhook-event") for got in receiver.requests] == [
        "call.inbound_received", "call.inbound_answered"]
    (gap,) = seed.rows("SELECT reason, end_ms - begin_ms AS ms FROM gap")
    assert gap["reason"] == "no engine listened"
    assert 5_000 < gap["ms"] < 20_000
    assert await asyncio.to_thread(successor.stop) == 0


async def until(true: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_until, true, "it is so", 60)
