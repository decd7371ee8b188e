"""Calls on a real Asterisk become the configured requests: PBX, engine, receiver, nothing in between replaced."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from switchhook.app import Engine
from switchhook.domain.catalogue import EventType
from switchhook.settings import load_settings
from tests.fixtures.databases import KEYS
from tests.fixtures.lab import Asterisk
from tests.fixtures.processes import free_port
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import catalogue

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

EVENT_TYPES = {
    "inbound_received": EventType.INBOUND_RECEIVED, "inbound_answered": EventType.INBOUND_ANSWERED,
    "outbound_placed": EventType.OUTBOUND_PLACED, "ivr_received": EventType.IVR_RECEIVED,
    "ivr_option_selected": EventType.IVR_OPTION,
}
SETTLE_SECONDS = 20.0

#: The calls of `make test`; the whole catalogue is in `make test-all`.
SOME = (
    "inbound-answered", "inbound-anonymous", "group-answered", "queue-answered", "ivr-option-1", "ivr-nested-and-back",
    "pickup-directed", "transfer-blind", "transfer-to-nps", "outbound-answered", "followme-mobile-answers",
)
REST = tuple(name for name, one in catalogue.ALL.items() if name not in SOME and one.parts and not one.tenants)


class Observed:
    """An engine on the lab's Asterisk, every service event pointed at one receiver."""

    def __init__(self, receiver: Receiver, service: UUID) -> None:
        self.receiver = receiver
        self.service = service

    async def requests(self, count: int) -> list[dict[str, object]]:
        """The bodies of what came, in order, once there are `count`."""
        async with asyncio.timeout(SETTLE_SECONDS):
            await self.receiver.got(count)
        return [json.loads(got.body) | {"type": got.header("switchhook-event")} for got in self.receiver.requests]


@asynccontextmanager
async def observed(asterisk: Asterisk, seed: Seed, database_url: str, receiver: Receiver, state_dir: Path,
                   **service: object) -> AsyncIterator[Observed]:
    """The engine in this process, connected to the PBX as its least privileged user."""
    account = seed.account(allowed_networks=["127.0.0.0/8"])
    ami = asterisk.ami
    connection = seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
    service_id = seed.service(account, connection_id=connection, **service)
    for extension in ("201", "202", "203", "204", "205", "250"):
        seed.user(service_id, extension, name=f"Desk {extension}")
    for kind in EVENT_TYPES.values():
        seed.integration(account, service_id, event_type=kind, request_url=receiver.url(), max_in_flight=1)
    settings = load_settings(
        {}, state_dir=state_dir, database_url=database_url, secret_keys=",".join(KEYS),
        intake_listen=f"127.0.0.1:{free_port()}", inbox_listen=f"127.0.0.1:{free_port()}")
    engine = Engine(settings)
    running = asyncio.create_task(engine.run())
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            while not seed.rows("SELECT state FROM connection_state WHERE state = 'connected'"):
                await asyncio.sleep(0.02)
        yield Observed(receiver, service_id)
    finally:
        engine.stop()
        await running


@pytest.mark.parametrize("scenario", [*SOME, *(pytest.param(name, marks=pytest.mark.long) for name in REST)])
async def test_a_real_call_becomes_exactly_the_expected_requests(
    scenario: str, asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    expected = catalogue.ALL[scenario].expect
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path) as engine:
            await asterisk.place_call(scenario)
            got = await engine.requests(len(expected))
    assert by_call(map(told, got)) == by_call(map(foreseen, expected))
    calls = {str(one["call_uuid"]) for one in got}
    assert len(calls) == len({one["source"] for one in expected})
    assert {one["service_friendly_name"] for one in got} <= {"Head Office"}


async def test_the_user_who_answered_is_named(
    asterisk: Asterisk, postgres_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(postgres_url, KEYS) as seed:
        async with observed(asterisk, seed, postgres_url, receiver, tmp_path) as engine:
            await asterisk.place_call("inbound-answered")
            answered = (await engine.requests(2))[1]
    assert answered["type"] == "call.inbound_answered"
    assert answered["name"] == "Desk 201"
    assert answered["has_voicemail"] is True
    assert answered["enabled_calls"] == "Local,National"


async def test_with_applications_off_the_call_is_seen_and_nothing_fires(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path, applications_enabled=False):
            await asterisk.place_call("inbound-answered")
        events = seed.rows("SELECT type, unwanted_reason FROM event ORDER BY sequence")
        assert [row["type"] for row in events] == ["call.inbound_received", "call.inbound_answered"]
        assert all("Applications are switched off" in row["unwanted_reason"] for row in events)
        assert seed.rows("SELECT id FROM delivery") == []
    assert receiver.requests == []


async def test_after_the_pbx_was_away_calls_are_heard_again_and_the_gap_is_known(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path) as engine:
            await asyncio.to_thread(asterisk.kill)
            await asyncio.to_thread(asterisk.launch)
            async with asyncio.timeout(SETTLE_SECONDS):
                while not seed.rows("SELECT id FROM gap"):
                    await asyncio.sleep(0.02)
            await asterisk.place_call("inbound-answered")
            got = await engine.requests(2)
    assert [one["type"] for one in got] == ["call.inbound_received", "call.inbound_answered"]


def told(request: dict[str, object]) -> dict[str, object]:
    """What a request says, in the catalogue's words."""
    return {
        "type": request["type"], "source": request["source_number"], "destination": request["destination_number"],
        **({"extension": request["extension_number"]} if request["type"] == "call.inbound_answered" else {}),
        **({"ivr": request["ivr_name"]} if str(request["type"]).startswith("ivr") else {}),
        **({"option": request["option_selected"]} if "option_selected" in request else {}),
    }


def foreseen(expected: dict[str, object]) -> dict[str, object]:
    """What the scenario's catalogue expects, in the same form."""
    return {
        "type": EVENT_TYPES[str(expected["event"])].value, "source": expected["source"],
        "destination": expected["destination"],
        **{key: expected[key] for key in ("extension", "ivr", "option") if key in expected},
    }


def by_call(events: object) -> dict[object, list[dict[str, object]]]:
    """Events by who called: between calls there is no order."""
    calls: dict[object, list[dict[str, object]]] = {}
    for event in events:  # type: ignore[attr-defined]
        calls.setdefault(event["source"], []).append(event)
    return calls


async def test_a_picked_up_calls_timeline_says_why_no_answered_fired(
    asterisk: Asterisk, postgres_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(postgres_url, KEYS) as seed:
        async with observed(asterisk, seed, postgres_url, receiver, tmp_path) as engine:
            await asterisk.place_call("pickup-directed")
            (received,) = await engine.requests(1)
            async with asyncio.timeout(SETTLE_SECONDS):
                while not (calls := seed.rows(
                        "SELECT * FROM call WHERE direction = 'inbound' AND ended_ms IS NOT NULL")):
                    await asyncio.sleep(0.05)
    (call,) = calls
    assert str(call["id"]) == received["call_uuid"]
    assert (call["state"], call["extension_number"]) == ("picked_up", "204")
    assert call["began_ms"] < call["ended_ms"]
    notes = [json.loads(line) for line in call["notes"].splitlines()]
    assert "204 picked up the call that rang at 201: a pickup is not an answer" in [note["text"] for note in notes]
    (withheld,) = [note for note in notes if note["kind"] == "withheld"]
    assert (withheld["type"], withheld["text"]) == (
        "call.inbound_answered", "picked up by 204 with **201: not rung, so not answered")
    (told_note,) = [note for note in notes if note["kind"] == "told"]
    assert told_note["event"] == received.get("event_id", told_note["event"])
