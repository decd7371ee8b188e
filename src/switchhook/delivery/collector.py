"""What comes from the database and what goes back to it: deliveries that are due are claimed as there is room.

New deliveries do not pass here: they are accepted as ours already (`take`). Here come retries, what people asked
for, what was shed, and what another engine left behind.

Order holds across engines, too. A first attempt whose call we do not know from its beginning might overtake an
earlier one that another engine has, so that the database is asked; the later one goes back and rests a little.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from uuid import UUID

from switchhook.delivery.lane import Parcel
from switchhook.delivery.lanes import Lanes
from switchhook.delivery.recorder import Recorder
from switchhook.delivery.returns import Returns
from switchhook.domain.catalogue import EXTRA_EVENTS
from switchhook.domain.errors import StoreUnavailable
from switchhook.domain.event import Event
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Acceptance, Store

log = logging.getLogger(__name__)

BATCH = 500  # deliveries claimed at once
FAMILIAR_KEYS = 50_000  # calls whose beginning we remember
REST_SECONDS = 0.5  # for a delivery whose turn in its call has not come
BUSY_SECONDS = 0.1  # between two fetches while there is more than we have room for
GATHER_SECONDS = 0.005  # what wakes us seldom comes alone
IDLE_SECONDS = 5.0  # the longest time without a look
AWAY_SECONDS = 0.5  # how long a database that does not answer is left alone


class Collector:
    """Keeps the lanes filled from the database, and empties the tray of what goes back."""

    def __init__(
        self, *, store: Store, engine_id: UUID, current: CurrentConfiguration, lanes: Lanes, recorder: Recorder,
        returns: Returns, start_ready: Callable[[], None], account_in_flight: int | None = None,
    ) -> None:
        """`start_ready` is called when something came in. `account_in_flight`: of an account without a quota."""
        self._store = store
        self._engine_id = engine_id
        self._current = current
        self._lanes = lanes
        self._recorder = recorder
        self._returns = returns
        self._start_ready = start_ready
        self._account_in_flight = account_in_flight
        self._wake = asyncio.Event()
        self._familiar: OrderedDict[tuple[str, bool], None] = OrderedDict()
        self._unsure: list[Parcel] = []
        self._outages_seen = 0
        self._lost_some = False
        self._stopped = False
        current.when_changed(self._familiar.clear)  # somebody who was disabled may be caught up with from its middle

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    # -- the short way: accepted by us --------------------------------------------------------------------

    def has_room(self, integration_id: UUID, account_id: UUID) -> bool:
        """Whether a Delivery that is about to be accepted shall be ours at once. If not, it counts as shed."""
        if not self._stopped and self._lanes.has_room(integration_id):
            return True
        self._lanes.shed(integration_id, account_id)
        return False

    def take(self, acceptance: Acceptance, is_new: bool) -> None:
        """The event is committed (or, not new, came to nothing): send what is ours, note what was shed."""
        event = acceptance.event
        for delivery in acceptance.deliveries:
            if delivery.id in acceptance.unclaimed:
                self._familiar.pop(_row(event), None)
                self._lanes.settled_in_database(delivery.integration_id)
                self.wake()
            elif is_new:
                if self._cannot_overtake(acceptance):
                    self._add(Parcel(delivery, event))
                else:
                    self._unsure.append(Parcel(delivery, event))
                    self.wake()
        self._start_ready()

    def _cannot_overtake(self, acceptance: Acceptance) -> bool:
        """Whether no earlier event of this call can be anywhere but here.

        A PBX's calls are told by one engine; what comes by intake or is done to a user may come by any."""
        event = acceptance.event
        if not _has_earlier(event):
            known = True
        elif acceptance.intake_key or _is_of_user(event):
            return False
        else:
            known = _row(event) in self._familiar
        if known:
            self._familiar[_row(event)] = None
            self._familiar.move_to_end(_row(event))
            if len(self._familiar) > FAMILIAR_KEYS:
                self._familiar.popitem(last=False)
        return known

    def _add(self, parcel: Parcel) -> None:
        integration = self._current.value.integrations.get(parcel.delivery.integration_id)
        account = self._current.value.accounts.get(parcel.delivery.account_id)
        quota = None if account is None else account.max_in_flight
        self._lanes.add(
            parcel, max_in_flight=1 if integration is None else max(1, integration.max_in_flight),
            of_account=self._account_in_flight if quota is None else max(1, quota),
            per_second=None if integration is None else integration.rate_per_second)

    # -- the long way: by the database --------------------------------------------------------------------

    async def run(self) -> None:
        """Collect, until cancelled."""
        pause_seconds = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._wake.wait()
                    await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            try:
                pause_seconds = await self.collect()
            except StoreUnavailable:
                self._lost_some = True
                await asyncio.sleep(AWAY_SECONDS)
                self.wake()

    async def collect(self) -> float:
        """One round: give back, sort out, fetch. Returns in how many seconds the next one is due, at the latest."""
        await self._returns.write()
        await self._give_back_what_was_lost()
        await self._sort_out()
        if self._stopped or self._recorder.congested:
            return BUSY_SECONDS
        behind = self._lanes.behind()
        due_in_seconds = await self._store.next_due_seconds()
        if due_in_seconds is None or due_in_seconds > 0:
            self._lanes.caught_up(behind)
            return IDLE_SECONDS if due_in_seconds is None else min(due_in_seconds + 0.001, IDLE_SECONDS)
        full_batch = await self._fetch(firsts=True)
        full_batch |= await self._fetch(firsts=False)
        self._start_ready()
        return 0.0 if full_batch else BUSY_SECONDS

    def close(self) -> None:
        """Fetch nothing more; what is accepted from now on is left to others."""
        self._stopped = True

    async def give_back_all(self, broken_off: Collection[UUID]) -> None:
        """Give back all that this engine holds, after `close`. Of what was broken off the outcome is unknown: it
        stays claimed, its attempt used up, until the incarnation ends. Raises StoreUnavailable."""
        await self._returns.write()
        held = await self._store.held(self._engine_id)
        await self._store.release(self._engine_id, list(held.difference(broken_off)))

    async def _fetch(self, *, firsts: bool) -> bool:
        """Claim what is due, as much as there is room for. Whether there may be more."""
        limit = min(BATCH, self._lanes.room())
        if limit == 0:
            return False
        skip, behind = self._lanes.full(retries=not firsts), self._lanes.behind()
        claimed = await self._store.claim(self._engine_id, limit, firsts=firsts, skip=skip)
        parcels = [Parcel(one.delivery, one.event, retry=not firsts and not one.manual, manual=one.manual)
                   for one in claimed]
        if firsts:
            if len(claimed) < limit:
                got = {parcel.delivery.integration_id for parcel in parcels}
                self._lanes.caught_up({id_: shed for id_, shed in behind.items() if id_ not in skip | got})
            await self._line_up(parcels)
        else:
            for parcel in parcels:
                self._add(parcel)
        return len(claimed) == limit

    async def _sort_out(self) -> None:
        """Those whose beginning we did not see: in, if nobody else has an earlier one."""
        unsure, self._unsure = self._unsure, []
        try:
            await self._line_up(unsure)
        except StoreUnavailable:
            self._unsure = unsure + self._unsure
            raise
        if unsure:
            self._start_ready()

    async def _line_up(self, parcels: Sequence[Parcel]) -> None:
        """Add first attempts, each behind what is before it in its call; what waits for another engine goes back."""
        late = [parcel.delivery.id for parcel in parcels if parcel.ordered and _has_earlier(parcel.event)]
        must_wait = await self._store.earlier_firsts_pending(late) if late else frozenset()
        for parcel in sorted(parcels, key=lambda one: one.event.sequence):
            if parcel.delivery.id in must_wait and parcel.ordered and not self._lanes.follows(parcel):
                self._returns.release(parcel.delivery.id, REST_SECONDS)
            else:
                self._add(parcel)

    async def _give_back_what_was_lost(self) -> None:
        """After an outage: claims may have been committed while their answer was lost. Nobody would ever send them.

        What we hold is asked first, and then looked for here: what is accepted meanwhile is in nobody's way."""
        if self._recorder.outages == self._outages_seen and not self._lost_some:
            return
        outages = self._recorder.outages
        held = await self._store.held(self._engine_id)
        lost = held - self._recorder.in_hand() - {parcel.delivery.id for parcel in (*self._lanes, *self._unsure)}
        await self._store.release(self._engine_id, list(lost))
        self._outages_seen, self._lost_some = outages, False
        if lost:
            log.warning("delivery.claims_lost count=%d", len(lost))


def _is_of_user(event: Event) -> bool:
    return event.type.startswith("user.")


def _row(event: Event) -> tuple[str, bool]:
    """What the event's sequence counts in: its call's events, of which the extra ones are counted by themselves."""
    return event.order_key, event.type in EXTRA_EVENTS


def _has_earlier(event: Event) -> bool:
    """Whether there may be an earlier event with the same order key."""
    return event.sequence > 1 or _is_of_user(event)
