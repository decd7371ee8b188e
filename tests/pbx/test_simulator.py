"""The simulated PBX, where it stands in for a real one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from switchhook.domain.facts import Fact
from switchhook.domain.profile import Profile
from switchhook.domain.service import Connection, Platform
from switchhook.domain.tracker import Tracker
from switchhook.pbx.made_up_calls import MadeUp, make_up
from switchhook.pbx.simulator import Simulator

NOBODY = UUID(int=0)


async def test_one_that_begins_anew_has_no_calls_of_before() -> None:
    tracker = Tracker(lambda _leg: Profile(service_id=NOBODY, account_id=NOBODY))
    tracker.feed(make_up(MadeUp.ANSWERED, datetime.now(UTC), 1, Random(1))[0])
    assert len(tracker.open_calls) == 1
    heard: list[Fact] = []
    connection = Connection(id=NOBODY, name="Simulator", platform=Platform.SIMULATOR, calls_per_minute=0)
    running = asyncio.create_task(Simulator(connection, heard.extend, lambda _: None, random=Random(1)).run())
    await asyncio.sleep(0)  # it begins
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for fact in heard:
        tracker.feed(fact)
    assert not tracker.open_calls
