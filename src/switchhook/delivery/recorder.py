"""Group commit: what was accepted, what was attempted. Whoever has an item waits for the commit that it was part of.

Of either kind one batch is in the database at a time, and the next one gathers meanwhile. While the database is
away nothing is lost: batches are tried again, and what comes waits in memory, within bounds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from switchhook.domain.errors import StoreError, StoreUnavailable
from switchhook.store.ports import Acceptance, Accepted, CallMemory, Recording, Store

log = logging.getLogger(__name__)

BATCH = 500  # events, or attempts, in one commit
GATHER_SECONDS = 0.004  # attempts gather for so long: nobody waits for them
RECORDINGS_WAITING = 2000  # above this no new attempts should be made
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)

T = TypeVar("T")

#: Told of every Acceptance once: whether its event is new and committed, so that it is ours to send.
Settled = Callable[[Acceptance, bool], None]


@dataclass(slots=True, eq=False)
class _Offer:
    """Acceptances that are committed together, and who waits for them."""

    acceptances: Sequence[Acceptance]
    calls: Sequence[CallMemory]
    patient: bool
    size_bytes: int
    done: asyncio.Future[Accepted]
    errand_id: UUID | None = None
    errand_result: Mapping[str, object] | None = None


class Recorder:
    """The engine's one pen."""

    def __init__(
        self, store: Store, engine_id: UUID, settled: Settled, *, waiting_events_bytes: int = 64 * 1024 * 1024,
        recorded: Callable[[], None] = lambda: None,
    ) -> None:
        """`waiting_events_bytes`: events that may wait in memory. `recorded` is told of each commit of attempts."""
        self._store = store
        self._engine_id = engine_id
        self._settled = settled
        self._recorded = recorded
        self._limit_bytes = waiting_events_bytes
        self._offers: deque[_Offer] = deque()
        self._in_commit: list[_Offer] = []
        self.waiting_bytes = 0
        self._recordings: deque[Recording] = deque()
        self._offered, self._attempted = asyncio.Event(), asyncio.Event()
        self._idle = asyncio.Condition()
        self._ended = False
        self.store_away = False
        self.outages = 0  # how often the database did not answer: what we asked may have been done or not
        self.accepted = 0
        self.late = 0  # attempts recorded after another engine had taken over

    # -- what callers say --------------------------------------------------------------------------------

    def accept(
        self, acceptances: Sequence[Acceptance], calls: Sequence[CallMemory] = (), *, patient: bool = True,
        errand_id: UUID | None = None, errand_result: Mapping[str, object] | None = None,
    ) -> asyncio.Future[Accepted]:
        """Have them written, in one transaction; the future is done when it is committed. The order of calls is kept.

        With `errand_id` that errand is closed in the same transaction. Raises StoreUnavailable when too much
        waits already; who is not `patient` gets it as soon as the database is away (now, or in the future).
        """
        size_bytes = sum(map(_size_bytes, acceptances))
        if self._ended or (self.store_away and not patient):
            self._dismiss(acceptances)
            raise StoreUnavailable
        if self.waiting_bytes + size_bytes > self._limit_bytes:
            self._dismiss(acceptances)
            raise StoreUnavailable("The database is away and too many events wait for it already.")
        offer = _Offer(acceptances, calls, patient, size_bytes, asyncio.get_running_loop().create_future(),
                       errand_id, errand_result)
        self.waiting_bytes += size_bytes
        self._offers.append(offer)
        self._offered.set()
        return offer.done

    def record(self, recording: Recording) -> None:
        """Have it written soon."""
        self._recordings.append(recording)
        self._attempted.set()

    @property
    def congested(self) -> bool:
        """Whether so many attempts wait to be written that no more should be made."""
        return len(self._recordings) >= RECORDINGS_WAITING

    def in_hand(self) -> set[UUID]:
        """The Deliveries that the database will hear of from here."""
        offers = (*self._in_commit, *self._offers)
        deliveries = {one.id for offer in offers for acceptance in offer.acceptances for one in acceptance.deliveries}
        return deliveries | {recording.attempt.delivery_id for recording in self._recordings}

    async def drain(self) -> None:
        """Return when everything said so far is committed."""
        async with self._idle:
            await self._idle.wait_for(lambda: not (self._offers or self._in_commit or self._recordings))

    # -- the two batches ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write, until cancelled, or until another engine has taken over. Nobody waits longer then."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write_offers(), name="accept")
                group.create_task(self._write_recordings(), name="record")
        finally:
            self._ended = True
            for offer in (*self._in_commit, *self._offers):
                self._close(offer, StoreUnavailable("This engine has stopped."))
            self._offers.clear()

    async def _write_offers(self) -> None:
        while True:
            await self._offered.wait()
            self._in_commit = self._next_offers()
            await self._commit(self._in_commit)
            self._in_commit = []
            if not self._offers:
                self._offered.clear()
            await self._tell_idle()

    def _next_offers(self) -> list[_Offer]:
        """As many as go into one commit. An offer that closes an errand goes alone."""
        batch: list[_Offer] = []
        size = 0
        while self._offers and size < BATCH and not (batch and self._offers[0].errand_id):
            offer = self._offers.popleft()
            batch.append(offer)
            size += len(offer.acceptances) + len(offer.calls)
            if offer.errand_id:
                break
        return batch

    async def _commit(self, batch: list[_Offer]) -> None:
        try:
            accepted = await self._insist(lambda: self._accept(batch), given_up=lambda: self._send_away(batch))
        except StoreError:
            raise
        except Exception as error:  # a bug, or a value that no database takes: it must not hold up the others
            if len(batch) > 1:
                for offer in batch:
                    await self._commit([offer])
                return
            log.exception("accept.failed events=%s", [str(one.event.id) for one in batch[0].acceptances])
            self._close(batch[0], error)
            self._dismiss(batch[0].acceptances)
            return
        left = set(accepted.new)
        for offer in batch:
            new: set[UUID] = set()
            for acceptance in offer.acceptances:
                is_new = acceptance.event.id in left
                if is_new:
                    left.discard(acceptance.event.id)  # the same one again in this batch: it is sent once
                    new.add(acceptance.event.id)
                    self.accepted += 1
                self._settled(acceptance, is_new)
            ids = {acceptance.event.id for acceptance in offer.acceptances} & accepted.known.keys()
            self._close(offer, Accepted(new=frozenset(new), known={id_: accepted.known[id_] for id_ in ids}))

    async def _accept(self, batch: Sequence[_Offer]) -> Accepted:
        if not batch:  # all were sent away: what is left is to learn when the database is back
            await self._store.configuration_version()
            return Accepted(new=frozenset())
        return await self._store.accept(
            self._engine_id, [one for offer in batch for one in offer.acceptances],
            [call for offer in batch for call in offer.calls], batch[0].errand_id, batch[0].errand_result)

    def _send_away(self, batch: list[_Offer]) -> None:
        """The database is away: who is not patient shall know at once."""
        for offers in (batch, self._offers):
            for offer in [one for one in offers if not one.patient]:
                offers.remove(offer)
                self._close(offer, StoreUnavailable())
                self._dismiss(offer.acceptances)

    def _close(self, offer: _Offer, result: Accepted | Exception) -> None:
        self.waiting_bytes -= offer.size_bytes
        if offer.done.done():  # nobody waits for it any more
            return
        if isinstance(result, Exception):
            offer.done.set_exception(result)
            offer.done.exception()  # whoever does not look shall not be warned of it
        else:
            offer.done.set_result(result)

    def _dismiss(self, acceptances: Sequence[Acceptance]) -> None:
        for acceptance in acceptances:
            self._settled(acceptance, False)

    async def _write_recordings(self) -> None:
        while True:
            await self._attempted.wait()
            if len(self._recordings) < BATCH:
                await asyncio.sleep(GATHER_SECONDS)
            batch = [self._recordings[number] for number in range(min(BATCH, len(self._recordings)))]
            try:
                ours = await self._insist(lambda: self._store.record(batch))  # noqa: B023 (done before the next turn)
                self.late += len(ours) - sum(ours)
            except StoreError:
                raise
            except Exception:
                await self._record_singly(batch)
            for _ in batch:
                self._recordings.popleft()
            if not self._recordings:
                self._attempted.clear()
            self._recorded()
            await self._tell_idle()

    async def _record_singly(self, batch: Collection[Recording]) -> None:
        """One of them cannot be written: the others shall be."""
        for recording in batch:
            try:
                await self._insist(lambda: self._store.record([recording]))  # noqa: B023
            except StoreError:
                raise
            except Exception:
                log.exception("record.failed delivery=%s", recording.attempt.delivery_id)

    async def _insist(self, ask: Callable[[], Awaitable[T]], given_up: Callable[[], None] = lambda: None) -> T:
        """Ask the database until it answers. After each failure `given_up` is called."""
        failures = 0
        while True:
            try:
                answer = await ask()
            except StoreUnavailable as error:
                if not self.store_away:
                    log.warning("store.away reason=%s", error)
                self.store_away = True
                self.outages += 1
                given_up()
                await asyncio.sleep(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
                failures += 1
            else:
                if self.store_away:
                    log.info("store.back")
                self.store_away = False
                return answer

    async def _tell_idle(self) -> None:
        async with self._idle:
            self._idle.notify_all()


def _size_bytes(acceptance: Acceptance) -> int:
    """About what it takes in memory."""
    fields = sum(len(value) for value in acceptance.event.fields.values() if isinstance(value, str))
    return 1500 + 2 * fields + 500 * len(acceptance.deliveries)
