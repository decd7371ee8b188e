"""The Store on any SQL database: each method is one transaction of `work`, run by what knows the connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from switchhook.domain.claiming import UnclaimedCall
from switchhook.domain.delivery import Delivery
from switchhook.domain.directory import DirectoryMemory, DirectoryReport, Plan
from switchhook.domain.errors import OwnershipLost, SchemaMismatch
from switchhook.domain.event import Event
from switchhook.domain.failing import Failing, NoticeKind
from switchhook.domain.integration import Integration
from switchhook.domain.service import Service
from switchhook.store.dialect import Query, Work
from switchhook.store.ports import (
    Acceptance,
    Accepted,
    CallMemory,
    CallRecord,
    Claimed,
    Configuration,
    ConnectionReport,
    Errand,
    Gap,
    Inbox,
    InboxRequest,
    Recording,
    Stretch,
    Undelivered,
)
from switchhook.store.work import (
    accepting,
    bodies,
    calls,
    catching_up,
    claiming,
    configuration,
    connections,
    directories,
    disabling,
    errands,
    inboxes,
    incarnations,
    recording,
    tallying,
    upkeep,
    weighing,
)

T = TypeVar("T")

#: The schema that this release was written for. It runs on the next one's, too: that is how releases are rolled out.
SCHEMA_NUMBER = 5

#: Finds the engine of that id (a UUID, as the database has it), while it counts as alive.
ALIVE = "SELECT 1 FROM engine WHERE id = '{}'"


class SqlStore(ABC):
    """What SQLite and PostgreSQL have in common; `ports.Store` says what each method means."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._fence: UUID | None = None  # the engine that must be alive for anything to be written

    @abstractmethod
    async def write(self, work: Work[T], *, fenced: bool = True) -> T:
        """Do the work in one transaction, committed when this returns. Raises OwnershipLost behind the fence, unless
        the work itself sees to it that a dead engine changes nothing."""

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing."""

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def wait_for_change(self, timeout_seconds: float) -> None: ...

    @abstractmethod
    async def make_partitions(self, days_ahead: int) -> None: ...

    # -- life -----------------------------------------------------------------------------------

    async def begin_incarnation(self, engine_id: UUID, host: str, pid: int) -> None:
        await self.write(incarnations.begin(engine_id, host, pid))

    def fence(self, engine_id: UUID) -> None:
        self._fence = engine_id

    async def beat(self, engine_id: UUID) -> None:
        if not await self.write(incarnations.beat(engine_id)):
            raise OwnershipLost

    async def end_incarnation(self, engine_id: UUID) -> None:
        await self.write(incarnations.end(engine_id))

    async def bury_dead(self, dead_after_seconds: float, engine_id: UUID | None = None) -> list[UUID]:
        return await self.write(incarnations.bury_dead(dead_after_seconds, engine_id))

    # -- configuration --------------------------------------------------------------------------

    async def configuration_version(self) -> int:
        return await self.read(configuration.version())

    async def load_configuration(self) -> Configuration:
        return await self.read(configuration.load(self._keys))

    async def disable_integration(self, integration_id: UUID, reason: str) -> None:
        await self.write(disabling.disable_integration(integration_id, reason))

    # -- the way of an event --------------------------------------------------------------------

    async def accept(
        self, engine_id: UUID, batch: Sequence[Acceptance], calls: Sequence[CallMemory] = (),
        errand_id: UUID | None = None, errand_result: Mapping[str, object] | None = None,
    ) -> Accepted:
        return await self.write(accepting.accept(engine_id, batch, calls, errand_id, errand_result))

    async def claim(self, engine_id: UUID, limit: int, *, firsts: bool, skip: Collection[UUID] = ()) -> list[Claimed]:
        return await self.write(claiming.claim(engine_id, limit, firsts, skip))

    async def next_due_seconds(self) -> float | None:
        return await self.read(claiming.next_due_seconds())

    async def release(self, engine_id: UUID, delivery_ids: Sequence[UUID], due_in_seconds: float = 0.0) -> None:
        if delivery_ids:
            await self.write(claiming.release(engine_id, delivery_ids, due_in_seconds))

    async def held(self, engine_id: UUID) -> frozenset[UUID]:
        return await self.read(claiming.held(engine_id))

    async def cancel(self, delivery_ids: Sequence[UUID], why: str, account_id: UUID | None = None) -> int:
        return await self.write(recording.cancel(delivery_ids, why, account_id))

    async def record(self, batch: Sequence[Recording]) -> list[bool]:
        return await self.write(recording.record(batch), fenced=False) if batch else []

    async def earlier_firsts_pending(self, delivery_ids: Sequence[UUID]) -> frozenset[UUID]:
        return await self.read(claiming.earlier_firsts_pending(delivery_ids))

    # -- how integrations do --------------------------------------------------------------------

    async def rest(self, integration_id: UUID, since: datetime | None, probe_at: datetime | None) -> None:
        await self.write(tallying.rest(integration_id, since, probe_at))

    async def failing(self, at_least: int) -> list[Failing]:
        return await self.read(tallying.failing(at_least))

    async def give_notice(self, integration_id: UUID, kind: NoticeKind, since: datetime, detail: str) -> None:
        await self.write(tallying.give_notice(integration_id, kind, since, detail))

    # -- errands --------------------------------------------------------------------------------

    async def claim_errands(self, engine_id: UUID, limit: int) -> list[Errand]:
        return await self.write(errands.claim(engine_id, limit))

    async def finish_errand(self, errand_id: UUID, *, ok: bool, result: Mapping[str, object]) -> None:
        await self.write(errands.finish(errand_id, ok, result))

    async def redeliver(self, engine_id: UUID, delivery_ids: Sequence[UUID], account_id: UUID) -> int:
        return await self.write(recording.redeliver(delivery_ids, account_id))

    async def progress_errand(self, engine_id: UUID, errand_id: UUID, progress: Mapping[str, object]) -> bool:
        return await self.write(errands.progress(engine_id, errand_id, progress))

    # -- catching up ----------------------------------------------------------------------------

    async def missed_events(self, integration: Integration, after: UUID, until: UUID, limit: int) -> Stretch[Event]:
        return await self.read(catching_up.missed_events(integration, after, until, limit))

    async def owe(self, owed: Sequence[tuple[Event, Delivery]]) -> int:
        return await self.write(catching_up.owe(owed)) if owed else 0

    async def undelivered(self, wanted: Undelivered, after: UUID, limit: int) -> Stretch[UUID]:
        return await self.read(catching_up.undelivered(wanted, after, limit))

    # -- PBX connections ------------------------------------------------------------------------

    async def own_connection(self, engine_id: UUID, connection_id: UUID) -> bool:
        return await self.write(incarnations.own_connection(engine_id, connection_id))

    async def disown_connection(self, engine_id: UUID, connection_id: UUID) -> None:
        await self.write(incarnations.disown_connection(engine_id, connection_id))

    async def last_heard_at(self, connection_id: UUID) -> datetime | None:
        return await self.read(connections.last_heard_at(connection_id))

    async def report_connection(self, report: ConnectionReport) -> None:
        await self.write(connections.report(report))

    async def record_gap(self, gap: Gap) -> None:
        await self.write(connections.record_gap(gap))

    async def keep_unclaimed(self, connection_id: UUID, calls: Sequence[UnclaimedCall], keep: int) -> None:
        await self.write(connections.keep_unclaimed(connection_id, calls, keep))

    async def open_calls(self, connection_id: UUID) -> list[CallMemory]:
        return await self.read(connections.open_calls(connection_id))

    async def forget_calls(self, connection_id: UUID, keys: Sequence[str]) -> None:
        await self.write(connections.forget_calls(connection_id, keys))

    async def keep_calls(self, batch: Sequence[CallRecord]) -> None:
        await self.write(calls.keep(batch))

    # -- users that come from a PBX -------------------------------------------------------------

    async def directory_memory(self, service: Service) -> DirectoryMemory:
        return await self.read(directories.memory(service))

    async def apply_directory(
        self, service: Service, plan: Plan, told: DirectoryReport, most_users: int | None = None
    ) -> int:
        return await self.write(directories.apply(service, plan, told, most_users))

    async def report_directory(self, service: Service, told: DirectoryReport) -> None:
        await self.write(directories.report(service, told))

    # -- request inbox --------------------------------------------------------------------------

    async def inbox(self, inbox_id: UUID) -> Inbox | None:
        return await self.read(inboxes.inbox(inbox_id))

    async def keep_inbox_request(self, request: InboxRequest, keep: int = 100) -> None:
        await self.write(inboxes.keep_request(request, keep))

    # -- upkeep and health ----------------------------------------------------------------------

    async def prune(self, before: datetime, limit: int, account_id: UUID | None = None) -> int:
        return await self.write(upkeep.prune(before, limit, account_id))

    async def overdue_seconds(self) -> float:
        return await self.read(claiming.overdue_seconds())

    async def weigh(self, account_id: UUID) -> int:
        weight = await self.read(weighing.weigh(account_id))  # counting must keep nobody from writing
        await self.write(weighing.note(account_id, weight))
        return weight

    async def excess_until(self, account_id: UUID, share: float) -> datetime | None:
        return await self.read(weighing.excess_until(account_id, share))

    async def drop_bodies(self, before: datetime, limit: int, account_id: UUID) -> int:
        return await self.write(bodies.drop_bodies(before, limit, account_id))

    async def backlog(self) -> Mapping[str, int]:
        return await self.read(upkeep.backlog())


def check_schema() -> Work[None]:
    """Raise SchemaMismatch when the database is of neither this release's schema nor the next one's."""
    rows = yield Query("SELECT number FROM engine_schema", {})
    number = rows[0][0] if rows else 0
    if number not in (SCHEMA_NUMBER, SCHEMA_NUMBER + 1):
        raise SchemaMismatch(
            f"the database has schema {number}, and this release needs {SCHEMA_NUMBER}: run `switchhook migrate`.")
