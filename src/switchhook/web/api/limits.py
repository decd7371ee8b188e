"""How often a token may ask: so many requests a minute, counted by all web processes together.

A write to the database for each request would cost more than it is worth. So a process takes the requests of a minute
by the handful, a twentieth of the limit at a time: never more are answered than the limit says, and what one process
took and did not need is missing to the others for the rest of that minute.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Greatest

from switchhook.web.models import ApiToken

HANDFULS = 20  # in a minute's limit
MOST_KNOWN = 10_000  # tokens; what was taken for more of them is forgotten


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of this minute."""

    limit: int
    remaining: int
    reset_seconds: int

    @property
    def exceeded(self) -> bool:
        return self.remaining < 0

    def headers(self) -> dict[str, str]:
        """As they stand in every answer."""
        return {
            "RateLimit-Limit": str(self.limit), "RateLimit-Remaining": str(max(self.remaining, 0)),
            "RateLimit-Reset": str(self.reset_seconds)}


@dataclass(slots=True)
class _Taken:
    """What this process took of one token's minute: `left` of it is here, `untaken` were left for all when it took."""

    minute: int
    left: int
    untaken: int


_taken: dict[UUID, _Taken] = {}
_lock = threading.Lock()


def count(token_id: UUID) -> Allowance:
    """Count one request."""
    minute, second = divmod(int(time.time()), 60)
    limit: int = settings.SWITCHHOOK.api_requests_per_minute
    while (remaining := _use(token_id, minute)) is None:  # again, where another thread used what this one took
        _take(token_id, minute, limit)
    return Allowance(limit, remaining, 60 - second)


def _use(token_id: UUID, minute: int) -> int | None:
    """Use one that was taken; how many are left for all. None: one has to be taken first. -1: there is none left."""
    with _lock:
        taken = _taken.get(token_id)
        if taken is None or taken.minute != minute:
            return None
        if taken.left == 0:
            return None if taken.untaken else -1
        taken.left -= 1
        return taken.left + taken.untaken


def _take(token_id: UUID, minute: int, limit: int) -> None:
    """Take a handful out of what all have together."""
    handful = max(1, limit // HANDFULS)
    with transaction.atomic():
        row = ApiToken.objects.filter(id=token_id)
        row.update(  # of two clocks the one ahead says which minute it is
            counted=Case(When(counted_minute__gte=minute, then=F("counted")), default=0) + handful,
            counted_minute=Greatest(F("counted_minute"), minute))
        counted = row.values_list("counted", flat=True).first() or handful
    with _lock:
        if len(_taken) >= MOST_KNOWN:
            _taken.clear()
        before = _taken.get(token_id)
        kept = before.left if before is not None and before.minute == minute else 0
        got = max(0, min(handful, limit - (counted - handful)))
        _taken[token_id] = _Taken(minute, kept + got, max(0, limit - counted))
