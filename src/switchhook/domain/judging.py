"""Judging: what an Answer means for its Delivery, and when to try again.

Any 2xx is success. Everything else is tried again until the Delivery expires, because people mend receivers and
integrations, and each attempt is rendered from the Integration as it stands then: a redirect, a request that
could not be made, a forbidden address. Only 410 ends at once: the receiver says that it is gone for good.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from switchhook.domain.delivery import (
    Answer,
    Delivered,
    DeliveryState,
    DisableIntegration,
    GiveUp,
    Responded,
    TryAgain,
    Verdict,
)
from switchhook.domain.explaining import explain

#: How long to wait after the attempt of that number (from 1); the last one for all later attempts.
SCHEDULE = (
    timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30),
    timedelta(hours=2), timedelta(hours=5), timedelta(hours=10),
)
JITTER = 0.2
#: After 429 (too many requests) never sooner.
AFTER_TOO_MANY = timedelta(seconds=60)
#: A receiver's Retry-After is believed up to this.
LONGEST_RETRY_AFTER = timedelta(hours=24)
#: When the next attempt would come too late, there is one last attempt this long before the Delivery expires.
LAST_CHANCE = timedelta(seconds=60)


def judge(
    answer: Answer, *, now: datetime, attempt: int, expires_at: datetime, jitter: float, url_has_placeholders: bool,
) -> Verdict:
    """What the answer to attempt number `attempt` (from 1) means. `jitter`: at random between −1 and 1.

    A 410 is about the integration as a whole only when its URL is the same for every event; otherwise it
    is a failure like another.
    """
    if isinstance(answer, Responded):
        if 200 <= answer.status <= 299:
            return Delivered()
        if answer.status == 410 and not url_has_placeholders:
            return DisableIntegration(why=explain(answer))
    at = now + _wait(answer, now, attempt, jitter)
    if at < expires_at:
        return TryAgain(at=at, why=explain(answer))
    if expires_at - now > 2 * LAST_CHANCE:
        return TryAgain(at=expires_at - LAST_CHANCE, why=f"{explain(answer)} The next attempt is the last.")
    return GiveUp(state=DeliveryState.EXPIRED, why=f"{explain(answer)} The time for this delivery is over.")


def next_delay(attempt: int, jitter: float) -> timedelta:
    """How long to wait after the attempt of that number (from 1). `jitter` from −1 to 1 is ±20 %."""
    delay = SCHEDULE[min(max(attempt, 1), len(SCHEDULE)) - 1]
    return delay * (1 + JITTER * min(max(jitter, -1.0), 1.0))


def retry_after(headers: tuple[tuple[str, str], ...], now: datetime) -> timedelta | None:
    """How long the receiver asks us to wait (seconds or an HTTP date), 0 to 24 hours; None when it does not say."""
    text = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if text.isascii() and text.isdigit():
        seconds = int(text) if len(text) < 10 else LONGEST_RETRY_AFTER.total_seconds()
        return min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text[:64])
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def _wait(answer: Answer, now: datetime, attempt: int, jitter: float) -> timedelta:
    """The schedule's own delay; longer when the receiver asks for it."""
    delay = next_delay(attempt, jitter)
    if isinstance(answer, Responded):
        if answer.status == 429:
            delay = max(delay, AFTER_TOO_MANY)
        delay = max(delay, retry_after(answer.headers, now) or delay)
    return delay
