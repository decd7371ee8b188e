"""One integration's lane, what waits in it, and the turns that lanes take. `lanes` decides with them who goes next."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from switchhook.domain.breaker import Breaker
from switchhook.domain.delivery import Delivery
from switchhook.domain.event import Event
from switchhook.domain.pacing import Pacer


@dataclass(slots=True, eq=False)
class Parcel:
    """A Delivery in our hands, with its Event: an attempt that we owe."""

    delivery: Delivery
    event: Event
    retry: bool = False
    manual: bool = False  # a person asked for it: goes with the first attempts, but keeps no order
    in_flight: bool = False
    probe: bool = False  # of a receiver that was failing

    @property
    def ordered(self) -> bool:
        """Whether it must keep its place among those with the same order key."""
        return not self.retry and not self.manual and not self.event.is_test


@dataclass(slots=True, eq=False)
class AccountPlaces:
    """How many requests an account has in flight, of all its integrations."""

    cap: int | None = None  # how many it may have; None: as many as there are places
    in_flight: int = 0
    retries_in_flight: int = 0

    def free(self) -> bool:
        """Whether it may have one more."""
        return self.cap is None or self.in_flight < self.cap

    def free_for_retry(self) -> bool:
        """The same of a retry: first attempts of the account's other integrations do not wait behind those."""
        return self.cap is None or (self.in_flight < self.cap and self.retries_in_flight < max(1, self.cap // 2))


@dataclass(slots=True, eq=False)
class Lane:
    """All that one integration waits for. Only the head of a row (one order key) is among the ready."""

    integration_id: UUID
    account: AccountPlaces
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
    breaker: Breaker | None = None  # None: its last answer was a good one
    arrived: int = 0  # first attempts, since the breaker opened
    recovering: Pacer | None = None  # its receiver is back, and not all that gathered has gone out
    pacer: Pacer | None = None  # its own limit
    timer_at: float | None = None  # when it is to be looked at, as it waits for its time

    @property
    def timed(self) -> bool:
        """Whether the time has a say in when it may start something."""
        return self.breaker is not None or self.recovering is not None or self.pacer is not None

    @property
    def resting(self) -> bool:
        return self.breaker is not None and self.breaker.is_open

    def free_at(self) -> float:
        """From when on it may start something, as far as time has a say; infinite while its probe is under way."""
        at = max((pacer.next_at for pacer in (self.recovering, self.pacer) if pacer is not None), default=0.0)
        if self.breaker is not None and self.breaker.is_open:
            return float("inf") if self.breaker.probing else max(at, self.breaker.probe_at)
        return at

    def may_start(self, *, retry: bool) -> bool:
        """Whether one more may go now, as far as places have a say. A resting one's probe is a first attempt, if
        there is any."""
        if self.resting and retry and self.ready:
            return False
        if self.in_flight >= self.max_in_flight:
            return False
        if retry:
            return bool(self.retries) and self.retries_in_flight < max(1, self.max_in_flight // 2)
        return bool(self.ready)

    @property
    def empty(self) -> bool:
        return not (self.in_flight or self.firsts_waiting or self.retries or self.behind or self.timed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """An integration that is left alone: its receiver has failed for so long, and is asked again in so long."""

    failing_seconds: float
    probe_in_seconds: float


class Turns:
    """Accounts taking turns, and the lanes of each. A lane is in it while it may start something."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[AccountPlaces, OrderedDict[Lane, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._accounts)

    def join(self, lane: Lane) -> None:
        lanes = self._accounts.get(lane.account)
        if lanes is None:
            lanes = self._accounts[lane.account] = OrderedDict()
        lanes[lane] = None

    def leave(self, lane: Lane) -> None:
        lanes = self._accounts.get(lane.account)
        if lanes is not None:
            lanes.pop(lane, None)
            if not lanes:
                del self._accounts[lane.account]

    def next(self, may: Callable[[AccountPlaces], bool], fits: Callable[[Lane], bool]) -> Lane | None:
        """The first lane in turn that fits, of an account that may; it and its account go to the end."""
        for account, lanes in self._accounts.items():
            if not may(account):
                continue
            for lane in lanes:
                if fits(lane):
                    self._accounts.move_to_end(account)
                    lanes.move_to_end(lane)
                    return lane
        return None
