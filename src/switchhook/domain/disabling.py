"""The operational event: Switchhook itself has disabled an integration, and another of its account is told of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.event import Event, complete, timed_id
from switchhook.domain.service import Account


def disabled_event(account: Account, integration_id: UUID, name: str, reason: str, at: datetime) -> Event:
    """That the integration was disabled. What disables itself again later is another event."""
    at_ms = int(at.timestamp() * 1000)
    event = Event(
        id=timed_id(at_ms, EventType.INTEGRATION_DISABLED, integration_id, at_ms), type=EventType.INTEGRATION_DISABLED,
        account_id=account.id, service_id=None, at=at, order_key=str(integration_id), sequence=1, fields={
            Field.INTEGRATION_ID: str(integration_id), Field.INTEGRATION_NAME: name, Field.DISABLED_REASON: reason})
    return complete(event, account, None, None)
