"""Line: one Connection at work. A connector that hears, a tracker that understands, a queue of what is to be accepted.

Hearing never waits for the database: what the tracker tells is queued and accepted by a task of its own, as many
at once as have gathered. When too much waits, events are given up and the gap is recorded, rather than memory filled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Protocol, TypeVar

from switchhook.domain.errors import StoreUnavailable
from switchhook.domain.event import Event
from switchhook.domain.facts import Fact, LegStarted
from switchhook.domain.outcome import Outcome
from switchhook.domain.profile import Profile
from switchhook.domain.service import Connection, Platform
from switchhook.domain.tracker import Claim, Tracker
from switchhook.pbx.connector import Connector, Heard
from switchhook.pbx.message_rate import MessageRate
from switchhook.pbx.simulator import Simulator
from switchhook.pbx.timelines import Timelines
from switchhook.pbx.unclaimed import MOST_KEPT, Unclaimed
from switchhook.store.ports import CallMemory, CallRecord, ConnectionReport, Gap, Store

log = logging.getLogger("switchhook.pbx")

T = TypeVar("T")

#: Hands events and memories of calls on; returns when they are committed.
Accept = Callable[[Sequence[Event], Sequence[CallMemory]], Awaitable[object]]

REPORT_SECONDS = 5.0
EXPIRE_AFTER = timedelta(hours=12)  # a call of which nothing was heard for so long is over
MOST_WAITING = 100_000  # events; beyond it what is heard is lost, and the gap recorded
AWAY_SECONDS = 0.5
TIMELINE_SECONDS = 1.0  # how often what is new of calls is written for people to read
TIMELINES_AT_ONCE = 200  # so that accepting never waits long for it
FINISH_SECONDS = 5.0


class Ear(Protocol):
    """What stands at the PBX's end: a Connector, or the Simulator."""

    messages: int
    reloads: int
    last_message_at: datetime | None

    async def run(self) -> object: ...


class Line:
    """Runs one Connection that this engine owns, until cancelled."""

    def __init__(
        self, connection: Connection, claim: Claim, store: Store, accept: Accept, *, random: Random,
    ) -> None:
        self.connection = connection
        self.claim = claim
        self._store = store
        self._accept = accept
        self._unclaimed = Unclaimed()
        self._tracker = Tracker(self._claimed)
        self._timelines = Timelines(self._tracker.sheet)
        self._waiting: list[Event] = []
        self._changed: set[str] = set()  # open calls whose memory is to be written; those that are over are forgotten
        self._something = asyncio.Event()
        self._news = asyncio.Event()  # the connection's state changed, or there is a gap
        self._heard = Heard(state="connecting", at=datetime.now(UTC))
        self._deaf_since: datetime | None = None
        self._deaf_why = ""
        self._heard_before: datetime | None = None  # by a predecessor
        self._gaps: list[Gap] = []  # not yet recorded
        self.gaps = 0
        self._reconnects = 0
        self._message_rate = MessageRate()
        self._messages_per_second = 0.0
        ear = Simulator if connection.platform is Platform.SIMULATOR else Connector
        self.ear: Connector | Simulator = ear(connection, self._hear, self._told, random=random)

    @property
    def state(self) -> str:
        """The connection's state."""
        return self._heard.state

    @property
    def open_calls(self) -> int:
        """How many calls go on."""
        return len(self._tracker.open_calls)

    @property
    def reloads(self) -> int:
        """How often the PBX said that it read its configuration anew."""
        return self.ear.reloads

    async def run(self) -> None:
        """Restore the calls that a predecessor left open, then listen. Since it last heard the PBX nobody did."""
        self._heard_before = await self._patiently(lambda: self._store.last_heard_at(self.connection.id))
        self._deaf_since, self._deaf_why = self._heard_before, "no engine listened"
        for remembered in await self._patiently(lambda: self._store.open_calls(self.connection.id)):
            if not self._tracker.restore(remembered.key, remembered.memory):
                self._changed.add(remembered.key)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.ear.run())
            tasks.create_task(self._accept_waiting())
            tasks.create_task(self._keep_timelines())
            tasks.create_task(self._report())

    # -- hearing: never waits --------------------------------------------------------
    def _hear(self, facts: Sequence[Fact]) -> None:
        now = datetime.now(UTC)
        for fact in facts:
            try:
                outcome = self._tracker.feed(fact, now)
            except Exception:  # whatever a PBX says, the next fact is heard
                log.exception("pbx.fact_not_understood connection=%s fact=%r", self.connection.id, fact)
                continue
            self._take_in(outcome)
        if len(self._waiting) > MOST_WAITING:
            self._lose_waiting()

    def _claimed(self, leg: LegStarted) -> Profile | None:
        profile = self.claim(leg)
        self._unclaimed.hear(leg, profile)
        return profile

    def _take_in(self, outcome: Outcome) -> None:
        """Keep what the tracker told until it is accepted."""
        if outcome.notes or outcome.over:
            self._timelines.hear(outcome, datetime.now(UTC))
        if outcome.events or outcome.changed or outcome.ended:
            self._waiting += outcome.events
            self._changed.update(outcome.changed, outcome.ended)
            self._something.set()

    def _lose_waiting(self) -> None:
        first, last = self._waiting[0].at, self._waiting[-1].at
        log.error("pbx.events_lost connection=%s count=%s", self.connection.id, len(self._waiting))
        self._gap(first, last, f"the database was away for too long: {len(self._waiting)} events were lost")
        self._waiting.clear()

    def _told(self, heard: Heard) -> None:
        if heard.state == "connected":
            if self._deaf_since is not None:
                self._reconnects += 1
                self._gap(self._deaf_since, heard.at, self._deaf_why)
            self._deaf_since = None
        elif heard.state != "connecting" and self._deaf_since is None and self.state == "connected":
            self._deaf_since = self.ear.last_message_at or heard.at
            self._deaf_why = heard.detail
        log.info("pbx.connection connection=%s name=%s state=%s detail=%s", self.connection.id, self.connection.name,
                 heard.state, heard.detail)
        self._heard = heard
        self._news.set()

    def _gap(self, begin: datetime, end: datetime, reason: str) -> None:
        self.gaps += 1
        self._gaps.append(Gap(connection_id=self.connection.id, begin=begin, end=max(begin, end), reason=reason,
                              partial_calls=len(self._tracker.open_calls)))
        self._news.set()

    # -- accepting: waits for the database, and for nothing else ------------------------
    async def _accept_waiting(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            events, calls = self._take_waiting()
            await self._patiently(lambda e=events, c=calls: self._accept(e, c))  # type: ignore[misc]

    async def finish(self) -> None:
        """Accept what still waits, now that nothing more is heard; bounded."""
        events, calls = self._take_waiting()
        if events or calls:
            try:
                async with asyncio.timeout(FINISH_SECONDS):
                    await self._accept(events, calls)
            except (TimeoutError, StoreUnavailable):
                log.error("pbx.events_lost connection=%s count=%s", self.connection.id, len(events))
        await self._keep(self._timelines.take(TIMELINES_AT_ONCE), patient=False)

    async def _keep_timelines(self) -> None:
        """Write what is new of calls, apart from accepting and after it: a timeline never costs an event."""
        while True:
            await asyncio.sleep(TIMELINE_SECONDS)
            while calls := self._timelines.take(TIMELINES_AT_ONCE):
                await self._keep(calls)

    async def _keep(self, calls: Sequence[CallRecord], *, patient: bool = True) -> None:
        if not calls:
            return
        try:
            if patient:
                await self._patiently(lambda: self._store.keep_calls(calls))
            else:
                async with asyncio.timeout(FINISH_SECONDS):
                    await self._store.keep_calls(calls)
        except Exception:
            log.exception("pbx.timelines_lost connection=%s count=%s", self.connection.id, len(calls))

    def _take_waiting(self) -> tuple[list[Event], list[CallMemory]]:
        events, self._waiting = self._waiting, []
        changed, self._changed = self._changed, set()
        return events, [CallMemory(connection_id=self.connection.id, key=key, memory=self._tracker.memory(key))
                        for key in changed]

    async def _report(self) -> None:
        while True:
            self._news.clear()
            unclaimed = self._unclaimed.take()
            self._messages_per_second = self._message_rate.after(self.ear.messages, monotonic())
            await self._patiently(lambda: self._store.report_connection(self.report()))
            while self._gaps:
                gap = self._gaps[0]
                await self._patiently(lambda g=gap: self._store.record_gap(g))  # type: ignore[misc]
                self._gaps.pop(0)
            if unclaimed:
                await self._patiently(lambda c=unclaimed: self._store.keep_unclaimed(  # type: ignore[misc]
                    self.connection.id, c, MOST_KEPT))
            self._take_in(self._tracker.expire(datetime.now(UTC) - EXPIRE_AFTER))
            with suppress(TimeoutError):
                async with asyncio.timeout(REPORT_SECONDS):
                    await self._news.wait()

    def report(self) -> ConnectionReport:
        """How the connection is."""
        heard = self._heard
        return ConnectionReport(
            connection_id=self.connection.id, state=heard.state, since=heard.at, detail=heard.detail,
            last_message_at=self.ear.last_message_at or self._heard_before, messages=self.ear.messages,
            messages_per_second=self._messages_per_second, reconnects=self._reconnects, unclaimed=self._unclaimed.count)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except StoreUnavailable:
                await asyncio.sleep(AWAY_SECONDS)

