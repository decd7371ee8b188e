"""The clerk: puts entries into the CRM, one after another, and tries again until the CRM has taken them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from crm.book import Book, Line, State
from crm.contacts import Crm, CrmFailed

log = logging.getLogger("crm.clerk")

WAITS_SECONDS = (5, 30, 120, 600, 3600, 4 * 3600)  # after the first failure, the second, …; then every 4 hours
GIVE_UP_SECONDS = 3 * 24 * 3600
LOOK_SECONDS = 3600.0


class Clerk:
    """One task that works through the book. `clock`: seconds since 1970."""

    def __init__(self, crm: Crm, book: Book, clock: Callable[[], float] = time.time) -> None:
        self._crm = crm
        self._book = book
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` once the entry in hand is through."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Put into the CRM what is due, until `stop`."""
        while not self._stopping:
            while not self._stopping and (line := self._book.due(now=self._clock())):
                await self._enter(line)
            due = self._book.next_due()
            wait_seconds = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.05, due - self._clock()))
            try:
                await asyncio.wait_for(self._wake.wait(), wait_seconds)
            except TimeoutError:
                continue
            self._wake.clear()

    async def _enter(self, line: Line) -> None:
        entry = line.entry
        try:
            contact = await self._crm.find_contact(entry.number)
            if entry.title:
                await self._crm.add_task(entry.title, entry.text, contact, reference=entry.reference)
            elif contact:
                await self._crm.add_activity(entry.text, contact, reference=entry.reference)
        except CrmFailed as error:
            self._failed(line, str(error))
        else:
            self._book.note(line, State.DONE if contact or entry.title else State.UNKNOWN)

    def _failed(self, line: Line, problem: str) -> None:
        next_at = self._clock() + WAITS_SECONDS[min(line.attempts, len(WAITS_SECONDS) - 1)]
        state = State.GIVEN_UP if next_at > line.made_at + GIVE_UP_SECONDS else State.WAITING
        log.warning("%s is not in the CRM (%s): %s", line.entry.reference, state, problem)
        self._book.note(line, state, problem[:300], next_at=next_at)
