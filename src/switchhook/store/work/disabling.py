"""Disabling an integration, loudly: everybody who is to know of it is told in the transaction that does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import Delivery
from switchhook.domain.disabling import disabled_event
from switchhook.domain.event import Event, delivery_id, timed_id
from switchhook.domain.failing import NoticeKind
from switchhook.domain.filters import read as read_filter
from switchhook.domain.filters import unmet
from switchhook.domain.integration import Wanted
from switchhook.domain.service import Account
from switchhook.store.dialect import Query, Work
from switchhook.store.ports import Acceptance
from switchhook.store.rows import to_json, to_ms, to_uuid
from switchhook.store.work.accepting import accept
from switchhook.store.work.configuration import account as account_of
from switchhook.store.work.configuration import raise_version
from switchhook.store.work.tallying import give_notice

_DISABLE = """
    UPDATE integration SET enabled = false, disabled_reason = :reason, disabled_at = :at, updated_at = :at
    WHERE id = :id AND enabled RETURNING account_id, name
"""
_AUDIT = """
    INSERT INTO audit_entry (id, at_ms, account_id, who, by_operator, via, token, address, request_id, action, kind,
        object_id, object_name, detail, changes)
    SELECT :audit, {now}, account_id, 'The engine', false, 'engine', '', '', '', 'changed', 'integration',
        :name, name, :reason, '{"enabled": [true, false]}'
    FROM integration WHERE id = :id
"""
#: Those who listen. The disabled one does not hear of itself.
_LISTENERS = """
    SELECT id, name, enabled, expiry_seconds, filters FROM integration
    WHERE account_id = :account AND service_id IS NULL AND event_type = :type AND id <> :id ORDER BY id
"""
_NOBODY = UUID(int=0)


def disable_integration(integration_id: UUID, reason: str) -> Work[None]:
    """See `Store.disable_integration`."""
    now = datetime.now(UTC)
    rows = yield Query(_DISABLE, {"id": integration_id, "reason": reason, "at": now})
    if rows:
        account_id, name = rows[0]
        yield from raise_version()
        yield from give_notice(integration_id, NoticeKind.DISABLED, now, reason)
        yield Query(_AUDIT, {
            "audit": timed_id(to_ms(now), "audit", integration_id), "id": integration_id, "name": str(integration_id),
            "reason": reason})
        yield from _tell(to_uuid(account_id), integration_id, name, reason, now)


def _tell(account_id: UUID, integration_id: UUID, name: str, reason: str, now: datetime) -> Work[None]:
    """The event, and a Delivery for every integration that wants it: due at once for whichever engine claims it."""
    account = yield from account_of(account_id)
    if account is None or EventType.INTEGRATION_DISABLED not in account.granted_events:
        return
    event = disabled_event(account, integration_id, name, reason, now)
    listeners = yield Query(_LISTENERS, {
        "account": account_id, "type": EventType.INTEGRATION_DISABLED.value, "id": integration_id})
    refused: list[str] = []
    deliveries: list[Delivery] = []
    for id_, listener, enabled, expiry_seconds, filters in listeners:
        why_not = _why_not(account, event, enabled, filters)
        if why_not:
            refused.append(f"{listener}: {why_not}")
        else:
            expires_at = now + timedelta(seconds=expiry_seconds or account.call_expiry_seconds)
            deliveries.append(Delivery(
                id=delivery_id(event.id, to_uuid(id_)), event_id=event.id, account_id=account_id,
                integration_id=to_uuid(id_), order_key=event.order_key, created_at=now, expires_at=expires_at,
                attempts=0))
    why = "" if deliveries else "; ".join(refused) or "there is no integration for this event"
    yield from accept(_NOBODY, [Acceptance(event=event, deliveries=deliveries, claimed=False, unwanted_reason=why)],
                      (), None, None)


def _why_not(account: Account, event: Event, enabled: bool, filters: Any) -> str:
    """Why a listener does not get the event, as `domain.integration.why_not` has it; empty when it does."""
    if account.suspended:
        return "the account is suspended"
    if not enabled:
        return Wanted.DISABLED.value
    try:
        return unmet([read_filter(one) for one in to_json(filters)], event, account.time_zone)
    except (KeyError, ValueError, TypeError):  # of another release: disabling must not fail of it
        return "its filters are not stored as this release can read them"
