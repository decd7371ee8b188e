"""One Connection that feeds many Services: one socket, each call to its own, and what nobody claims is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from uuid import UUID, uuid4

import pytest

from switchhook.domain.event import Event
from switchhook.pbx import line
from switchhook.pbx.fleet import Fleet
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import CallMemory
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed
from tests.pbx.fake_pbx import FakePbx, fake_pbx, inbound

pytestmark = pytest.mark.timeout(60)


def of_tenant(number: int, tenant: str) -> bytes:
    """A call over the trunk of that tenant."""
    return inbound(number).replace(b"Context: from-trunk", b"Tenantid: %s\r\nContext: from-trunk" % tenant.encode())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def fleet_of(database_url: str, seed: Seed, pbx: FakePbx, tenants: Sequence[str]) -> AsyncIterator[
        tuple[dict[str, UUID], list[Event]]]:
    """An engine's fleet, and a Service of each tenant on the one Connection. Gives the services and what is told."""
    account = seed.account()
    connection = seed.connection(port=pbx.connection.port, secret="secret")
    services = {one: seed.service(account, connection_id=connection, tenant_key=one) for one in tenants}
    store, told, engine = open_store(database_url, KEYS), list[Event](), uuid4()
    await store.open()
    await store.begin_incarnation(engine, "host", 1)
    current = CurrentConfiguration(store)
    await current.load()

    async def accept(events: Sequence[Event], _calls: Sequence[CallMemory]) -> None:
        told.extend(events)

    task = asyncio.create_task(Fleet(store, current, accept, engine, random=Random(1)).run())
    try:
        yield services, told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_300_services_on_one_connection_cost_one_socket(database_url: str, seed: Seed) -> None:
    tenants = [f"tenant-{number}" for number in range(300)]
    async with fake_pbx() as pbx, fleet_of(database_url, seed, pbx, tenants) as (services, told):
        writer = await pbx.connected.get()
        for number, tenant in enumerate(tenants):
            writer.write(of_tenant(number, tenant))
        await until(lambda: len(told) == 300)
        assert [event.service_id for event in told] == [services[tenant] for tenant in tenants]
        assert pbx.logins == 1


async def test_what_nobody_claims_is_kept_with_what_would_tell_whose_it_is(
    database_url: str, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "REPORT_SECONDS", 0.05)
    async with fake_pbx() as pbx, fleet_of(database_url, seed, pbx, ["acme"]) as (_, told):
        writer = await pbx.connected.get()
        writer.write(of_tenant(1, "acme") + of_tenant(2, "newcomer"))
        await until(lambda: bool(seed.rows("SELECT * FROM unclaimed_call")))
        (row,) = seed.rows("SELECT * FROM unclaimed_call")
        assert (row["tenant"], row["place"], row["dialled"]) == ("newcomer", "from-trunk", "12025550101")
        assert (row["caller_number"], row["device"]) == ("12025550171", "trunk-provider")
        await until(lambda: len(told) == 1)
        await until(lambda: seed.rows("SELECT unclaimed FROM connection_state") == [{"unclaimed": 1}])
