"""The connection to a real Asterisk is cut in the middle of a call, or Asterisk itself dies: no event is lost that can
still be known, none comes twice, the gap is recorded, and no call stays open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.databases import KEYS
from tests.fixtures.lab import Asterisk
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import pbxlab
from tests.lab.catalogue import DID, carrier, phone
from tests.live.cable import Cable, cable_to
from tests.live.observing import EXTRAS, Observed, extras_of_calls, foreseen, observed, told
from tests.pbx.recorded import RECORDINGS
from tests.pbx.recorded_extras import EXPECTED

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(180)]

TALK_MS = 90_000  # until the test ends the call
#: How many requests have come by then: received and ringing; answered; the ends of leg and call, the recording.
RUNG, ANSWERED, ENDED = 2, 3, 6


@dataclass(frozen=True, slots=True)
class CutOff:
    """One test's Asterisk, the engine at the other end of the cable, and who talks."""

    asterisk: Asterisk
    engine: Observed
    cable: Cable

    @asynccontextmanager
    async def call(self, ring_ms: int = 500) -> AsyncIterator[None]:
        """Somebody calls 201, which rings for so long and answers. Who still talks in the end is gone."""
        who = [phone("201", ring=ring_ms), carrier(DID["ext201"], talk=TALK_MS)]
        parts = await asyncio.to_thread(pbxlab.start_parts, self.asterisk.instance, who)
        try:
            yield
        finally:
            for part in parts:
                await asyncio.to_thread(part.end)

    async def cut(self) -> None:
        """The engine knows that it hears nothing."""
        self.cable.cut()
        await self.engine.until("SELECT 1 FROM connection_state WHERE state = 'broken'")

    async def back(self, partial_calls: int = 1) -> None:
        """The engine hears again, and has recorded the gap, in which so many calls went on."""
        self.cable.mend()
        (gap,) = await self.engine.until("SELECT * FROM gap")
        assert gap["begin_ms"] < gap["end_ms"]
        assert gap["reason"] in ("The PBX ended the connection.", "The connection to the PBX broke.")
        assert gap["partial_calls"] == partial_calls

    async def hang_up(self) -> None:
        """The call ends, and nobody is left on the PBX."""
        await asyncio.to_thread(self.asterisk.hang_up)
        await asyncio.to_thread(self.asterisk.instance.idle)

    async def tells_exactly(self, scenario: str) -> None:
        """What came is what the recording of this scenario should tell, and all its calls are over."""
        usual = json.loads((RECORDINGS / f"asterisk/22/{scenario}.json").read_text())["expected"]
        extra = EXPECTED[f"22/{scenario}"]
        got = await self.engine.requests(len(usual) + len(extra))
        kinds = {one.type for one in extra}
        assert calls([(one["call_uuid"], told(one)) for one in got if one["type"] not in kinds]) == calls(
            [(one["call_id"], foreseen(one)) for one in usual])
        assert extras_of_calls((one["call_uuid"], one["type"], one) for one in got if one["type"] in kinds) == (
            extras_of_calls((one.call, one.type, dict(one.fields)) for one in extra))
        await self.is_over()
        seed = self.engine.seed
        assert len(seed.rows("SELECT 1 FROM event")) == len(got)
        assert len(seed.rows("SELECT 1 FROM gap")) == 1

    async def is_over(self) -> None:
        """No call is open, neither in the tracker's memory nor for who reads its timeline."""
        await self.engine.until("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM open_call)")
        await self.engine.until(
            "SELECT 1 FROM call WHERE NOT EXISTS (SELECT 1 FROM call WHERE ended_ms IS NULL)")


@pytest.fixture
async def line(asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path) -> AsyncIterator[CutOff]:
    """An engine that hears its Asterisk over a cable."""
    with Seed(sqlite_url, KEYS) as seed:
        async with (cable_to(asterisk.ami) as cable,
                    observed(asterisk, seed, sqlite_url, receiver, tmp_path, extras=EXTRAS, ami=cable.ami) as engine):
            yield CutOff(asterisk, engine, cable)


def calls(events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[Mapping[str, Any]]]:
    """Events call by call, whichever call it was."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for call, event in events:
        found.setdefault(call, []).append(event)
    return sorted(found.values(), key=repr)


async def test_a_call_that_is_talking_goes_on_over_a_cut_connection(line: CutOff) -> None:
    async with line.call():
        await line.engine.requests(ANSWERED)
        await line.cut()
        await line.back()
        await line.hang_up()
        await line.tells_exactly("reconnect-mid-call")


async def test_a_call_that_rings_is_answered_after_a_cut_connection(line: CutOff) -> None:
    async with line.call(ring_ms=6_000):
        await line.engine.requests(RUNG)
        await line.cut()
        await line.back()
        assert len(line.engine.receiver.requests) == RUNG, "it rings still"
        await line.engine.requests(ANSWERED)
        await line.hang_up()
        await line.tells_exactly("reconnect-while-ringing")


async def test_an_answer_that_nobody_heard_is_told_of_on_coming_back(line: CutOff) -> None:
    with pbxlab.Ami(line.asterisk.instance) as witness:
        async with line.call(ring_ms=5_000):
            await line.engine.requests(RUNG)
            await line.cut()
            assert await asyncio.to_thread(witness.wait_event, "DialEnd", 20, DialStatus="ANSWER")
            assert len(line.engine.receiver.requests) == RUNG
            await line.back()
            await line.engine.requests(ANSWERED)
            await line.hang_up()
            await line.tells_exactly("reconnect-while-ringing")


async def test_a_call_whose_end_nobody_heard_is_closed_by_the_snapshot(line: CutOff) -> None:
    async with line.call():
        await line.engine.requests(ANSWERED)
        await line.cut()
        await line.hang_up()
        assert line.engine.seed.rows("SELECT 1 FROM open_call"), "nobody has told us"
        await line.back()
        await line.tells_exactly("reconnect-mid-call")


def kill_and_launch(asterisk: Asterisk) -> None:
    asterisk.kill()
    asterisk.launch()


@pytest.mark.parametrize(("scenario", "dies", "partial_calls"), [
    ("kill-mid-call", kill_and_launch, 1),
    ("restart-mid-call", Asterisk.restart, 0),  # Asterisk says that it stops, and so that the call is over
], ids=["kill-mid-call", "restart-mid-call"])
async def test_a_call_that_died_with_asterisk_is_closed_and_the_next_one_is_heard(
    scenario: str, dies: Callable[[Asterisk], None], partial_calls: int, line: CutOff
) -> None:
    async with line.call():
        await line.engine.requests(ANSWERED)
        await asyncio.to_thread(dies, line.asterisk)
        await line.back(partial_calls)
        await line.is_over()
    async with line.call():
        await line.engine.requests(ENDED + ANSWERED)
        await line.hang_up()
        await line.tells_exactly(scenario)
