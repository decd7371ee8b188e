"""The owner of a Connection dies or freezes in the middle of a call: another engine has the call within 15 seconds,
tells nothing twice, and what wakes up again does no harm."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from switchhook.app import TRY_AGAIN
from switchhook.domain.catalogue import EventType
from tests.faults.load import Load
from tests.fixtures.processes import Half, wait_until
from tests.fixtures.receiver import Receiver, after, answering
from tests.fixtures.seed import Seed
from tests.pbx.fake_pbx import fake_pbx
from tests.pbx.recorded import BY_NAME

SHORT = {"heartbeat_seconds": 0.3, "dead_after_seconds": 1.5}
BEFORE, UP, AFTERWARDS = BY_NAME["22/reconnect-while-ringing"].parts
TOLD = [EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED]
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.mark.parametrize("how", ["killed", "frozen"])
@postgresql
async def test_another_engine_goes_on_with_the_calls_of_the_owner(
    how: str, half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    async with fake_pbx() as pbx:
        connection = seed.connection(
            host=pbx.connection.host, port=pbx.connection.port, username="switchhook", secret="secret")
        service = seed.service(account, connection_id=connection)
        for kind in TOLD:
            seed.integration(account, service, event_type=kind, request_url=receiver.url())
        owner, successor = half("engine", **SHORT), half("engine", **SHORT)
        await asyncio.to_thread(owner.start)
        writer = await pbx.connected.get()
        await asyncio.to_thread(successor.start)
        writer.write(BEFORE[BEFORE.index(b"Event: Newchannel"):])
        await receiver.got(1)
        await until(lambda: seed.rows("SELECT 1 FROM delivery WHERE state = 'delivered'"))

        pbx.up = UP[UP.index(b"Event: Status"):]
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(owner.kill if how == "killed" else owner.freeze)
        async with asyncio.timeout(15):
            writer_of_successor = await pbx.connected.get()
        assert asyncio.get_running_loop().time() - began < 3.5, "dead after 1.5 s, noticed and owned at once"
        if how == "frozen":  # it wakes up and hears the same as its successor: nobody is told of it twice
            writer.write(AFTERWARDS)
            writer_of_successor.write(AFTERWARDS)
            owner.thaw()
            assert await asyncio.to_thread(owner.ended) == TRY_AGAIN
        else:
            writer_of_successor.write(AFTERWARDS)
        await receiver.got(2)
        await until_over(seed, connection)
    assert [got.header("switchhook-event") for got in receiver.requests] == [kind.value for kind in TOLD]
    assert [got.header("switchhook-sequence") for got in receiver.requests] == ["1", "2"]
    assert await asyncio.to_thread(successor.stop) == 0
    assert [row["state"] for row in seed.rows("SELECT state FROM delivery")] == ["delivered"] * 2


@postgresql
async def test_two_engines_share_deliveries_and_one_has_the_work_of_the_frozen_other(
    half: Callable[..., Half], seed: Seed, receiver: Receiver
) -> None:
    load = Load(seed, receiver, max_in_flight=20)
    engines = [half("engine", **SHORT) for _ in range(2)]
    for one in engines:
        await asyncio.to_thread(one.start)
    frozen, other = engines
    opened = asyncio.Event()
    async with load.told_to(*engines):
        await load.accepts(200)
        receiver.behave(after(opened, answering(204)))  # so that both have something in their hands
        await load.accepts(200)
        frozen.freeze()
        opened.set()
        in_flight = {got.header("webhook-id") for got in receiver.requests}
        await load.accepts(200)
        await load_is_recorded(seed, load, other)
        frozen.thaw()
        assert await asyncio.to_thread(frozen.ended) == TRY_AGAIN, frozen.log()
    arrived = await load.has_arrived(more=other.log)
    twice = {id_ for id_, count in arrived.items() if count > 1}
    assert twice <= in_flight
    assert len(twice) <= 20
    assert max(arrived.values()) <= 2
    assert await asyncio.to_thread(other.stop) == 0
    assert Counter(row["state"] for row in seed.rows("SELECT state FROM delivery")) == {"delivered": len(arrived)}


async def until_over(seed: Seed, connection: UUID) -> None:
    """Until the call has ended, also for the engine, and one engine owns the Connection, which is well."""
    await until(lambda: not seed.rows("SELECT 1 FROM open_call"))
    (state,) = seed.rows("SELECT state, owner FROM connection_state WHERE connection_id = ?", connection)
    assert (state["state"], state["owner"]) == ("connected", seed.rows("SELECT id FROM engine")[0]["id"])


async def load_is_recorded(seed: Seed, load: Load, engine: Half) -> None:
    """Until what has been accepted so far is recorded as delivered: by the one engine that is awake."""
    told = list(load.accepted.values())
    await until(lambda: set(told) <= {
        row["event_id"] for row in seed.rows("SELECT event_id FROM delivery WHERE state = 'delivered'")}, engine.log)


async def until(true: Callable[[], object], more: Callable[[], str] = str) -> None:
    """Look until it is so."""
    await asyncio.to_thread(wait_until, true, "it is so", 30, more)
