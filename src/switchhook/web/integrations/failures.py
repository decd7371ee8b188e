"""What an integration's attempts failed of lately, grouped: "503 from crm.example.com, 214 times since 09:12".

From what the engine counts by the hour, so that few rows are read however many attempts there were.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from switchhook.domain.delivery import NoAnswer, Problem, Responded, Timing
from switchhook.domain.explaining import advice, named_status
from switchhook.web.integrations.figures import HOUR_MS, HOURS
from switchhook.web.integrations.health import IntegrationFailure

#: So many groups are shown, those that were last seen first.
MOST_SHOWN = 6
_UNTIMED = Timing(total_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """One kind of failure. `answer` is what the list of deliveries filters by."""

    answer: str
    host: str
    said: str
    count: int
    first_ms: int
    last_ms: int

    @property
    def title(self) -> str:
        """What and from where: `503 Service Unavailable from crm.example.com`."""
        if self.answer.isdecimal():
            return _(
                "%(named_status)s from %(host)s") % {"named_status": named_status(int(self.answer)), "host": self.host}
        name = urlsplit(f"//{self.host}").hostname or ""
        return self.said if name in self.said else f"{self.said.removesuffix('.')}: {self.host}"

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.answer.isdecimal():
            return advice(Responded(
                status=int(self.answer), headers=(), body=b"", body_truncated=False, timing=_UNTIMED))
        known = self.answer in Problem._value2member_map_
        return advice(NoAnswer(problem=Problem(self.answer), detail="", timing=_UNTIMED)) if known else ""


def failure_groups(integration_id: UUID) -> list[FailureGroup]:
    """The integration's groups of the last 24 hours, the latest first."""
    first_ms = (time.time_ns() // 1_000_000 // HOUR_MS - HOURS + 1) * HOUR_MS
    found = IntegrationFailure.objects.filter(integration_id=integration_id, hour_ms__gte=first_ms).order_by("last_ms")
    by_kind: dict[tuple[str, str], list[IntegrationFailure]] = {}
    for row in found:
        by_kind.setdefault((row.answer, row.host), []).append(row)
    groups = [
        FailureGroup(
            answer=answer, host=host, said=rows[-1].said, count=sum(row.failed for row in rows),
            first_ms=rows[0].first_ms, last_ms=rows[-1].last_ms)
        for (answer, host), rows in by_kind.items()]
    return sorted(groups, key=lambda group: group.last_ms, reverse=True)[:MOST_SHOWN]
