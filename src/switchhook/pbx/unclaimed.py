"""Unclaimed: calls of a Connection that no Service claimed: how many they are, and the last of them, to be seen."""

from __future__ import annotations

from collections.abc import Sequence

from switchhook.domain.claiming import UnclaimedCall, unclaimed
from switchhook.domain.facts import LegStarted
from switchhook.domain.profile import Profile

MOST_KEPT = 20
_MOST_REMEMBERED = 10_000


class Unclaimed:
    """A call counts once nobody has claimed it for a while: whose it is may show only after it began. `count` never
    goes down. Which they were is a sample, no record: a busy tenant that nobody serves has thousands."""

    def __init__(self) -> None:
        self.count = 0
        self._new: dict[str, UnclaimedCall] = {}
        self._ripe: dict[str, UnclaimedCall] = {}
        self._counted: dict[str, None] = {}

    def hear(self, leg: LegStarted, profile: Profile | None) -> None:
        """Who claims a call was asked with its leg. A later leg may know better; a call that is remembered from
        before (`at` None) is not told of again."""
        call = leg.party.call
        if profile is not None:
            self._new.pop(call, None)
            self._ripe.pop(call, None)
        elif leg.at is not None and call not in self._counted:
            calls = self._ripe if call in self._ripe else self._new
            known = calls.get(call)
            calls[call] = unclaimed(leg, leg.at, "" if known is None else known.place)
            if len(self._new) > _MOST_REMEMBERED:  # nobody asks: the database is away
                self._count([next(iter(self._new))])

    def take(self) -> Sequence[UnclaimedCall]:
        """The last of those that were unclaimed when this was asked the last time, and are still."""
        ripe = list(self._ripe.values())
        self._count(list(self._ripe))
        self._ripe, self._new = self._new, {}
        return ripe[-MOST_KEPT:]

    def _count(self, calls: Sequence[str]) -> None:
        self.count += len(calls)
        for call in calls:
            self._new.pop(call, None)
            self._counted[call] = None
            if len(self._counted) > _MOST_REMEMBERED:
                del self._counted[next(iter(self._counted))]
