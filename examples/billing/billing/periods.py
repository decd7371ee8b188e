"""Periods: a day or a month of the clock on the wall, which may have 23 or 25 hours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to and without `until`. `name`: 2026-11-22, or 2026-11."""

    name: str
    since: datetime
    until: datetime

    @property
    def milliseconds(self) -> tuple[int, int]:
        """Since and until in milliseconds since 1970."""
        return round(self.since.timestamp() * 1000), round(self.until.timestamp() * 1000)


def period_of(text: str, zone: ZoneInfo) -> Period:
    """The day or the month that is written so. Raises ValueError that says what to write."""
    try:
        if re.fullmatch(r"\d{4}-\d\d", text, re.ASCII):
            first = date.fromisoformat(f"{text}-01")
            following = (first + timedelta(days=31)).replace(day=1)
        else:
            first = date.fromisoformat(text)
            following = first + timedelta(days=1)
        since, until = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, following))
        since.timestamp(), until.timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:20]!r} is no period: write a day like 2026-11-22, or a month like 2026-11") from error
    return Period(text if len(text) == 7 else first.isoformat(), since, until)


def month_before(name: str) -> str:
    """The name of the month before."""
    return (date.fromisoformat(f"{name}-01") - timedelta(days=1)).strftime("%Y-%m")
