"""A connector at work, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from switchhook.domain.facts import Fact, LegStarted
from switchhook.domain.service import Connection
from switchhook.pbx.connector import Connector, Heard


class Listening:
    """What a connector told, and waiting for more."""

    def __init__(self, connection: Connection) -> None:
        self.facts: list[Fact] = []
        self.states: list[Heard] = []
        self._more = asyncio.Condition()
        self.connector = Connector(connection, self._hear, self._tell, random=Random(1))

    def _hear(self, facts: Sequence[Fact]) -> None:
        self.facts += facts
        self._notify()

    def _tell(self, heard: Heard) -> None:
        self.states.append(heard)
        self._notify()

    def _notify(self) -> None:
        async def notify() -> None:
            async with self._more:
                self._more.notify_all()

        self._task = asyncio.ensure_future(notify())

    async def until(self, true: Callable[[], bool]) -> None:
        async with self._more, asyncio.timeout(20):
            await self._more.wait_for(true)

    async def legs(self, count: int) -> list[LegStarted]:
        await self.until(lambda: sum(isinstance(fact, LegStarted) for fact in self.facts) >= count)
        return [fact for fact in self.facts if isinstance(fact, LegStarted)]

    async def state(self, *names: str) -> Heard:
        """The first report of these states."""
        await self.until(lambda: any(one.state in names for one in self.states))
        return next(one for one in self.states if one.state in names)


@asynccontextmanager
async def listening(connection: Connection) -> AsyncIterator[Listening]:
    """A connector that runs."""
    one = Listening(connection)
    task = asyncio.create_task(one.connector.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
