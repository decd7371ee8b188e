"""An engine of this process on the lab's Asterisk, and one receiver at which every service event of it is pointed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from switchhook.app import Engine
from switchhook.domain.catalogue import EXTRA_EVENTS, EventType
from switchhook.settings import load_settings
from tests.fixtures.databases import KEYS
from tests.fixtures.lab import AmiLogin, Asterisk
from tests.fixtures.processes import free_port
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.pbx.recorded_extras import SAID

USUAL_EVENTS = {
    "inbound_received": EventType.INBOUND_RECEIVED, "inbound_answered": EventType.INBOUND_ANSWERED,
    "outbound_placed": EventType.OUTBOUND_PLACED, "ivr_received": EventType.IVR_RECEIVED,
    "ivr_option_selected": EventType.IVR_OPTION,
}
EXTRAS = EXTRA_EVENTS - {EventType.INTEGRATION_DISABLED}
USERS = ("201", "202", "203", "204", "205", "206", "250")
SETTLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of the calls."""

    receiver: Receiver
    seed: Seed

    async def requests(self, count: int) -> list[dict[str, Any]]:
        """The bodies of what came, with their type, in the order of their calls, once there are `count`."""
        async with asyncio.timeout(SETTLE_SECONDS):
            await self.receiver.got(count)
        bodies = [json.loads(got.body) | {"type": got.header("switchhook-event"),
                                          "place": int(got.header("switchhook-sequence") or 0)}
                  for got in self.receiver.requests]
        return sorted(bodies, key=lambda body: body["place"])

    async def until(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        """The rows of a query, once there are any."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while not (rows := self.seed.rows(query, *arguments)):
                await asyncio.sleep(0.05)
        return rows


def seed_tenant(seed: Seed, account: UUID, receiver: Receiver, events: Sequence[EventType], users: Sequence[str],
                **service: object) -> UUID:
    """A service with these users; each of the events goes to the receiver."""
    service_id = seed.service(account, **service)
    for extension in users:
        seed.user(service_id, extension, name=f"Desk {extension}")
    for kind in events:
        seed.integration(account, service_id, event_type=kind, request_url=receiver.url(), max_in_flight=1)
    return service_id


def seed_connection(seed: Seed, ami: AmiLogin) -> UUID:
    """A connection to the lab's Asterisk as its least privileged user."""
    return seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)


@asynccontextmanager
async def observed(asterisk: Asterisk, seed: Seed, database_url: str, receiver: Receiver, state_dir: Path,
                   *, extras: Collection[EventType] = (), ami: AmiLogin | None = None, **service: object,
                   ) -> AsyncIterator[Observed]:
    """An engine connected to the PBX, by `ami` where that is another way to it, which feeds one service. Each usual
    event and extra has an integration."""
    account = seed.account(allowed_networks=["127.0.0.0/8"], granted_events=sorted(extras))
    events = (*USUAL_EVENTS.values(), *sorted(extras))
    connection = seed_connection(seed, ami or asterisk.ami)
    seed_tenant(seed, account, receiver, events, USERS, connection_id=connection, **service)
    async with running(seed, database_url, state_dir):
        yield Observed(receiver, seed)


@asynccontextmanager
async def running(seed: Seed, database_url: str, state_dir: Path, connections: int = 1) -> AsyncIterator[None]:
    """An engine in this process, once it is connected."""
    settings = load_settings(
        {}, state_dir=state_dir, database_url=database_url, secret_keys=",".join(KEYS),
        intake_listen=f"127.0.0.1:{free_port()}", inbox_listen=f"127.0.0.1:{free_port()}")
    engine = Engine(settings)
    task = asyncio.create_task(engine.run())
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            while len(seed.rows("SELECT 1 FROM connection_state WHERE state = 'connected'")) < connections:
                await asyncio.sleep(0.02)
        yield
    finally:
        engine.stop()
        await task


def told(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a request of a usual event says, in the catalogue's words."""
    return {
        "type": request["type"], "source": request["source_number"], "destination": request["destination_number"],
        **({"extension": request["extension_number"]} if request["type"] == "call.inbound_answered" else {}),
        **({"ivr": request["ivr_name"]} if str(request["type"]).startswith("ivr") else {}),
        **({"option": request["option_selected"]} if "option_selected" in request else {}),
    }


def foreseen(expected: Mapping[str, Any]) -> dict[str, Any]:
    """What the scenario's catalogue expects, in the same form."""
    return {
        "type": USUAL_EVENTS[expected["event"]].value, "source": expected["source"],
        "destination": expected["destination"],
        **{key: expected[key] for key in ("extension", "ivr", "option") if key in expected},
    }


def by_caller(events: Sequence[dict[str, Any]]) -> dict[object, list[dict[str, Any]]]:
    """Events by who called: between calls there is no order."""
    calls: dict[object, list[dict[str, Any]]] = {}
    for event in events:
        calls.setdefault(event["source"], []).append(event)
    return calls


def extras_of_calls(events: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Counter[frozenset[object]]:
    """What each call was told of, whichever call it was: another day the same call has another id, and other files."""
    calls: dict[str, Counter[object]] = {}
    for call, kind, fields in events:
        said = {name: bool(value) if name in ("leg_id", "recording_file") else value
                for name in map(str, SAID) if (value := fields.get(name)) is not None}
        calls.setdefault(call, Counter())[kind, frozenset(said.items())] += 1
    return Counter(frozenset(told.items()) for told in calls.values())
