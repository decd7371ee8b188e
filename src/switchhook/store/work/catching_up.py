"""Catching up: what an integration missed, and what it did not get, out of history.

History is walked in stretches of so many rows by key, however few of them are looked for: each statement is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from switchhook.domain.delivery import Delivery
from switchhook.domain.event import Event
from switchhook.domain.integration import Integration, Wanted
from switchhook.store.dialect import Each, Query, Work, insert
from switchhook.store.ports import Stretch, Undelivered
from switchhook.store.rows import DELIVERY, EVENT_COLUMNS, delivery_row, event_of, first_id, to_ms, to_uuid
from switchhook.store.work.bodies import walk_again_from

_LAST_EVENT = """
    SELECT id FROM event WHERE account_id = :account AND id > :after AND id < :until
    ORDER BY id LIMIT 1 OFFSET :skipped
"""
_MISSED = f"""
    SELECT {EVENT_COLUMNS} FROM event
    WHERE account_id = :account AND id > :after AND id < :until AND type = :type AND NOT is_test
        AND unwanted_reason <> :applications_off
"""  # noqa: S608
_OWE = insert("delivery", DELIVERY, returning="id")
_DELIVERIES = "SELECT id, state, event_type, is_test FROM delivery WHERE"
_STRETCH = "AND id > :after AND id < :until ORDER BY id LIMIT :limit"


def missed_events(integration: Integration, after: UUID, until: UUID, limit: int) -> Work[Stretch[Event]]:
    """See `Store.missed_events`."""
    stretch = {"account": integration.account_id, "after": after, "until": until}
    last = yield Query(_LAST_EVENT, stretch | {"skipped": limit - 1})
    end = to_uuid(last[0][0]) if last else None
    of_service = "" if integration.service_id is None else "AND service_id = :service"
    rows = yield Query(f"{_MISSED} {of_service} ORDER BY id", stretch | {
        "until": until if end is None else UUID(int=end.int + 1), "type": integration.event_type.value,
        "service": integration.service_id, "applications_off": Wanted.APPLICATIONS_OFF.value})
    return Stretch(found=[event_of(row) for row in rows], end=end)


def owe(owed: Sequence[tuple[Event, Delivery]]) -> Work[int]:
    """See `Store.owe`."""
    rows = [delivery_row(delivery, event, None) for event, delivery in owed]
    new = yield Each(_OWE, DELIVERY, sorted(rows, key=lambda row: str(row["id"])))
    for account_id in {event.account_id for event, _ in owed}:
        yield from walk_again_from(account_id, min(delivery.id for _, delivery in owed))
    return len(new)


def undelivered(wanted: Undelivered, after: UUID, limit: int) -> Work[Stretch[UUID]]:
    """See `Store.undelivered`."""
    whose = "account_id = :account" if wanted.integration_id is None else \
        "integration_id = :integration AND account_id = :account"
    rows = yield Query(f"{_DELIVERIES} {whose} {_STRETCH}", {
        "account": wanted.account_id, "integration": wanted.integration_id, "limit": limit,
        "after": max(after, _before(first_id(to_ms(wanted.since)))), "until": first_id(to_ms(wanted.until))})
    found = [to_uuid(row[0]) for row in rows if _is_wanted(wanted, *row[1:])]
    return Stretch(found=found, end=to_uuid(rows[-1][0]) if len(rows) == limit else None)


def _is_wanted(wanted: Undelivered, state: str, event_type: str, is_test: Any) -> bool:
    return state in wanted.states and wanted.event_type in ("", event_type) and not is_test


def _before(id_: UUID) -> UUID:
    return UUID(int=max(0, id_.int - 1))
