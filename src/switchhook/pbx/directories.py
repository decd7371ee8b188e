"""Directories: reads the users of services whose PBX is their source, by period and when the PBX says it reloaded.

A Connection is read by the engine that owns it, by a login of its own: a list never stands in the way of a call. Each
source is read once, however many services share it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol
from uuid import UUID

from switchhook.domain.directory import Listed, ScopeNeeded, Settling, first_import, in_scope, plan
from switchhook.domain.errors import PbxError, StoreUnavailable
from switchhook.domain.service import Connection, DirectorySource, Service
from switchhook.pbx.pbx_socket import in_words
from switchhook.pbx.user_listings import list_users
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import DirectoryReport, Store

log = logging.getLogger("switchhook.pbx")

LOOK_SECONDS = 1.0
AT_ONCE = 4  # Connections read at the same time
NOBODY_LISTED = "The PBX listed no user at all: nobody was deleted."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When users are read. `settle`: for how long a difference must have stood still."""

    period_seconds: float = 300.0
    settle_seconds: float = 30.0
    failed_seconds: float = 60.0
    reload_seconds: float = 2.0  # a reload is told of module by module


class Heard(Protocol):
    """What is looked at of a Line: whether it hears the PBX, and how often that said it reloaded."""

    @property
    def connection(self) -> Connection: ...
    @property
    def state(self) -> str: ...
    @property
    def reloads(self) -> int: ...


@dataclass(slots=True)
class _Reading:
    """One Connection's rhythm. `settling` is by service."""

    due_at_s: float
    reloads: int
    asked: frozenset[tuple[UUID, DirectorySource, str]]
    task: asyncio.Task[None] | None = None
    settling: dict[UUID, Mapping[str, Settling]] = field(default_factory=dict)


class Directories:
    """Runs until cancelled. `lines` gives what this engine owns."""

    def __init__(
        self, store: Store, current: CurrentConfiguration, lines: Callable[[], Mapping[UUID, Heard]],
        rhythm: Rhythm | None = None,
    ) -> None:
        self._store = store
        self._current = current
        self._lines = lines
        self._rhythm = rhythm or Rhythm()
        self._readings: dict[UUID, _Reading] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Look what is due, again and again."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            tasks = [one.task for one in self._readings.values() if one.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self) -> None:
        lines = self._lines()
        for id_ in self._readings.keys() - lines.keys():
            if (task := self._readings.pop(id_).task) is not None:
                task.cancel()
        for id_, line in lines.items():
            services = [one for one in self._current.value.services.values()
                        if one.connection_id == id_ and one.directory_source is not DirectorySource.PORTAL]
            asked = frozenset((one.id, one.directory_source, one.directory_scope) for one in services)
            reading = self._readings.setdefault(id_, _Reading(monotonic(), line.reloads, asked))
            if line.reloads != reading.reloads:
                reading.reloads = line.reloads
                reading.due_at_s = min(reading.due_at_s, monotonic() + self._rhythm.reload_seconds)
            if asked != reading.asked:  # another source: nothing that was seen before counts
                reading.asked, reading.due_at_s = asked, monotonic()
                reading.settling.clear()
            idle = reading.task is None or reading.task.done()
            if services and idle and line.state == "connected" and monotonic() >= reading.due_at_s:
                reading.task = asyncio.create_task(self._read(line.connection, services, reading), name="directory")

    async def _read(self, connection: Connection, services: Sequence[Service], reading: _Reading) -> None:
        """Read what the services ask for, each source once, and say when it is due again."""
        rhythm, well = self._rhythm, True
        async with self._room:
            for source in sorted({one.directory_source for one in services}):
                of_source = [one for one in services if one.directory_source is source]
                try:
                    well &= await self._read_source(connection, source, of_source, reading)
                except StoreUnavailable:
                    well = False
                except Exception:
                    log.exception("pbx.directory_failed connection=%s source=%s", connection.id, source)
                    well = False
        settles = any(reading.settling.values())
        reading.due_at_s = monotonic() + (
            rhythm.failed_seconds if not well else rhythm.settle_seconds / 2 if settles else rhythm.period_seconds)

    async def _read_source(
        self, connection: Connection, source: DirectorySource, services: Sequence[Service], reading: _Reading
    ) -> bool:
        try:
            everybody = await list_users(connection, source)
        except (PbxError, OSError, TimeoutError) as error:
            for service in services:
                await self._problem(service, in_words(error, connection))
            return False
        for service in services:
            await self._compare(service, everybody, reading)
        return True

    async def _compare(self, service: Service, everybody: Sequence[Listed], reading: _Reading) -> None:
        now = datetime.now(UTC)
        try:
            listed = in_scope(everybody, service.directory_scope or _tenant(service))
        except ScopeNeeded as error:
            await self._problem(service, str(error))
            return
        if not listed:
            await self._problem(service, NOBODY_LISTED)
            return
        users = {number: user for (service_id, number), user in self._current.value.users.items()
                 if service_id == service.id}
        if await self._store.directory_imported(service):
            planned = plan(users, listed, reading.settling.get(service.id, {}), now,
                           timedelta(seconds=self._rhythm.settle_seconds))
        else:
            planned = first_import(users, listed)
        reading.settling[service.id] = planned.settling
        changed = await self._store.apply_directory(
            service, planned, DirectoryReport(tried_at=now, read=True, users=len(listed)))
        if changed:
            log.info("pbx.directory service=%s changed=%s", service.id, changed)
            with suppress(StoreUnavailable):
                await self._current.refresh()

    async def _problem(self, service: Service, words: str) -> None:
        await self._store.report_directory(service, DirectoryReport(tried_at=datetime.now(UTC), problem=words))


def _tenant(service: Service) -> str:
    """FusionPBX: the domain is the tenant key, too."""
    return service.tenant_key if service.directory_source is DirectorySource.FREESWITCH else ""
