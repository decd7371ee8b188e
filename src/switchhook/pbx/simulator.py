"""Simulator: a PBX that makes calls up, told by the same Facts as a real one, at a rate that can be set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import NoReturn

from switchhook.domain.facts import Connected, Fact, LegRecorded, LegStarted, SnapshotEnded
from switchhook.domain.recordings import MADE_UP_FILE
from switchhook.domain.service import Connection
from switchhook.pbx.connector import Heard
from switchhook.pbx.made_up_calls import MadeUp, any_kind, make_up

IDLE_SECONDS = 60.0  # how often a rate of nought is looked at again


class Simulator:
    """Stands where a Connector stands. `run` makes calls up for ever; each plays in its own time."""

    def __init__(
        self, connection: Connection, hear: Callable[[Sequence[Fact]], None], tell: Callable[[Heard], None],
        *, random: Random,
    ) -> None:
        self._connection = connection
        self._hear = hear
        self._tell = tell
        self._random = random
        self._numbers = count(1)
        self.messages = 0
        self.reloads = 0  # nothing is configured there
        self.last_message_at: datetime | None = None

    async def run(self) -> NoReturn:
        """Make calls up, some `calls_per_minute`, until cancelled; a survey first: who tries it need not wait."""
        now = datetime.now(UTC)
        self._tell(Heard(state="connected", at=now))
        self._hear((Connected(at=now), SnapshotEnded(at=now, legs=frozenset())))  # a predecessor's calls went with it
        kind = MadeUp.SURVEY
        async with asyncio.TaskGroup() as calls:
            while True:
                if self._connection.calls_per_minute <= 0:
                    await asyncio.sleep(IDLE_SECONDS)
                    continue
                calls.create_task(self.place(kind))
                kind = any_kind(self._random)
                await asyncio.sleep(60 / self._connection.calls_per_minute * self._random.uniform(0.5, 1.5))

    async def place(self, kind: MadeUp) -> None:
        """Make one call up and tell its facts as their moments come."""
        for fact in _recorded(make_up(kind, datetime.now(UTC), next(self._numbers), self._random)):
            assert fact.at is not None
            await asyncio.sleep(max(0.0, (fact.at - datetime.now(UTC)).total_seconds()))
            self.messages += 1
            self.last_message_at = fact.at
            self._hear((fact,))


def _recorded(facts: Sequence[Fact]) -> Iterator[Fact]:
    """The facts, and that the caller's leg is recorded: whether there is anything to hear, the rest says."""
    first, *others = facts
    yield first
    if isinstance(first, LegStarted):
        yield LegRecorded(at=first.at, leg=first.party.leg, call=first.party.call, file=MADE_UP_FILE)
    yield from others
