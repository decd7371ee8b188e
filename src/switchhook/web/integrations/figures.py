"""The figures of an integration's last 24 hours, from what the engine has counted: at most 24 rows of each are read."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from switchhook.domain.delivery import DeliveryState
from switchhook.domain.histogram import BOUNDS_MS, percentile_ms
from switchhook.web.integrations.health import IntegrationHour
from switchhook.web.tenancy import Access

HOURS = 24
HOUR_MS = 3_600_000
#: The picture's measures, in its own units.
BAR_WIDTH, GAP, HEIGHT = 10, 3, 60
#: A number of retries beyond this is told as "this many and more".
MOST_COUNTED = 1000
_BUCKETS = (*(f"up_to_{bound}_ms" for bound in BOUNDS_MS), "slower")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour of the picture: what was delivered stands on what failed."""

    hour_ms: int
    delivered: int
    failed: int
    x: int
    delivered_y: float
    delivered_height: float
    failed_y: float
    failed_height: float

    @property
    def query(self) -> str:
        """The deliveries of that hour, as a query string for their list."""
        begin = datetime.fromtimestamp(self.hour_ms / 1000, UTC)
        return urlencode({"begin": f"{begin:%Y-%m-%dT%H:%MZ}", "end": f"{begin + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """So many answers that delivered took so long at most, and longer than the line before. None: they took longer than
    all of these."""

    up_to_ms: int | None
    count: int

    @property
    def up_to_seconds(self) -> float | None:
        """The same from one second on."""
        return self.up_to_ms / 1000 if self.up_to_ms is not None and self.up_to_ms >= 1000 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How an integration did in the last 24 hours."""

    delivered: int
    failed: int
    median_ms: float | None
    p95_ms: float | None
    bars: tuple[Bar, ...]
    took: tuple[Took, ...]

    width = HOURS * (BAR_WIDTH + GAP) - GAP
    height = HEIGHT
    bar_width = BAR_WIDTH

    @property
    def attempts(self) -> int:
        return self.delivered + self.failed

    @property
    def success_percent(self) -> float | None:
        """None: there was no attempt. Never 100 when something failed."""
        if not self.attempts:
            return None
        percent = 100 * self.delivered / self.attempts
        return min(percent, 99.9) if self.failed else percent


def figures(integration_id: UUID) -> Figures:
    """The integration's figures of the last 24 hours."""
    return figures_of([integration_id])[integration_id]


def figures_of(ids: Iterable[UUID]) -> dict[UUID, Figures]:
    """Those of several integrations, in one query."""
    this_hour_ms = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS
    hours = range(this_hour_ms - (HOURS - 1) * HOUR_MS, this_hour_ms + 1, HOUR_MS)
    rows: dict[UUID, dict[int, IntegrationHour]] = {id_: {} for id_ in ids}
    for row in IntegrationHour.objects.filter(integration_id__in=rows, hour_ms__gte=hours[0]):
        rows[row.integration_id][row.hour_ms] = row
    return {id_: _figures(found, hours) for id_, found in rows.items()}


def _figures(rows: Mapping[int, IntegrationHour], hours: range) -> Figures:
    highest = max((row.delivered + row.failed for row in rows.values()), default=0)
    counts = [sum(getattr(row, bucket) for row in rows.values()) for bucket in _BUCKETS]
    return Figures(
        delivered=sum(row.delivered for row in rows.values()), failed=sum(row.failed for row in rows.values()),
        median_ms=percentile_ms(counts, 0.5), p95_ms=percentile_ms(counts, 0.95),
        took=tuple(
            Took(up_to_ms=bound, count=count) for bound, count in zip((*BOUNDS_MS, None), counts, strict=True)),
        bars=tuple(_bar(number, hour_ms, rows.get(hour_ms), highest) for number, hour_ms in enumerate(hours)))


def retrying(access: Access, integration_id: UUID) -> str:
    """How many of its deliveries wait for a further attempt; counted by an index, and no further than is told."""
    waiting = access.deliveries().filter(state=DeliveryState.PENDING, owner=None, tried=True)
    count = waiting.filter(integration_id=integration_id).values("id")[: MOST_COUNTED + 1].count()
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def _bar(number: int, hour_ms: int, row: IntegrationHour | None, highest: int) -> Bar:
    delivered, failed = (row.delivered, row.failed) if row is not None else (0, 0)
    delivered_height, failed_height = (
        max(1.5, HEIGHT * count / highest) if count else 0.0 for count in (delivered, failed))
    return Bar(
        hour_ms=hour_ms, delivered=delivered, failed=failed, x=number * (BAR_WIDTH + GAP),
        failed_y=HEIGHT - failed_height, failed_height=failed_height,
        delivered_y=max(0.0, HEIGHT - failed_height - delivered_height), delivered_height=delivered_height)
