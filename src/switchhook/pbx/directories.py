"""Directories: reads the users of services whose PBX is their source, by period and when the PBX says it changed.

A Connection is read by the engine that owns it, by a login of its own: a list never stands in the way of a call. Each
source is read once, however many services share it. FreePBX says that it reloaded; FusionPBX's log of transactions is
looked at often, and whatever it saved is reason enough to read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from time import monotonic
from typing import Protocol
from uuid import UUID

from switchhook.domain.directory import (
    DirectoryReport,
    Listed,
    Plan,
    ScopeNeeded,
    Settling,
    first_import,
    in_scope,
    plan,
)
from switchhook.domain.errors import PbxError, StoreUnavailable
from switchhook.domain.service import Connection, DirectorySource, Service, UserDatabase
from switchhook.pbx.fusionpbx_database import last_saved
from switchhook.pbx.pbx_socket import in_words
from switchhook.pbx.user_listings import list_users
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Store

log = logging.getLogger("switchhook.pbx")

LOOK_SECONDS = 1.0
LOG_RESTS = 20  # so many times as long as a look into the log took: it may be large, and has no index
AT_ONCE = 4  # Connections read at the same time
IN_STEP = Plan(settling={})
NOBODY_LISTED = "The PBX listed no user at all: nobody was deleted."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When users are read. `settle`: for how long a difference must have stood still."""

    period_seconds: float = 300.0
    settle_seconds: float = 30.0
    failed_seconds: float = 60.0
    reload_seconds: float = 2.0  # a reload is told of module by module
    log_seconds: float = 15.0  # between two looks into FusionPBX's log


class Heard(Protocol):
    """What is looked at of a Line: whether it hears the PBX, and how often that said it reloaded."""

    @property
    def connection(self) -> Connection: ...
    @property
    def state(self) -> str: ...
    @property
    def reloads(self) -> int: ...


#: What a service's users are read from.
_Asked = tuple[DirectorySource, str, UserDatabase | None]


@dataclass(slots=True)
class _Reading:
    """One Connection's rhythm. `settling` is by service; `waits` are those of which something is soon due, `held` those
    whose list waits for a person; `saved`: what FusionPBX's log said last; `in_step`: when it was last written that a
    service's users differ in nothing."""

    reloads: int
    due_at_s: float = 0.0
    log_at_s: float = 0.0
    saved: str | None = None
    asked: Mapping[UUID, _Asked] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    settling: dict[UUID, Mapping[str, Settling]] = field(default_factory=dict)
    waits: set[UUID] = field(default_factory=set)
    held: set[UUID] = field(default_factory=set)
    in_step: dict[UUID, float] = field(default_factory=dict)

    def is_in_step(self, service: Service, rhythm: Rhythm) -> bool:
        """Whether that was written so lately that it need not be again: of three hundred domains few change."""
        written_s = self.in_step.get(service.id)
        return written_s is not None and monotonic() - written_s < rhythm.period_seconds

    def now_asked(self, asked: Mapping[UUID, _Asked]) -> None:
        """What services are read from: of another source nothing that was seen before counts, and it is due."""
        changed = [id_ for id_ in self.asked.keys() | asked.keys() if self.asked.get(id_) != asked.get(id_)]
        for id_ in changed:
            self.settling.pop(id_, None)
            self.waits.discard(id_)
            self.held.discard(id_)
            self.in_step.pop(id_, None)
        if changed:
            self.asked, self.due_at_s = asked, monotonic()


class Directories:
    """Runs until cancelled. `lines` gives what this engine owns."""

    def __init__(
        self, store: Store, current: CurrentConfiguration, lines: Callable[[], Mapping[UUID, Heard]],
        rhythm: Rhythm | None = None, *, most_users: int | None = None,
    ) -> None:
        """`most_users`: how many an account may have that has no number of its own."""
        self._store = store
        self._current = current
        self._lines = lines
        self._rhythm = rhythm or Rhythm()
        self._most_users = most_users
        self._readings: dict[UUID, _Reading] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        current.when_changed(self._perhaps_confirmed)

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

    def _perhaps_confirmed(self) -> None:
        """A person may have said what to do with a list that is held."""
        for reading in self._readings.values():
            if reading.held:
                reading.due_at_s = monotonic()

    def _look(self) -> None:
        lines = self._lines()
        for id_ in self._readings.keys() - lines.keys():
            if (task := self._readings.pop(id_).task) is not None:
                task.cancel()
        for id_, line in lines.items():
            self._look_at(id_, line, self._readings.setdefault(id_, _Reading(line.reloads)))

    def _look_at(self, id_: UUID, line: Heard, reading: _Reading) -> None:
        """Begin what is due. A database is there to be read also while the PBX is not."""
        rhythm, now_s, database = self._rhythm, monotonic(), self._current.value.user_databases.get(id_)
        services = [one for one in self._current.value.services.values()
                    if one.connection_id == id_ and one.directory_source is not DirectorySource.PORTAL]
        if line.reloads != reading.reloads:
            reading.reloads = line.reloads
            reading.due_at_s = min(reading.due_at_s, now_s + rhythm.reload_seconds)
        reading.now_asked({one.id: (one.directory_source, one.directory_scope, database) for one in services})
        if reading.task is not None and not reading.task.done():
            return
        in_tables = [one for one in services if one.directory_source is DirectorySource.FUSIONPBX]
        readable = services if line.state == "connected" else in_tables
        if in_tables and database is not None and now_s >= reading.log_at_s:
            reading.task = asyncio.create_task(self._look_into_log(database, reading), name="directory-log")
        elif readable and now_s >= reading.due_at_s:
            reading.due_at_s = inf  # what is told while it is read makes it due again
            reading.task = asyncio.create_task(
                self._read(line.connection, database, readable, reading), name="directory")

    async def _look_into_log(self, database: UserDatabase, reading: _Reading) -> None:
        """Read soon, if anything was saved since. A log that cannot be read is looked at as seldom as the users are:
        what is wrong, reading them says. One that takes long is looked at seldom, too."""
        rhythm, began_s = self._rhythm, monotonic()
        reading.log_at_s = began_s + rhythm.period_seconds
        try:
            saved = await last_saved(database)
        except PbxError:
            return
        now_s = monotonic()
        rest_seconds = (now_s - began_s) * LOG_RESTS
        reading.log_at_s = now_s + max(rhythm.log_seconds, min(rhythm.period_seconds, rest_seconds))
        if reading.saved is not None and saved != reading.saved:
            reading.due_at_s = min(reading.due_at_s, monotonic() + self._rhythm.reload_seconds)
        reading.saved = saved

    async def _read(
        self, connection: Connection, database: UserDatabase | None, services: Sequence[Service], reading: _Reading
    ) -> None:
        """Read what the services ask for, each source once, and say when it is due again."""
        rhythm, well = self._rhythm, len(services) == len(reading.asked)
        async with self._room:
            for source in sorted({one.directory_source for one in services}):
                of_source = [one for one in services if one.directory_source is source]
                try:
                    well &= await self._read_source(connection, database, source, of_source, reading)
                except StoreUnavailable:
                    well = False
                except Exception:
                    log.exception("pbx.directory_failed connection=%s source=%s", connection.id, source)
                    well = False
        reading.due_at_s = min(reading.due_at_s, monotonic() + (
            rhythm.settle_seconds / 2 if well and reading.waits
            else rhythm.period_seconds if well and not reading.held else rhythm.failed_seconds))

    async def _read_source(
        self, connection: Connection, database: UserDatabase | None, source: DirectorySource,
        services: Sequence[Service], reading: _Reading,
    ) -> bool:
        try:
            everybody = await list_users(connection, source, database)
        except (PbxError, OSError, TimeoutError) as error:
            for service in services:
                await self._problem(service, in_words(error, connection), reading)
            return False
        for service in services:
            await self._compare(service, everybody, reading)
        return True

    async def _compare(self, service: Service, everybody: Sequence[Listed], reading: _Reading) -> None:
        now = datetime.now(UTC)
        try:
            listed = in_scope(everybody, service.directory_scope or _tenant(service))
        except ScopeNeeded as error:
            await self._problem(service, str(error), reading)
            return
        if not listed:
            await self._problem(service, NOBODY_LISTED, reading)
            return
        users = {number: user for (service_id, number), user in self._current.value.users.items()
                 if service_id == service.id}
        settle = timedelta(seconds=self._rhythm.settle_seconds)
        if reading.is_in_step(service, self._rhythm) and plan(users, listed, {}, now, settle) == IN_STEP:
            reading.settling.pop(service.id, None)
            reading.waits.discard(service.id)
            return
        memory = await self._store.directory_memory(service)
        if memory.imported:
            planned = plan(users, listed, reading.settling.get(service.id, {}), now, settle, memory.confirmed)
        else:
            planned = first_import(users, listed, memory.confirmed)
        reading.settling[service.id] = {  # whom the account has no room for stays due, and is said so each time
            **planned.settling,
            **{one.extension_number: Settling(listed=one, since=now - settle) for one in planned.listed}}
        (reading.waits.add if planned.settling and not planned.held else reading.waits.discard)(service.id)
        (reading.held.add if planned.held else reading.held.discard)(service.id)
        reading.in_step.pop(service.id, None)
        changed = await self._store.apply_directory(
            service, planned, DirectoryReport(tried_at=now, read=True, users=len(listed)), self._most_users)
        if planned == IN_STEP:
            reading.in_step[service.id] = monotonic()
        if changed:
            log.info("pbx.directory service=%s changed=%s", service.id, changed)
            with suppress(StoreUnavailable):
                await self._current.refresh()

    async def _problem(self, service: Service, words: str, reading: _Reading) -> None:
        reading.in_step.pop(service.id, None)
        await self._store.report_directory(service, DirectoryReport(tried_at=datetime.now(UTC), problem=words))


def _tenant(service: Service) -> str:
    """FusionPBX: the domain is the tenant key, too."""
    of_domain = service.directory_source in (DirectorySource.FREESWITCH, DirectorySource.FUSIONPBX)
    return service.tenant_key if of_domain else ""
