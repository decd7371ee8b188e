"""Fleet: a Line for every Connection that this engine owns; each Connection is owned by one engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from switchhook.domain.claiming import claimant
from switchhook.domain.errors import OwnershipLost, StoreError, StoreUnavailable
from switchhook.domain.service import Connection, Platform
from switchhook.domain.tracker import Claim
from switchhook.pbx.line import Accept, Line
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import ConnectionReport, Store

log = logging.getLogger("switchhook.pbx")

LOOK_SECONDS = 2.0  # how often we look for Connections that nobody owns (any more)
SPOKEN = (Platform.ASTERISK, Platform.FREESWITCH, Platform.SIMULATOR)


@dataclass(slots=True)
class _Running:
    line: Line
    task: asyncio.Task[None] = field(repr=False)


class Fleet:
    """Runs until cancelled; then every Line is ended and given back."""

    def __init__(
        self, store: Store, current: CurrentConfiguration, accept: Accept, engine_id: UUID, *,
        random: Random | None = None,
    ) -> None:
        self._store = store
        self._current = current
        self._accept = accept
        self._engine_id = engine_id
        self._random = random or Random()  # noqa: S311 - jitter, no secret
        self._running: dict[UUID, _Running] = {}
        self._woken = asyncio.Event()
        current.when_changed(self._reconfigured)

    @property
    def lines(self) -> Mapping[UUID, Line]:
        """The Lines that run here, by their Connection."""
        return {id_: running.line for id_, running in self._running.items()}

    def look_again(self) -> None:
        """An engine has died: there may be Connections that nobody owns."""
        self._woken.set()

    async def run(self) -> None:
        """Own what nobody owns, run it, and follow the configuration."""
        try:
            while True:
                with suppress(StoreUnavailable):
                    await self._look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            for id_ in list(self._running):
                await self._end(id_)
                with suppress(StoreError):
                    await self._store.disown_connection(self._engine_id, id_)

    async def _look(self) -> None:
        configured = {id_: one for id_, one in self._current.value.connections.items() if one.platform in SPOKEN}
        for id_, running in list(self._running.items()):
            if configured.get(id_) != running.line.connection or running.task.done():
                await self._end(id_)
                if id_ not in configured:
                    await self._store.disown_connection(self._engine_id, id_)
        for id_, connection in configured.items():
            owned = await self._store.own_connection(self._engine_id, id_)
            if owned and id_ not in self._running:
                self._begin(connection)
            elif not owned and id_ in self._running:  # another engine has taken it over: it thought us dead
                await self._end(id_)

    def _reconfigured(self) -> None:
        for running in self._running.values():
            running.line.claim = self._claim_for(running.line.connection)
        self._woken.set()

    def _begin(self, connection: Connection) -> None:
        line = Line(connection, self._claim_for(connection), self._store, self._accept, random=self._random)
        self._running[connection.id] = _Running(line, asyncio.create_task(line.run(), name=f"line {connection.name}"))

    def _claim_for(self, connection: Connection) -> Claim:
        configuration = self._current.value
        return claimant(
            (one for one in configuration.services.values() if one.connection_id == connection.id),
            configuration.users, configuration.accounts)

    async def _end(self, id_: UUID) -> None:
        running = self._running.pop(id_)
        running.task.cancel()
        try:
            await running.task
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("pbx.line_failed connection=%s", id_)
        with suppress(OwnershipLost):  # it was ended because another engine has it
            await running.line.finish()
        with suppress(StoreError):
            report = running.line.report()
            await self._store.report_connection(ConnectionReport(
                connection_id=id_, state="stopped", since=report.since, messages=report.messages,
                last_message_at=report.last_message_at, reconnects=report.reconnects, unclaimed=report.unclaimed))
