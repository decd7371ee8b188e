"""How often a token may ask: so many requests a minute, counted by each process for itself. A write to the database
for each request would cost more than it is worth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.cache import caches


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


def count(token_id: UUID) -> Allowance:
    """Count one request."""
    cache = caches["process"]
    minute, second = divmod(int(time.time()), 60)
    key = f"api:{token_id}:{minute}"
    cache.add(key, 0, timeout=120)
    try:
        used = cache.incr(key)
    except ValueError:  # thrown out of a full cache just now
        used = 1
    limit = settings.SWITCHHOOK.api_requests_per_minute
    return Allowance(limit, limit - used, 60 - second)
