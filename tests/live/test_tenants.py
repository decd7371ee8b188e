"""Two tenants of one Asterisk, both with an extension 101: one connection, two services, each told its own calls."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.fixtures.databases import KEYS
from tests.fixtures.lab import Asterisk
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import catalogue
from tests.live.observing import (
    USUAL_EVENTS,
    Observed,
    by_caller,
    foreseen,
    running,
    seed_connection,
    seed_tenant,
    told,
)

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

#: Three ways to tell them apart, each on a connection of its own to the same Asterisk.
WAYS = ({"acme": "acme", "globex": "globex"}, {"acme": "acme-*", "globex": "globex-*"},
        {"acme": "4711", "globex": "4712"})


async def test_two_tenants_with_the_same_extension_are_told_apart_by_tenantid_context_and_account_code(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    scenarios = [catalogue.ALL["tenants-both-101"], catalogue.ALL["tenants-call-out"]]
    expected = [one for scenario in scenarios for one in scenario.expect]
    with Seed(sqlite_url, KEYS) as seed:
        account = seed.account(allowed_networks=["127.0.0.0/8"])
        owners: dict[UUID, tuple[int, str]] = {}
        for way, keys in enumerate(WAYS):
            connection = seed_connection(seed, asterisk.ami)
            for tenant, key in keys.items():
                service = seed_tenant(
                    seed, account, receiver, tuple(USUAL_EVENTS.values()), ("101",), connection_id=connection,
                    tenant_key=key, menus=[["*-ivr", ""]], name=f"{tenant}-{way}")
                owners[service] = (way, tenant)
        async with running(seed, sqlite_url, tmp_path, connections=len(WAYS)):
            for scenario in scenarios:
                await asterisk.place_call(scenario.name)
            engine = Observed(receiver, seed)
            got = await engine.requests(len(WAYS) * len(expected))
            unclaimed = await engine.until(
                "SELECT * FROM unclaimed_call WHERE (SELECT count(*) FROM unclaimed_call) = ?", len(WAYS))
            counted = seed.rows("SELECT unclaimed FROM connection_state")
    told_to: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for one in got:
        told_to[owners[UUID(one["service_uuid"])]].append(told(one))
    for owner in owners.values():
        assert by_caller(told_to[owner]) == by_caller([foreseen(one) for one in expected if one["tenant"] == owner[1]])
    assert {(one["caller_number"], one["dialled"], one["tenant"], one["account_code"]) for one in unclaimed} == {
        ("12025550173", "12025550123", "hooli", "4713")}
    assert [row["unclaimed"] for row in counted] == [1] * len(WAYS)
