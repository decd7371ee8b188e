"""The operator's overview: what is stuck is named, and nothing when all is well."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from django.test import Client

from switchhook.web.models import ConnectionState, Delivery, Engine, Errand, Notice
from switchhook.web.operator.stuck import stuck
from tests.web.made_up import House

from .conftest import World

HOUR_MS = 3_600_000


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def engine(world: World) -> Engine:
    """One that runs, and has the world's connection."""
    one = Engine.objects.create(
        id=uuid4(), host="a.example", pid=7, started_at_ms=_now_ms() - HOUR_MS, heartbeat_at_ms=_now_ms())
    ConnectionState.objects.create(
        connection_id=world.connection.id, owner=one.id, state="connected", since_ms=_now_ms(), detail="", messages=5,
        reconnects=0, unclaimed=0)
    return one


def test_nothing_is_stuck_where_all_is_well(engine: Engine, operator: Client) -> None:
    assert stuck() == []
    page = operator.get("/operator/").content.decode()
    assert "All is well" in page
    assert "a.example" in page


def test_without_an_engine_the_first_thing_said_is_that(world: World, operator: Client) -> None:
    assert stuck()[0].what == "No engine is running"
    assert "No engine is running" in operator.get("/operator/").content.decode()


def test_deliveries_of_a_dead_engine_are_told_apart_from_those_held_for_long(engine: Engine, house: House) -> None:
    due = _now_ms() - HOUR_MS
    for number, owner in enumerate((uuid4(), engine.id, engine.id, None), start=1):
        house.delivery(house.event(number=number), house.integration(name=f"n{number}"), state="pending", owner=owner,
                       next_attempt_at_ms=due)
    Delivery.objects.update(expires_at_ms=_now_ms() + HOUR_MS)
    assert [(one.what.partition(" that")[0], one.count) for one in stuck()] == [
        ("Deliveries held by an engine", 1), ("Deliveries", 2), ("Deliveries", 1)]


def test_errands_that_nobody_takes_and_connections_that_nobody_hears(
    engine: Engine, world: World, operator: Client,
) -> None:
    Errand.objects.create(id=uuid4(), kind="send_test", state="asked", args="{}", result="{}",
                          created_at_ms=_now_ms() - HOUR_MS)
    Errand.objects.create(id=uuid4(), kind="catch_up", state="working", args="{}", result="{}",
                          created_at_ms=_now_ms() - 5 * HOUR_MS)  # takes as long as it takes
    ConnectionState.objects.update(state="refused", unclaimed=3, owner=None)
    told = [one.what for one in stuck()]
    assert told == ["Errands that no engine has taken for a minute", "Connections that no engine has taken",
                    "PBXs that are not heard", "Connections with calls that no service claims"]
    page = operator.get("/operator/").content.decode()
    assert all(one in page for one in told)


def test_e_mails_that_could_not_be_sent_are_told(engine: Engine, house: House) -> None:
    Notice.objects.create(
        id=uuid4(), account_id=house.account.id, integration_id=uuid4(), kind="failing", detail="", due_ms=0,
        created_at_ms=_now_ms() - HOUR_MS, problem="Connection refused")
    assert [one.what for one in stuck()] == ["E-mails that could not be sent"]


def test_accounts_that_rest_are_listed(world: World, operator: Client) -> None:
    operator.post(f"/operator/accounts/{world.account.id}/state/", {"state": "suspended", "reason": "Unpaid."})
    page = operator.get("/operator/").content.decode()
    assert "Accounts that rest" in page
    assert "Unpaid." in page
    assert "Suspended" in operator.get("/operator/accounts/").content.decode()
