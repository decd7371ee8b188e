"""Unclaimed: the last calls of a Connection that no Service claimed, until they are written for the operator to see."""

from __future__ import annotations

from collections.abc import Sequence

from switchhook.domain.claiming import UnclaimedCall, unclaimed
from switchhook.domain.facts import LegStarted
from switchhook.domain.profile import Profile

MOST_KEPT = 20


class Unclaimed:
    """A sample, no record: a busy PBX with a tenant that nobody serves tells of thousands."""

    def __init__(self) -> None:
        self._calls: dict[str, UnclaimedCall] = {}
        self._ripe: set[str] = set()

    def hear(self, leg: LegStarted, profile: Profile | None) -> None:
        """Who claims a call was asked with its leg. A later leg may know better; a call that is remembered from
        before (`at` None) is not told of again."""
        if profile is not None:
            self._calls.pop(leg.party.call, None)
        elif leg.at is not None:
            known = self._calls.get(leg.party.call)
            self._calls[leg.party.call] = unclaimed(leg, leg.at, "" if known is None else known.place)
            if len(self._calls) > MOST_KEPT:
                del self._calls[next(iter(self._calls))]

    def take(self) -> Sequence[UnclaimedCall]:
        """Those that nobody has claimed since they were new, the last time: it may take a moment until one does."""
        taken = [self._calls.pop(call) for call in list(self._calls) if call in self._ripe]
        self._ripe = set(self._calls)
        return taken
