"""Activity: how many attempts delivered and failed over time, from what the engine counts by the hour."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from django.db.models import F, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from switchhook.web.models import IntegrationHour
from switchhook.web.tenancy import Access

HOUR_MS = 3_600_000
#: The picture without JavaScript, in its own units.
WIDTH, HEIGHT, GAP = 720, 180, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time to look at, in steps of some hours."""

    name: str
    label: str | Promise
    steps: int
    hours: int


SPANS = (
    Span(name="24h", label=_("24 hours"), steps=24, hours=1),
    Span(name="7d", label=_("7 days"), steps=28, hours=6),
    Span(name="30d", label=_("30 days"), steps=30, hours=24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step. What was delivered stands on what failed."""

    at_ms: int
    delivered: int
    failed: int
    x: float
    width: float
    delivered_y: float
    delivered_height: float
    failed_y: float
    failed_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The attempts of all the account's integrations in a span."""

    span: Span
    bars: tuple[Bar, ...]

    width, height = WIDTH, HEIGHT

    @property
    def delivered(self) -> int:
        return sum(bar.delivered for bar in self.bars)

    @property
    def failed(self) -> int:
        return sum(bar.failed for bar in self.bars)

    @property
    def attempts(self) -> int:
        return self.delivered + self.failed

    @property
    def points(self) -> str:
        """For the chart that JavaScript draws: seconds, delivered, failed."""
        return json.dumps([
            [bar.at_ms // 1000 for bar in self.bars], [bar.delivered for bar in self.bars],
            [bar.failed for bar in self.bars]])


def activity(access: Access, name: str) -> Activity:
    """What happened in the span of that name; of an unknown one, in the last day."""
    span = next((one for one in SPANS if one.name == name), SPANS[0])
    step_ms = span.hours * HOUR_MS
    end_ms = (time.time_ns() // 1_000_000 // HOUR_MS + 1) * HOUR_MS
    begin_ms = end_ms - span.steps * step_ms
    found = IntegrationHour.objects.filter(integration_id__in=access.integrations().values("id"), hour_ms__gte=begin_ms)
    by_step = found.annotate(step=(F("hour_ms") - begin_ms) / step_ms).values_list("step")
    counts = {step: (delivered, failed) for step, delivered, failed
              in by_step.annotate(delivered=Sum("delivered"), failed=Sum("failed")).order_by("step")}
    steps = [counts.get(step, (0, 0)) for step in range(span.steps)]
    highest = max(sum(step) for step in steps)
    return Activity(span=span, bars=tuple(
        _bar(place, span, begin_ms + place * step_ms, step, highest) for place, step in enumerate(steps)))


def _bar(place: int, span: Span, at_ms: int, step: tuple[int, int], highest: int) -> Bar:
    width = WIDTH / span.steps
    delivered, failed = (max(2.0, HEIGHT * count / highest) if count else 0.0 for count in step)
    return Bar(
        at_ms=at_ms, delivered=step[0], failed=step[1], x=place * width, width=width - GAP,
        failed_y=HEIGHT - failed, failed_height=failed,
        delivered_y=max(0.0, HEIGHT - failed - delivered), delivered_height=delivered)
