"""Rounds: something that is done whenever it is due, by a task of its own, until the program ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_SECONDS = 3600.0


class Rounds:
    """Does `once` again and again: when `next_due` (seconds since 1970) has come, and when it is woken."""

    def __init__(
        self,
        once: Callable[[], Awaitable[object]],
        next_due: Callable[[], float | None],
        clock: Callable[[], float],
    ) -> None:
        self._once = once
        self._next_due = next_due
        self._clock = clock
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self.stopping = False

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` after what it has in hand."""
        self.stopping = True
        self._wake.set()

    async def turn(self) -> None:
        """Do now what is due, after the turn that goes on."""
        async with self._turn:
            await self._once()

    async def run(self) -> None:
        """Do what is due, until `stop`."""
        while not self.stopping:
            await self.turn()
            due = self._next_due()
            wait_seconds = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.05, due - self._clock()))
            try:
                await asyncio.wait_for(self._wake.wait(), wait_seconds)
            except TimeoutError:
                continue
            self._wake.clear()
