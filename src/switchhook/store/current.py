"""The Configuration now in force, and who must know when it changes or when there is something to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from switchhook.domain.errors import StoreUnavailable
from switchhook.store.ports import Configuration, Store

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # how often we look although nothing woke us: a saved integration is in force within 2 s
OLD_SECONDS = 600.0  # how old it may get: the time of a secret that is being rotated out runs off unsaid
AWAY_SECONDS = 0.5  # how long we leave a database alone that did not answer

Listener = Callable[[], None]


class CurrentConfiguration:
    """What people configured, as this engine knows it. It is replaced as a whole, never changed."""

    def __init__(self, store: Store, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._store = store
        self._look_seconds = look_seconds
        self._value: Configuration | None = None
        self._loaded_at_s = 0.0
        self._when_changed: list[Listener] = []
        self._when_woken: list[Listener] = []

    @property
    def loaded(self) -> bool:
        """Whether there is one yet."""
        return self._value is not None

    @property
    def value(self) -> Configuration:
        """The Configuration in force. Only to be asked once it is loaded."""
        if self._value is None:
            raise RuntimeError("The configuration has not been loaded yet.")
        return self._value

    def when_changed(self, listener: Listener) -> None:
        """Call it after every change of the configuration, also the first one."""
        self._when_changed.append(listener)

    def when_woken(self, listener: Listener) -> None:
        """Call it whenever the web may have left something to do: an errand, a delivery that is due."""
        self._when_woken.append(listener)

    async def load(self) -> None:
        """Load it anew. Raises StoreUnavailable."""
        self._value = await self._store.load_configuration()
        self._loaded_at_s = monotonic()
        log.info("configuration.loaded version=%s integrations=%s broken=%s", self._value.version,
                 len(self._value.integrations), len(self._value.broken))
        for listener in self._when_changed:
            listener()

    async def refresh(self) -> None:
        """Load it if it has changed, or is old. Raises StoreUnavailable."""
        if (self._value is None or monotonic() - self._loaded_at_s > OLD_SECONDS
                or await self._store.configuration_version() != self._value.version):
            await self.load()

    async def watch(self) -> None:
        """Keep it current, until cancelled. While the database is away the last one stays in force."""
        while True:
            try:
                await self.refresh()
                await self._store.wait_for_change(self._look_seconds)
                await self.refresh()
            except StoreUnavailable:
                await asyncio.sleep(AWAY_SECONDS)
                continue
            for listener in self._when_woken:
                listener()
