"""Integrations that did not get an event which others got: why, as they are set now.

When nobody wanted an event, the event itself keeps the reasons of that moment. Of one that somebody wanted, the others'
are made from their switch and filters of today.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from switchhook.domain.filters import read as read_filter
from switchhook.domain.filters import unmet
from switchhook.domain.integration import Wanted
from switchhook.web.calls.timeline import NotFired
from switchhook.web.deliveries.recorded import event_of
from switchhook.web.models import Event, Integration
from switchhook.web.tenancy import Access

LOOKED_AT = 200  # integrations, at most


def passed_over(access: Access, events: Sequence[Event], owed: Mapping[UUID, Collection[UUID]]) -> list[NotFired]:
    """Why integrations on these events did not get one that others got. `owed`: by event, who did."""
    sent = [event for event in events if owed.get(event.id)]
    if not sent:
        return []
    found = access.integrations().filter(event_type__in={event.type for event in sent})
    rows = list(found.order_by("name")[:LOOKED_AT])
    return [one for event in sent for one in _of_event(access, event, rows, owed[event.id])]


def _of_event(
    access: Access, event: Event, rows: Sequence[Integration], got_it: Collection[UUID],
) -> Iterator[NotFired]:
    for row in rows:
        concerned = row.event_type == event.type and row.service_id in (None, event.service_id)
        if not concerned or row.id in got_it or row.created_at.timestamp() * 1000 > event.accepted_at_ms:
            continue
        name, why = row.name, _why_not(access, event, row)
        if why:
            yield NotFired(type=event.type, reason=f"{name}: {why} (as it is set now).", event=event)


def _why_not(access: Access, event: Event, row: Integration) -> str:
    if not row.enabled:
        return Wanted.DISABLED.value
    return unmet(tuple(read_filter(one) for one in row.filters), event_of(event), access.account.time_zone)
