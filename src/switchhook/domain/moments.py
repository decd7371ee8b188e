"""Moments: in which forms a placeholder can write one. As it is, it is ISO 8601 with the account's offset.

Receivers differ: one wants UTC, one seconds since 1970, one the date and the time apart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from switchhook.domain.catalogue import Field

#: The fields that tell a moment.
MOMENTS = frozenset({Field.DATE_TIME, Field.ANSWERED_AT, Field.ENDED_AT})


class MomentForm(StrEnum):
    """How to write a moment: `{date_time|utc}`. Dates and times are the account's, but for those of UTC."""

    UTC = "utc"  # 2026-03-03T23:41:55Z
    DATE = "date"  # 2026-03-04
    TIME = "time"  # 10:41:55
    UTC_DATE = "utc_date"
    UTC_TIME = "utc_time"
    UNIX = "unix"  # whole seconds since 1970
    UNIX_MS = "unix_ms"  # milliseconds


def written(moment: str, form: MomentForm) -> str:
    """A moment, told in ISO 8601 with an offset, in another form. What is none stays as it is."""
    try:
        told = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    utc = told.astimezone(UTC)
    match form:
        case MomentForm.UTC:
            return f"{utc:%Y-%m-%dT%H:%M:%SZ}"
        case MomentForm.DATE:
            return f"{told:%Y-%m-%d}"
        case MomentForm.TIME:
            return f"{told:%H:%M:%S}"
        case MomentForm.UTC_DATE:
            return f"{utc:%Y-%m-%d}"
        case MomentForm.UTC_TIME:
            return f"{utc:%H:%M:%S}"
        case MomentForm.UNIX:
            return str(int(utc.timestamp()))
        case MomentForm.UNIX_MS:
            return str(int(utc.timestamp() * 1000))
