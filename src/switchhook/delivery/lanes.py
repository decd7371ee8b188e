"""Who goes next. Pure: no task, no database, and a clock that is an argument.

First attempts and retries stand in lanes of their own, by integration. Whoever has something to send takes turns:
accounts among each other, then the integrations of an account. An integration has so many requests in flight at
once, an account, too, and so has the engine in all; retries hold at most half of an integration's, of an account's
and of all. First attempts with the same order key go one after the other: the next may start when the one before has
ended, whatever came of it.

What waits here is bounded, for each integration and in all. What has no room is shed: it stays in the database,
unclaimed. From then on the integration is *behind*: all its first attempts are shed until those in the database
have been fetched, or a later event would overtake an earlier one.

An integration whose receiver fails and fails is resting (domain/breaker.py): nothing of it starts, until its oldest
first attempt is the probe. When the receiver is back, what has gathered goes out at twice the pace at which it came,
so that nobody who has just got up is run over. An integration may have a pace of its own, too.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from uuid import UUID

from switchhook.delivery.lane import AccountPlaces, Lane, Parcel, Resting, Turns
from switchhook.domain import breaker
from switchhook.domain.breaker import Breaker
from switchhook.domain.pacing import Pacer

FIRSTS_WAITING = 1000  # of one integration
RETRIES_WAITING = 100
ALL_WAITING = 20_000
CATCHING_UP = 2.0  # how much faster than usual a receiver that is back gets what has gathered
SLOWEST_PER_SECOND = 5.0  # but never slower than this
CAUGHT_UP_SECONDS = 2.0  # a pace that nothing has needed for so long is over
RETRY_EVERY = 8  # while both kinds wait for a place, every eighth turn is a retry's


class Lanes:
    """What waits and what is in flight in this engine."""

    def __init__(
        self, *, max_in_flight: int, firsts_waiting: int = FIRSTS_WAITING, retries_waiting: int = RETRIES_WAITING,
        all_waiting: int = ALL_WAITING, failures: int = breaker.FAILURES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`max_in_flight`: requests open at once. The next three bound what waits: of one integration, and in all.
        `failures`: after so many in a row an integration rests. `clock` in seconds, since whenever."""
        self._failures = failures
        self._clock = clock
        self._timers: list[tuple[float, UUID]] = []  # when an integration that waits for its time is to be looked at
        self._max_in_flight = max_in_flight
        self._firsts_waiting, self._retries_waiting, self._all_waiting = firsts_waiting, retries_waiting, all_waiting
        self._lanes: dict[UUID, Lane] = {}
        self._parcels: dict[UUID, Parcel] = {}
        self._firsts, self._retries = Turns(), Turns()
        self._accounts: dict[UUID, AccountPlaces] = {}
        self._retries_in_flight = 0
        self._since_retry = 0
        self.in_flight = 0

    # -- room ------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many wait here."""
        return len(self._parcels) - self.in_flight

    def waiting_by_lane(self) -> dict[str, int]:
        """The same, first attempts and retries apart."""
        lanes = self._lanes.values()
        return {"first": sum(lane.firsts_waiting for lane in lanes), "retry": sum(len(lane.retries) for lane in lanes)}

    def room(self) -> int:
        """How many more may wait here, of all integrations together."""
        return max(0, self._all_waiting - self.waiting)

    def has_room(self, integration_id: UUID) -> bool:
        """Whether a new first attempt of the integration may be taken in: room for it, and none in the database."""
        lane = self._lanes.get(integration_id)
        return self.room() > 0 and (lane is None or (not lane.behind and lane.firsts_waiting < self._firsts_waiting))

    def shed(self, integration_id: UUID, account_id: UUID, *, settled: bool = False) -> None:
        """Note that a first attempt of the integration goes to the database: it is behind now.

        `settled`: it is there already; otherwise `settled_in_database` says when it is."""
        lane = self._lane(integration_id, account_id)
        lane.behind = True
        lane.shed += 1
        lane.arrived += 1
        lane.unsettled += not settled

    def settled_in_database(self, integration_id: UUID) -> None:
        """One that was shed is in the database now (or came to nothing)."""
        self._lanes[integration_id].unsettled -= 1

    def full(self, *, retries: bool) -> frozenset[UUID]:
        """The integrations of which no more can be fetched from the database now (until half of it has gone)."""
        lanes = self._lanes.items()
        if retries:
            return frozenset(id_ for id_, lane in lanes if len(lane.retries) > self._retries_waiting // 2)
        return frozenset(id_ for id_, lane in lanes if lane.firsts_waiting > self._firsts_waiting // 2)

    def behind(self) -> dict[UUID, int]:
        """The integrations of which all that was shed is in the database, and how many it was (for `caught_up`)."""
        return {id_: lane.shed for id_, lane in self._lanes.items() if lane.behind and not lane.unsettled}

    def caught_up(self, shed_before: dict[UUID, int]) -> None:
        """Nothing of these was left in the database when it was asked; whoever shed more since then is still behind."""
        for id_, shed in shed_before.items():
            lane = self._lanes.get(id_)
            if lane is not None and lane.shed == shed:
                lane.behind = False
                self._tidy(lane)

    # -- the way of a parcel ---------------------------------------------------------------------------------

    def holds(self, delivery_id: UUID) -> bool:
        """Whether the Delivery waits or is in flight here."""
        return delivery_id in self._parcels

    def follows(self, parcel: Parcel) -> bool:
        """Whether another with the same integration and order key is here before it."""
        lane = self._lanes.get(parcel.delivery.integration_id)
        return lane is not None and parcel.delivery.order_key in lane.rows

    def add(
        self, parcel: Parcel, *, max_in_flight: int, per_second: float | None = None, of_account: int | None = None,
    ) -> None:
        """Take it in. `max_in_flight` and `per_second` (None: as many as come): the integration's as they are now.
        `of_account`: how many its account may have in flight (None: as many as there are places)."""
        delivery = parcel.delivery
        lane = self._lane(delivery.integration_id, delivery.account_id)
        lane.account.cap, lane.max_in_flight = of_account, max_in_flight
        if per_second is None:
            lane.pacer = None
        elif lane.pacer is None:
            lane.pacer = Pacer(per_second)
        else:
            lane.pacer.per_second = per_second
        self._parcels[delivery.id] = parcel
        if parcel.retry:
            lane.retries.append(parcel)
        else:
            lane.firsts_waiting += 1
            lane.arrived += 1
            if parcel.event.is_test:  # somebody waits for it: it is the next one, and a probe is not put off
                lane.ready.appendleft(parcel)
                if lane.breaker is not None:
                    lane.breaker.probe_at = 0.0
            elif not parcel.ordered:
                lane.ready.append(parcel)
            elif delivery.order_key in lane.rows:
                lane.rows[delivery.order_key].append(parcel)
            else:
                lane.rows[delivery.order_key] = deque((parcel,))
                lane.ready.append(parcel)
        self._seat(lane)

    def next(self) -> Parcel | None:
        """The parcel to send now, which is in flight from here on; None: nothing may start."""
        if self._timers:
            self._ring()
        if not (self._firsts or self._retries):
            return None
        retries_may = self._retries_in_flight < max(1, self._max_in_flight // 2)
        lane = None
        if retries_may and self._since_retry >= RETRY_EVERY - 1:
            lane = self._retries.next(AccountPlaces.free_for_retry, self._fits)
        retry = lane is not None
        if lane is None:
            lane = self._firsts.next(AccountPlaces.free, self._fits)
        if lane is None and retries_may:
            lane, retry = self._retries.next(AccountPlaces.free_for_retry, self._fits), True
        return None if lane is None else self._start(lane, retry=retry)

    def wait_seconds(self) -> float | None:
        """After how many seconds something may start although nothing happens until then; None: nothing will."""
        return max(0.0, self._timers[0][0] - self._clock()) if self._timers else None

    def resting(self, integration_id: UUID) -> Resting | None:
        """Whether the integration is left alone because its receiver fails, and for how much longer."""
        lane = self._lanes.get(integration_id)
        if lane is None or lane.breaker is None or not lane.breaker.is_open:
            return None
        now = self._clock()
        since = now if lane.breaker.failing_since is None else lane.breaker.failing_since
        return Resting(failing_seconds=now - since, probe_in_seconds=max(0.0, lane.breaker.probe_at - now))

    def all_resting(self) -> list[UUID]:
        """The integrations that are left alone now."""
        return [id_ for id_, lane in self._lanes.items() if lane.resting]

    def give_another_chance(self, integration_id: UUID) -> None:
        """Somebody changed the integration: what it failed at may be mended."""
        lane = self._lanes.get(integration_id)
        if lane is not None and lane.breaker is not None and lane.breaker.is_open:
            self._close(lane, self._clock())
            self._seat(lane)

    def ended(self, parcel: Parcel, *, alive: bool | None = None, jitter: float = 0.0) -> bool:
        """Its attempt has ended. `alive`: whether its receiver is (None: it did not come to that). `jitter`: at random
        between −1 and 1. Returns whether the integration rests from now on, rests on, or rests no longer."""
        delivery = parcel.delivery
        lane = self._lanes[delivery.integration_id]
        changed = self._learn(lane, parcel, alive, jitter) if lane.timed or alive is False else False
        del self._parcels[delivery.id]
        self.in_flight -= 1
        lane.in_flight -= 1
        lane.account.in_flight -= 1
        if parcel.retry:
            self._retries_in_flight -= 1
            lane.retries_in_flight -= 1
            lane.account.retries_in_flight -= 1
        elif parcel.ordered:
            self._move_up(lane, delivery.order_key)
        self._seat(lane)
        self._tidy(lane)
        return changed

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self._parcels.values())

    # -- inside ----------------------------------------------------------------------------------------------

    def _fits(self, lane: Lane) -> bool:
        """No integration takes more than half of the places still free: many dead receivers never hold them all."""
        free = self._max_in_flight - self.in_flight
        return free > 0 and lane.in_flight < max(1, free // 2)

    def _start(self, lane: Lane, *, retry: bool) -> Parcel:
        if retry:
            parcel = lane.retries.popleft()
            self._retries_in_flight += 1
            lane.retries_in_flight += 1
            lane.account.retries_in_flight += 1
            self._since_retry = 0
        else:
            parcel = lane.ready.popleft()
            lane.firsts_waiting -= 1
            self._since_retry += 1
        parcel.in_flight = True
        if lane.timed:
            self._note_start(lane, parcel)
        self.in_flight += 1
        lane.in_flight += 1
        lane.account.in_flight += 1
        self._seat(lane)
        return parcel

    def _note_start(self, lane: Lane, parcel: Parcel) -> None:
        now = self._clock()
        for pacer in (lane.recovering, lane.pacer):
            if pacer is not None:
                pacer.take(now)
        if lane.breaker is not None and lane.breaker.is_open:
            parcel.probe = lane.breaker.probing = True

    def _learn(self, lane: Lane, parcel: Parcel, alive: bool | None, jitter: float) -> bool:
        """What the end of the attempt says about the receiver. Whether its rest begins, goes on or ends by that."""
        now = self._clock()
        if lane.recovering is not None and lane.recovering.unused_seconds(now) > CAUGHT_UP_SECONDS:
            lane.recovering = None
        if alive is None:
            _undo_start(lane, parcel)
            return False
        if alive:
            was_open = lane.resting
            if was_open:
                self._close(lane, now)
            lane.breaker = None
            return was_open
        if lane.breaker is None:
            lane.breaker = Breaker(self._failures)
        opened = lane.breaker.failed(now, jitter)
        if opened:
            lane.arrived = 0
        elif parcel.probe and lane.breaker.is_open:
            lane.breaker.probe_failed(now, jitter)
        return opened or (parcel.probe and lane.breaker.is_open)

    def _close(self, lane: Lane, now: float) -> None:
        """Go on, at a pace that one who has just got up can bear: by how much came in while it was down."""
        opened_at = now if lane.breaker is None or lane.breaker.opened_at is None else lane.breaker.opened_at
        usual = lane.arrived / max(1.0, now - opened_at)
        lane.recovering = Pacer(max(SLOWEST_PER_SECOND, CATCHING_UP * usual))
        lane.breaker = None

    def _ring(self) -> None:
        """Those whose time has come are looked at again."""
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            _, integration_id = heappop(self._timers)
            lane = self._lanes.get(integration_id)
            if lane is not None:
                lane.timer_at = None
                self._seat(lane)
                self._tidy(lane)

    def _move_up(self, lane: Lane, order_key: str) -> None:
        """The head of the row has gone: the next one is ready."""
        row = lane.rows[order_key]
        row.popleft()
        if row:
            lane.ready.append(row[0])
        else:
            del lane.rows[order_key]

    def _seat(self, lane: Lane) -> None:
        """Let the integration take turns exactly when it may start something."""
        may = not (lane.timed and self._must_wait(lane))
        for turns, retry in ((self._firsts, False), (self._retries, True)):
            if may and lane.may_start(retry=retry):
                turns.join(lane)
            elif turns:
                turns.leave(lane)

    def _must_wait(self, lane: Lane) -> bool:
        """Whether its time has not come yet; then it will be looked at again when it has, if anything waits."""
        now, free_at = self._clock(), lane.free_at()
        if free_at <= now:
            return False
        if (lane.ready or lane.retries) and free_at != float("inf") and (
                lane.timer_at is None or free_at < lane.timer_at):
            lane.timer_at = free_at
            heappush(self._timers, (free_at, lane.integration_id))
        return True

    def _lane(self, integration_id: UUID, account_id: UUID) -> Lane:
        lane = self._lanes.get(integration_id)
        if lane is None:
            account = self._accounts.get(account_id)
            if account is None:
                account = self._accounts[account_id] = AccountPlaces()
            lane = self._lanes[integration_id] = Lane(integration_id, account, max_in_flight=1)
        return lane

    def _tidy(self, lane: Lane) -> None:
        if lane.empty:
            del self._lanes[lane.integration_id]


def _undo_start(lane: Lane, parcel: Parcel) -> None:
    """No request was made: it counts for no pace, and another may be the probe."""
    for pacer in (lane.recovering, lane.pacer):
        if pacer is not None:
            pacer.give_back()
    if parcel.probe and lane.breaker is not None:
        lane.breaker.probing = False
