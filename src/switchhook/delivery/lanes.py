"""Who goes next. Pure: no clock, no task, no database.

First attempts and retries stand in lanes of their own, by integration. Whoever has something to send takes turns:
accounts among each other, then the integrations of an account. An integration has so many requests in flight at
once, the engine so many in all, and retries hold at most half of either. First attempts with the same order key
go one after the other: the next may start when the one before has ended, whatever came of it.

What waits here is bounded, for each integration and in all. What has no room is shed: it stays in the database,
unclaimed. From then on the integration is *behind*: all its first attempts are shed until those in the database
have been fetched, or a later event would overtake an earlier one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from switchhook.domain.delivery import Delivery
from switchhook.domain.event import Event

FIRSTS_WAITING = 1000  # of one integration
RETRIES_WAITING = 100
ALL_WAITING = 20_000
RETRY_EVERY = 8  # while both kinds wait for a place, every eighth turn is a retry's


@dataclass(slots=True, eq=False)
class Parcel:
    """A Delivery in our hands, with its Event: an attempt that we owe."""

    delivery: Delivery
    event: Event
    retry: bool = False
    manual: bool = False  # a person asked for it: goes with the first attempts, but keeps no order
    in_flight: bool = False

    @property
    def ordered(self) -> bool:
        """Whether it must keep its place among those with the same order key."""
        return not self.retry and not self.manual


@dataclass(slots=True)
class _Lane:
    """All that one integration waits for. Only the head of a row (one order key) is among the ready."""

    account_id: UUID
    max_in_flight: int
    ready: deque[Parcel] = field(default_factory=deque)
    rows: dict[str, deque[Parcel]] = field(default_factory=dict)
    retries: deque[Parcel] = field(default_factory=deque)
    firsts_waiting: int = 0
    in_flight: int = 0
    retries_in_flight: int = 0
    behind: bool = False
    shed: int = 0  # how many were shed so far
    unsettled: int = 0  # of these, how many are not in the database yet

    def may_start(self, *, retry: bool) -> bool:
        """Whether one more may go now. (The place for a breaker and a rate limit.)"""
        if self.in_flight >= self.max_in_flight:
            return False
        if retry:
            return bool(self.retries) and self.retries_in_flight < max(1, self.max_in_flight // 2)
        return bool(self.ready)

    @property
    def empty(self) -> bool:
        return not (self.in_flight or self.firsts_waiting or self.retries or self.behind)


class _Turns:
    """Accounts taking turns, and the integrations of each. A member is in it while it may start something."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[UUID, OrderedDict[UUID, None]] = OrderedDict()

    def join(self, account_id: UUID, integration_id: UUID) -> None:
        self._accounts.setdefault(account_id, OrderedDict())[integration_id] = None

    def leave(self, account_id: UUID, integration_id: UUID) -> None:
        integrations = self._accounts.get(account_id)
        if integrations is not None:
            integrations.pop(integration_id, None)
            if not integrations:
                del self._accounts[account_id]

    def next(self, fits: Callable[[UUID], bool]) -> UUID | None:
        """The first integration in turn that fits; it and its account go to the end."""
        for account_id, integrations in self._accounts.items():
            for integration_id in integrations:
                if fits(integration_id):
                    self._accounts.move_to_end(account_id)
                    integrations.move_to_end(integration_id)
                    return integration_id
        return None


class Lanes:
    """What waits and what is in flight in this engine."""

    def __init__(
        self, *, max_in_flight: int, firsts_waiting: int = FIRSTS_WAITING, retries_waiting: int = RETRIES_WAITING,
        all_waiting: int = ALL_WAITING,
    ) -> None:
        """`max_in_flight`: requests open at once. The others bound what waits: of one integration, and in all."""
        self._max_in_flight = max_in_flight
        self._firsts_waiting, self._retries_waiting, self._all_waiting = firsts_waiting, retries_waiting, all_waiting
        self._lanes: dict[UUID, _Lane] = {}
        self._parcels: dict[UUID, Parcel] = {}
        self._firsts, self._retries = _Turns(), _Turns()
        self._retries_in_flight = 0
        self._since_retry = 0
        self.in_flight = 0

    # -- room ------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many wait here."""
        return len(self._parcels) - self.in_flight

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
                self._tidy(id_, lane)

    # -- the way of a parcel ---------------------------------------------------------------------------------

    def holds(self, delivery_id: UUID) -> bool:
        """Whether the Delivery waits or is in flight here."""
        return delivery_id in self._parcels

    def follows(self, parcel: Parcel) -> bool:
        """Whether another with the same integration and order key is here before it."""
        lane = self._lanes.get(parcel.delivery.integration_id)
        return lane is not None and parcel.delivery.order_key in lane.rows

    def add(self, parcel: Parcel, *, max_in_flight: int) -> None:
        """Take it in. `max_in_flight`: the integration's cap as it is now."""
        delivery = parcel.delivery
        lane = self._lane(delivery.integration_id, delivery.account_id)
        lane.max_in_flight = max_in_flight
        self._parcels[delivery.id] = parcel
        if parcel.retry:
            lane.retries.append(parcel)
        else:
            lane.firsts_waiting += 1
            if not parcel.ordered:
                lane.ready.append(parcel)
            elif delivery.order_key in lane.rows:
                lane.rows[delivery.order_key].append(parcel)
            else:
                lane.rows[delivery.order_key] = deque((parcel,))
                lane.ready.append(parcel)
        self._seat(delivery.integration_id, lane)

    def next(self) -> Parcel | None:
        """The parcel to send now, which is in flight from here on; None: nothing may start."""
        retries_may = self._retries_in_flight < max(1, self._max_in_flight // 2)
        integration_id = None
        if retries_may and self._since_retry >= RETRY_EVERY - 1:
            integration_id = self._retries.next(self._fits)
        retry = integration_id is not None
        if integration_id is None:
            integration_id = self._firsts.next(self._fits)
        if integration_id is None and retries_may:
            integration_id, retry = self._retries.next(self._fits), True
        return None if integration_id is None else self._start(integration_id, retry=retry)

    def ended(self, parcel: Parcel) -> None:
        """Its attempt has ended, whatever came of it."""
        delivery = parcel.delivery
        lane = self._lanes[delivery.integration_id]
        del self._parcels[delivery.id]
        self.in_flight -= 1
        lane.in_flight -= 1
        if parcel.retry:
            lane.retries_in_flight -= 1
            self._retries_in_flight -= 1
        elif parcel.ordered:
            self._move_up(lane, delivery.order_key)
        self._seat(delivery.integration_id, lane)
        self._tidy(delivery.integration_id, lane)

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self._parcels.values())

    # -- inside ----------------------------------------------------------------------------------------------

    def _fits(self, integration_id: UUID) -> bool:
        """No integration takes more than half of the places still free: many dead receivers never hold them all."""
        free = self._max_in_flight - self.in_flight
        return free > 0 and self._lanes[integration_id].in_flight < max(1, free // 2)

    def _start(self, integration_id: UUID, *, retry: bool) -> Parcel:
        lane = self._lanes[integration_id]
        if retry:
            parcel = lane.retries.popleft()
            lane.retries_in_flight += 1
            self._retries_in_flight += 1
            self._since_retry = 0
        else:
            parcel = lane.ready.popleft()
            lane.firsts_waiting -= 1
            self._since_retry += 1
        parcel.in_flight = True
        lane.in_flight += 1
        self.in_flight += 1
        self._seat(integration_id, lane)
        return parcel

    def _move_up(self, lane: _Lane, order_key: str) -> None:
        """The head of the row has gone: the next one is ready."""
        row = lane.rows[order_key]
        row.popleft()
        if row:
            lane.ready.append(row[0])
        else:
            del lane.rows[order_key]

    def _seat(self, integration_id: UUID, lane: _Lane) -> None:
        """Let the integration take turns exactly when it may start something."""
        for turns, retry in ((self._firsts, False), (self._retries, True)):
            if lane.may_start(retry=retry):
                turns.join(lane.account_id, integration_id)
            else:
                turns.leave(lane.account_id, integration_id)

    def _lane(self, integration_id: UUID, account_id: UUID) -> _Lane:
        lane = self._lanes.get(integration_id)
        if lane is None:
            lane = self._lanes[integration_id] = _Lane(account_id=account_id, max_in_flight=1)
        return lane

    def _tidy(self, integration_id: UUID, lane: _Lane) -> None:
        if lane.empty:
            del self._lanes[integration_id]
