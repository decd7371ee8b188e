"""Breaker: a receiver that does nothing but fail is left alone, and asked now and then whether it is back. Pure.

It opens after ten failures in a row within a minute. A failure is no answer at all, a 5xx, 408 or 429: the receiver
is away or has too much to do. Any other answer closes it, a 404 or 401 too: the receiver lives, and what is wrong
is for people to mend. While it is open nothing is attempted; then one delivery is the probe. What comes of the probe
closes it, or leaves it open for twice as long, up to a minute.

Times are seconds of any one clock.
"""

from __future__ import annotations

from collections import deque

from switchhook.domain.delivery import Answer, NoAnswer, Problem, Responded

FAILURES = 10
WITHIN_SECONDS = 60.0
FIRST_REST_SECONDS = 10.0
LONGEST_REST_SECONDS = 60.0
_JITTER = 0.2
_OVERLOADED = (408, 429)
_OURS = (Problem.CANNOT_RENDER, Problem.ADDRESS_FORBIDDEN)  # what never left the house says nothing about a receiver


def is_alive(answer: Answer) -> bool | None:
    """Whether that is an answer of a receiver that lives; None: it tells nothing about it."""
    match answer:
        case Responded(status=status):
            return status < 500 and status not in _OVERLOADED
        case NoAnswer(problem=problem):
            return None if problem in _OURS else False


class Breaker:
    """One receiver's. `jitter` is at random between −1 and 1: many do not come back at the same moment."""

    def __init__(self, failures: int = FAILURES) -> None:
        self._recent: deque[float] = deque(maxlen=failures)
        self._rest_seconds = FIRST_REST_SECONDS
        self.failing_since: float | None = None
        self.opened_at: float | None = None
        self.probe_at = 0.0
        self.probing = False

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None

    def failed(self, now: float, jitter: float) -> bool:
        """An attempt failed. Whether it opens because of that."""
        if self.failing_since is None:
            self.failing_since = now
        self._recent.append(now)
        in_a_row = len(self._recent) == self._recent.maxlen and now - self._recent[0] <= WITHIN_SECONDS
        if self.is_open or not in_a_row:
            return False
        self.opened_at = now
        self._rest(now, jitter)
        return True

    def probe_failed(self, now: float, jitter: float) -> None:
        """It stays open, for longer."""
        self.probing = False
        self._rest_seconds = min(2 * self._rest_seconds, LONGEST_REST_SECONDS)
        self._rest(now, jitter)

    def _rest(self, now: float, jitter: float) -> None:
        self.probe_at = now + self._rest_seconds * (1 + _JITTER * min(max(jitter, -1.0), 1.0))
