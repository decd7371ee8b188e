"""Figures: what the dashboard shows of a period, made of the scores that were kept. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nps.book import Row
from nps.scoring import SCORES, Nps, nps

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The time up to now that is shown, in so many steps."""

    label: str
    steps: int
    step: timedelta
    step_label: str


PERIODS: Mapping[str, Period] = {
    "hour": Period("Hour", 12, timedelta(minutes=5), "five minutes"),
    "day": Period("24 hours", 24, timedelta(hours=1), "hour"),
    "week": Period("7 days", 7, DAY, "day"),
    "month": Period("30 days", 30, DAY, "day"),
    "year": Period("52 weeks", 52, 7 * DAY, "week"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One point of the chart."""

    start: datetime
    label: str
    nps: Nps


@dataclass(frozen=True, slots=True)
class Line:
    """The score of one menu, or of one answering user."""

    name: str
    nps: Nps


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of one period. `distribution`: how often each score from 0 to 10 was given."""

    whole: Nps
    steps: Sequence[Step]
    menus: Sequence[Line]
    users: Sequence[Line]
    distribution: Sequence[int]


def starts(period: Period, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """When each step begins, the oldest first, as clocks in `zone` show it. The last one holds `now`."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if period.step < DAY:
        into = (local.replace(tzinfo=None) - midnight.replace(tzinfo=None)) % period.step
        last = (local - into).astimezone(UTC)  # in UTC an hour is an hour, also when clocks change
        return [(last - period.step * back).astimezone(zone) for back in reversed(range(period.steps))]
    last = midnight - timedelta(days=local.weekday() if period.step > DAY else 0)  # weeks begin on Monday
    return [last - period.step * back for back in reversed(range(period.steps))]


def figures(rows: Sequence[Row], period: Period, now: datetime, zone: ZoneInfo) -> Figures:
    """What `rows` come to: scores that count, since the period's first start."""
    scored = [(row, row.score) for row in rows if row.score is not None]
    begins = starts(period, now, zone)
    begins_ms = [begin.timestamp() * 1000 for begin in begins]
    by_step: dict[int, list[int]] = {}
    for row, score in scored:
        by_step.setdefault(bisect_right(begins_ms, row.at_ms) - 1, []).append(score)
    counts = Counter(score for _, score in scored)
    return Figures(
        whole=nps(score for _, score in scored),
        steps=[Step(begin, _label(begin, period), nps(by_step.get(i, ()))) for i, begin in enumerate(begins)],
        menus=_lines(scored, lambda row: row.menu),
        users=_lines(scored, lambda row: " · ".join(filter(None, (row.user, row.extension))) or "not known"),
        distribution=[counts[score] for score in SCORES],
    )


def _lines(scored: Sequence[tuple[Row, int]], name: Callable[[Row], str]) -> list[Line]:
    by_name: dict[str, list[int]] = {}
    for row, score in scored:
        by_name.setdefault(name(row), []).append(score)
    return sorted(
        (Line(one, nps(scores)) for one, scores in by_name.items()), key=lambda line: (-line.nps.answers, line.name)
    )


def _label(begin: datetime, period: Period) -> str:
    return f"{begin:%H:%M}" if period.step < DAY else f"{begin.day} {begin:%b}"
