"""The engine, built from the settings: what it is made of, in which order it starts, in which order it stops."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import uvloop

from switchhook.delivery.engine import DeliveryEngine
from switchhook.domain.errors import OwnershipLost, SettingsError, StoreUnavailable, SwitchhookError
from switchhook.domain.service import Platform
from switchhook.inbox import InboxListener
from switchhook.intake import Intake
from switchhook.log_lines import log_to_stderr
from switchhook.pbx.capture import capture
from switchhook.pbx.fleet import Fleet
from switchhook.pbx.pbx_errands import PbxErrands
from switchhook.settings import Settings, listen_pair
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Store
from switchhook.upkeep import keep_within_quotas, prune_old

log = logging.getLogger("switchhook.engine")

STOP_SECONDS = 12.0  # what is in flight may take so long to end; with the last commits, less than the supervisor allows
AWAY_SECONDS = 1.0
PARTITION_DAYS_AHEAD = 7
UPKEEP_SECONDS = 3600.0
TRY_AGAIN = 75  # the exit code that says: start a new incarnation


class Engine:
    """One incarnation of an engine: from its heartbeat's first beat to its last."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.id: UUID = uuid4()
        self._store: Store = open_store(settings.database, settings.keys())
        self._current = CurrentConfiguration(self._store)
        self._stop = asyncio.Event()
        self._beaten_at: datetime | None = None

    def stop(self) -> None:
        """Ask it to end: `run` returns when what is in flight has ended."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop()`. Raises OwnershipLost when another engine declared this one dead, SchemaMismatch
        when the database is not this release's."""
        await self._until_there(self._store.open)
        try:
            await self._until_there(lambda: self._store.begin_incarnation(self.id, socket.gethostname(), os.getpid()))
            await self._until_there(self._current.load)
            if self._current.loaded and self._current.value.no_key_fits:
                raise SettingsError(f"None of the stored secrets opens. {self._current.value.no_key_fits}")
            await self._until_there(lambda: self._store.make_partitions(PARTITION_DAYS_AHEAD))
            if not self._stop.is_set():
                await self._run_parts()
        finally:
            await self._store.close()

    async def _run_parts(self) -> None:
        settings, store, current = self._settings, self._store, self._current
        errands = PbxErrands(current)
        delivery = DeliveryEngine(
            store=store,
            engine_id=self.id,
            current=current,
            inbox_url=settings.inbox_base_url,
            max_in_flight=settings.deliveries_in_flight,
            account_in_flight=settings.account_in_flight,
            waiting_events_bytes=settings.waiting_events_bytes,
            handlers=errands.handlers(),
        )
        errands.accept_with(delivery.accept)
        fleet = Fleet(store, current, delivery.accept, self.id)
        intake = Intake(
            current=current,
            accept=delivery.accept,
            account_per_second=settings.account_events_per_second,
            not_ready=self._why_not_ready,
            measure=lambda: self._measurements(delivery, fleet),
        )
        inbox = InboxListener(store)
        async with AsyncExitStack() as listening, asyncio.TaskGroup() as parts:
            running: dict[str, asyncio.Task[None]] = {}

            def begin(name: str, part: Coroutine[object, object, None]) -> None:
                running[name] = parts.create_task(part, name=name)

            begin("heart", self._beat())
            begin("configuration", current.watch())
            begin("upkeep", self._upkeep())
            begin("delivery", delivery.run())
            begin("fleet", fleet.run())
            for listener, address in ((intake, settings.intake_listen), (inbox, settings.inbox_listen)):
                await listener.start(*listen_pair(address))
                listening.push_async_callback(listener.stop)
            log.info(
                "engine.started engine=%s intake=%s inbox=%s", self.id, settings.intake_listen, settings.inbox_listen
            )
            try:
                await self._stop.wait()
            except asyncio.CancelledError:  # a part has failed: nothing more may be sent in this one's name
                await delivery.abandon()
                raise
            log.info("engine.stopping engine=%s", self.id)
            await intake.stop()
            await _end(running["fleet"])
            await delivery.stop(STOP_SECONDS)
            for task in running.values():
                await _end(task)
        with suppress(StoreUnavailable):
            await store.end_incarnation(self.id)
        log.info("engine.stopped engine=%s", self.id)

    # -- what goes on beside -----------------------------------------------------------
    async def _beat(self) -> None:
        """Beat, and bury the dead: one after the other, so that who could not beat for a while knows it.

        Then the others could not either, perhaps, and hold events in memory: they get time to beat before anybody
        is buried."""
        back_at: datetime | None = None
        dead_after = timedelta(seconds=self._settings.dead_after_seconds)
        while True:
            with suppress(StoreUnavailable):
                await self._store.beat(self.id)
                now = datetime.now(UTC)
                if self._beaten_at is not None and now - self._beaten_at > dead_after / 2:
                    back_at = now
                self._beaten_at = now
                if back_at is None or now - back_at > dead_after:
                    for dead in await self._store.bury_dead(self._settings.dead_after_seconds, self.id):
                        log.warning("engine.buried engine=%s", dead)
            await asyncio.sleep(self._settings.heartbeat_seconds)

    async def _upkeep(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._store.make_partitions(PARTITION_DAYS_AHEAD)
                accounts = list(self._current.value.accounts.values())
                await prune_old(self._store, accounts, datetime.now(UTC))
                await keep_within_quotas(self._store, accounts, self._settings.account_stored_mib)
            await asyncio.sleep(UPKEEP_SECONDS)

    def _why_not_ready(self) -> list[str]:
        """Why this engine does not do its work, for /readyz; nothing when it does."""
        if self._beaten_at is None:
            return ["it is starting"]
        if datetime.now(UTC) - self._beaten_at > timedelta(seconds=self._settings.dead_after_seconds):
            return ["the database is away"]
        return []

    def _measurements(self, delivery: DeliveryEngine, fleet: Fleet) -> Mapping[str, float]:
        states = [line.state for line in fleet.lines.values()]
        return {
            **delivery.measurements(),
            "switchhook_connections_owned": float(len(states)),
            "switchhook_connections_up": float(states.count("connected")),
            "switchhook_pbx_messages_total": float(sum(line.ear.messages for line in fleet.lines.values())),
        }

    async def _until_there(self, attempt: Callable[[], Awaitable[object]]) -> None:
        while not self._stop.is_set():
            try:
                await attempt()
                return
            except StoreUnavailable as error:
                log.warning("engine.waits_for_database reason=%s", error)
                await asyncio.sleep(AWAY_SECONDS)


def run_engine(settings: Settings) -> int:
    """`switchhook engine`: run until SIGTERM or SIGINT. Returns the exit code."""
    log_to_stderr(settings.log_level)
    return uvloop.run(_run_engine(settings))


async def _run_engine(settings: Settings) -> int:
    engine = Engine(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, engine.stop)
    failed = 0
    try:
        await engine.run()
    except* OwnershipLost:
        log.error("engine.ownership_lost engine=%s", engine.id)
        failed = TRY_AGAIN
    except* (SwitchhookError, OSError) as errors:
        for error in errors.exceptions:
            log.error("engine.failed %s", error)
        failed = failed or 1
    return failed


def capture_connection(settings: Settings, name_or_id: str, out: Path, seconds: float) -> int:
    """`switchhook capture`: record what the PBX of that Connection sends. Returns the exit code."""

    async def run() -> tuple[int, str]:
        store = open_store(settings.database, settings.keys())
        await store.open()
        try:
            connections = (await store.load_configuration()).connections.values()
        finally:
            await store.close()
        found = [one for one in connections if name_or_id in (one.name, str(one.id))]
        if len(found) != 1:
            names = ", ".join(f"“{one.name}”" for one in connections) or "none"
            many = "more than one" if found else "no"
            raise SettingsError(f"There is {many} Connection “{name_or_id}”; there are: {names}.")
        platform = " --platform freeswitch" if found[0].platform is Platform.FREESWITCH else ""
        return await capture(found[0], out, seconds), f"switchhook replay {out}{platform}"

    try:
        count, replay = asyncio.run(run())
    except KeyboardInterrupt:
        print(f"\nRecorded into {out}.")
        return 0
    except OSError as error:
        raise SwitchhookError(f"The PBX does not answer: {error}.") from error
    print(f"Recorded {count} messages into {out}; look at them with `{replay}`.")
    return 0


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
