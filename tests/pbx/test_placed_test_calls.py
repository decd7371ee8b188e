"""Test calls: made up, but told through the service's own settings, and marked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from switchhook.app import Engine
from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event
from switchhook.domain.service import Reading, Service
from switchhook.pbx import placed_test_calls
from switchhook.pbx.made_up_calls import MadeUp
from switchhook.settings import load_settings
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import free_port
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed

SERVICE = Service(
    id=uuid4(), account_id=uuid4(), connection_id=None, name="pbx", friendly_name="Head Office",
    reading=Reading(menus=(("ivr-3", "Reception"), ("ivr-7", "NPS"))),
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed_test_calls, "FASTER", 10_000.0)


async def placed(kind: MadeUp, number: int = 1) -> list[Event]:
    accepted: list[Event] = []

    async def accept(events: Sequence[Event]) -> None:
        accepted.extend(events)

    told = await placed_test_calls.place_test_call(kind, SERVICE, ["301"], accept, number=number, random=Random(1))
    assert told == accepted
    return accepted


@pytest.mark.parametrize("kind", MadeUp)
async def test_every_event_of_a_test_call_is_marked(kind: MadeUp) -> None:
    events = await placed(kind)
    assert events
    assert all(event.is_test and event.service_id == SERVICE.id for event in events)


async def test_the_services_own_users_and_menus_take_part() -> None:
    menu, survey = await placed(MadeUp.MENU), await placed(MadeUp.SURVEY)
    assert menu[1].fields[Field.IVR_NAME] == "Reception"
    assert survey[-1].fields[Field.IVR_NAME] == "NPS"
    assert survey[1].fields[Field.EXTENSION_NUMBER] == "301"


async def test_an_errand_places_the_call_and_its_requests_say_that_they_are_tests(
    database_url: str, seed: Seed, receiver: Receiver, tmp_path: Path
) -> None:
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    service = seed.service(account)
    seed.user(service, "301")
    seed.integration(account, service, event_type=EventType.INBOUND_ANSWERED, request_url=receiver.url())
    engine = Engine(load_settings(
        {}, state_dir=tmp_path, database_url=database_url, secret_keys=",".join(KEYS),
        intake_listen=f"127.0.0.1:{free_port()}", inbox_listen=f"127.0.0.1:{free_port()}"))
    running = asyncio.create_task(engine.run())
    errand = seed.errand("test_call", {"service_id": str(service), "kind": "answered"}, account)
    async with asyncio.timeout(30):
        (got,) = await receiver.got(1)
        while seed.row("errand", errand)["state"] != "done":
            await asyncio.sleep(0.02)
    engine.stop()
    await running
    assert got.header("switchhook-test") == "1"
    assert seed.rows("SELECT is_test FROM delivery WHERE state = 'delivered'")[0]["is_test"] in (True, 1)
