"""Finding lines of the audit log: the filters in the URL, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone

from switchhook.web.audit.models import Action, AuditEntry, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; an empty text: anything. `since` and `until` are days, both included."""

    who: str = ""
    action: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Filters:
        """The filters in a query string; what is none is left out."""
        found = {one.name: data.get(one.name, "").strip()[:200] for one in fields(cls)}
        found["action"] = found["action"] if found["action"] in Action.values else ""
        found["kind"] = found["kind"] if found["kind"] in Kind.values else ""
        for name in ("since", "until"):
            found[name] = found[name] if _day(found[name]) else ""
        return cls(**found)

    @property
    def any(self) -> bool:
        return self != Filters()

    def url(self, **more: str) -> str:
        """The query string of these filters; begins with ? also when it is empty."""
        values = {one.name: getattr(self, one.name) for one in fields(self)} | more
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def narrowed(self, found: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Those lines, newest first."""
        if self.who:
            found = found.filter(Q(who__icontains=self.who) | Q(object_name__icontains=self.who))
        if self.action:
            found = found.filter(action=self.action)
        if self.kind:
            found = found.filter(kind=self.kind)
        if since := _day(self.since):
            found = found.filter(at_ms__gte=_begins_ms(since))
        if until := _day(self.until):
            found = found.filter(at_ms__lt=_begins_ms(until + timedelta(days=1)))
        return found.order_by("-id")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _begins_ms(day: date) -> int:
    """When the day begins where the account is."""
    try:
        return int(datetime.combine(day, time.min, timezone.get_current_timezone()).timestamp() * 1000)
    except (OverflowError, ValueError):  # a year that no calendar of ours has
        return 0
