"""The place of an event in its call, for callers who do not tell it: the order in which we heard of the call's events.

It is kept in memory, for the calls heard of last. After a restart, or beyond that, a call begins at 1 again: whoever
needs more sends `sequence`. The same id of the caller keeps its place, so that a repeated request changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

CALLS = 20_000
EVENTS_OF_A_CALL = 200


class Sequences:
    """What we remember of calls."""

    def __init__(self, calls: int = CALLS) -> None:
        self._limit = calls
        self._calls: OrderedDict[UUID, dict[str, int]] = OrderedDict()

    def place(self, call: UUID, caller_id: str) -> int:
        """The place of that event in its call, from 1."""
        events = self._calls.setdefault(call, {})
        self._calls.move_to_end(call)
        if len(self._calls) > self._limit:
            self._calls.popitem(last=False)
        place = events.get(caller_id)
        if place is None:
            place = max(events.values(), default=0) + 1
            events[caller_id] = place
            if len(events) > EVENTS_OF_A_CALL:
                del events[next(iter(events))]
        return place
