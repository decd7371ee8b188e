"""How many messages a second a PBX told of late."""

from __future__ import annotations

from collections import deque

OVER_SECONDS = 60.0


class MessageRate:
    """Looks back a minute, or as far as it has seen."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()  # when, and how many there had been

    def after(self, messages: int, now: float) -> float:
        """The rate, now that there have been so many messages; `now` in seconds, of a clock that only goes forward."""
        self._seen.append((now, messages))
        while len(self._seen) > 2 and self._seen[1][0] <= now - OVER_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (messages - before) / (now - since) if now > since else 0.0
