"""What goes back to the database without an attempt: released, cancelled, or an integration to be disabled.

It gathers here and is written together, by the collector. While the database is away it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from switchhook.store.ports import Store


class Returns:
    """The tray for what goes back."""

    def __init__(self, store: Store, engine_id: UUID, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` is called when something comes in."""
        self._store = store
        self._engine_id = engine_id
        self._releases: dict[float, list[UUID]] = {}  # due in so many seconds
        self._cancels: dict[str, list[UUID]] = {}  # why
        self._disables: dict[UUID, str] = {}
        self._rests: dict[UUID, tuple[datetime, datetime] | None] = {}
        self._disabled: set[UUID] = set()
        self.wake = wake

    def release(self, delivery_id: UUID, due_in_seconds: float) -> None:
        """Give the Delivery back; its allotted attempt was not made."""
        self._releases.setdefault(due_in_seconds, []).append(delivery_id)
        self.wake()

    def cancel(self, delivery_id: UUID, why: str) -> None:
        """End the Delivery."""
        self._cancels.setdefault(why, []).append(delivery_id)
        self.wake()

    def disable(self, integration_id: UUID, reason: str) -> None:
        """Disable the integration in the configuration."""
        self._disables[integration_id] = reason
        self._disabled.discard(integration_id)
        self.wake()

    def rest(self, integration_id: UUID, since_and_probe_at: tuple[datetime, datetime] | None) -> None:
        """Say whether the integration is left alone: since when its receiver fails, and when it is asked next."""
        self._rests[integration_id] = since_and_probe_at
        self.wake()

    def was_disabled(self, integration_id: UUID) -> bool:
        """Whether what `disable` asked for has been done."""
        return integration_id in self._disabled

    async def write(self) -> None:
        """Write all of it. Raises StoreUnavailable; then the rest is still here."""
        for integration_id, reason in list(self._disables.items()):
            await self._store.disable_integration(integration_id, reason)
            del self._disables[integration_id]
            self._disabled.add(integration_id)
        while self._rests:
            integration_id, rest = self._rests.popitem()
            try:
                await self._store.rest(integration_id, *(rest or (None, None)))
            except BaseException:
                self._rests.setdefault(integration_id, rest)
                raise
        while self._cancels:
            why, ids = self._cancels.popitem()
            try:
                await self._store.cancel(ids, why)
            except BaseException:
                self._cancels.setdefault(why, []).extend(ids)
                raise
        while self._releases:
            due_in_seconds, ids = self._releases.popitem()
            try:
                await self._store.release(self._engine_id, ids, due_in_seconds)
            except BaseException:
                self._releases.setdefault(due_in_seconds, []).extend(ids)
                raise
