"""Watch: integrations that do nothing but fail are told of, and disabled in the end. Any engine may do it."""

from __future__ import annotations

import asyncio
import logging

from switchhook.domain.errors import StoreUnavailable
from switchhook.domain.failing import AT_LEAST, NoticeKind, reason, what_to_do
from switchhook.store.ports import Store

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0


class Watch:
    """Looks at what was counted, now and then."""

    def __init__(self, store: Store, look_seconds: float = LOOK_SECONDS) -> None:
        self._store = store
        self._look_seconds = look_seconds

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailable:
                log.info("watch.store_away")
            await asyncio.sleep(self._look_seconds)

    async def look(self) -> None:
        """Warn of those that have failed for an hour, disable those that have for days. Raises StoreUnavailable."""
        for failing in await self._store.failing(AT_LEAST):
            match what_to_do(failing):
                case NoticeKind.DISABLED:
                    await self._store.disable_integration(failing.integration_id, reason(failing))
                    log.warning("integration.disabled integration=%s failures=%d", failing.integration_id,
                                failing.failures)
                case NoticeKind.FAILING:
                    await self._store.give_notice(
                        failing.integration_id, NoticeKind.FAILING, failing.since,
                        f"{failing.failures:,} attempts have failed since its last success, and none has succeeded.")
                case None:
                    pass
