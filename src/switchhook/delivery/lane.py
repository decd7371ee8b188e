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


@dataclass(slots=True)
class Lane:
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

    def next(self, may: Callable[[UUID], bool], fits: Callable[[UUID], bool]) -> UUID | None:
        """The first integration in turn that fits, of an account that may; it and its account go to the end."""
        for account_id, integrations in self._accounts.items():
            if not may(account_id):
                continue
            for integration_id in integrations:
                if fits(integration_id):
                    self._accounts.move_to_end(account_id)
                    integrations.move_to_end(integration_id)
                    return integration_id
        return None
