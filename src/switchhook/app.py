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
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import uvloop

from switchhook import measuring
from switchhook.delivery.engine import DeliveryEngine
from switchhook.domain.errors import OwnershipLost, SettingsError, StoreError, StoreUnavailable, SwitchhookError
from switchhook.domain.recording_links import RecordingLinks
from switchhook.domain.service import Platform
from switchhook.garbage import collect_seldom, collect_young
from switchhook.inbox import InboxListener
from switchhook.intake import Intake
from switchhook.log_lines import log_to_stderr
from switchhook.pbx.capture import capture
from switchhook.pbx.directories import Directories
from switchhook.pbx.fleet import Fleet
from switchhook.pbx.pbx_errands import PbxErrands
from switchhook.settings import Settings, listen_pair
from switchhook.store import open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Store
from switchhook.upkeep import drop_old_bodies, keep_within_quotas, prune_old

if TYPE_CHECKING:  # its packages are an extra
    from switchhook.opentelemetry import Traced

log = logging.getLogger("switchhook.engine")

STOP_SECONDS = 12.0  # what is in flight may take so long to end; with the last commits, less than the supervisor allows
AWAY_SECONDS = 1.0
PARTITION_DAYS_AHEAD = 7
UPKEEP_SECONDS = 3600.0
BACKLOG_SECONDS = 15.0
TRY_AGAIN = 75  # the exit code that says: start a new incarnation


class Engine:
    """One incarnation of an engine: from its heartbeat's first beat to its last."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.id: UUID = uuid4()
        self._store: Store = open_store(
            settings.database, settings.keys(), listen_url=settings.database_listen_url,
            answer_seconds=settings.database_timeout_seconds)
        self._current = CurrentConfiguration(self._store)
        self._stop = asyncio.Event()
        self._sure_until_s = 0.0  # by the loop's clock: until then nobody can have buried us
        self._begun = False
        self._traced = _traced(self.id, settings)
        self._backlog: Mapping[str, float] = {}

    def stop(self) -> None:
        """Ask it to end: `run` returns when what is in flight has ended."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop()`. Raises OwnershipLost when another engine declared this one dead, SchemaMismatch
        when the database is not this release's."""
        await self._until_there(self._store.open)
        try:
            await self._until_there(lambda: self._store.begin_incarnation(self.id, socket.gethostname(), os.getpid()))
            self._store.fence(self.id)
            await self._until_there(self._current.load)
            if self._current.loaded and self._current.value.no_key_fits:
                raise SettingsError(f"None of the stored secrets opens. {self._current.value.no_key_fits}")
            await self._until_there(lambda: self._store.make_partitions(PARTITION_DAYS_AHEAD))
            if not self._stop.is_set():
                await self._run_parts()
        finally:
            await self._store.close()
            if self._traced is not None:
                await asyncio.to_thread(self._traced.close)

    async def _run_parts(self) -> None:
        settings, store, current = self._settings, self._store, self._current
        errands = PbxErrands(current)
        delivery = DeliveryEngine(
            store=store,
            engine_id=self.id,
            current=current,
            inbox_url=settings.inbox_base_url,
            egress_proxy=settings.egress_proxy,
            max_in_flight=settings.deliveries_in_flight,
            account_in_flight=settings.account_in_flight,
            waiting_events_bytes=settings.waiting_events_bytes,
            handlers=errands.handlers(),
            sure=self._is_sure,
            tracing=self._traced,
            recording_links=_recording_links(settings),
        )
        errands.accept_with(delivery.accept)
        fleet = Fleet(store, current, delivery.accept, self.id)
        directories = Directories(store, current, lambda: fleet.lines, most_users=settings.account_users)
        intake = Intake(
            current=current,
            accept=delivery.accept,
            not_ready=lambda: self._why_not_ready(delivery),
            account_per_second=settings.account_events_per_second,
            measure=lambda: self._measurements(delivery, fleet),
        )
        inbox = InboxListener(store)
        async with AsyncExitStack() as listening, asyncio.TaskGroup() as parts:
            running: dict[str, asyncio.Task[None]] = {}

            def begin(name: str, part: Coroutine[object, object, None]) -> None:
                running[name] = parts.create_task(part, name=name)

            begin("heart", self._beat(delivery, fleet))
            begin("configuration", current.watch())
            begin("upkeep", self._upkeep())
            begin("backlog", self._look_at_backlog())
            begin("garbage", collect_young())
            begin("delivery", delivery.run())
            begin("fleet", fleet.run())
            begin("directories", directories.run())
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
        with suppress(StoreError):
            await store.end_incarnation(self.id)
        log.info("engine.stopped engine=%s", self.id)

    # -- what goes on beside -----------------------------------------------------------
    async def _beat(self, delivery: DeliveryEngine, fleet: Fleet) -> None:
        """Beat, and bury the dead: one after the other, so that who could not beat for a while knows it.

        Then the others could not either, perhaps, and hold events in memory: they get time to beat before anybody
        is buried."""
        clock = asyncio.get_running_loop().time
        dead_after = self._settings.dead_after_seconds
        beaten_s, bury_from_s = clock(), 0.0
        while True:
            with suppress(StoreUnavailable):
                sent_s = clock()
                await self._store.beat(self.id)
                was_sure = self._is_sure()  # now: the answer may have taken long
                if clock() - beaten_s > dead_after / 2:
                    bury_from_s = clock() + dead_after
                beaten_s, self._sure_until_s, self._begun = clock(), sent_s + dead_after, True
                buried = [] if beaten_s < bury_from_s else await self._store.bury_dead(dead_after, self.id)
                for dead in buried:
                    log.warning("engine.buried engine=%s", dead)
                if buried:
                    fleet.look_again()
                if buried or not was_sure:
                    delivery.go_on()
            await asyncio.sleep(self._settings.heartbeat_seconds)

    def _is_sure(self) -> bool:
        """Whether nobody can have taken over what we hold: we have beaten lately, as everybody else reckons. After a
        freeze that is not so, until the next beat has told us."""
        return asyncio.get_running_loop().time() < self._sure_until_s

    async def _upkeep(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._store.make_partitions(PARTITION_DAYS_AHEAD)
                accounts = list(self._current.value.accounts.values())
                await prune_old(self._store, accounts, datetime.now(UTC))
                await drop_old_bodies(self._store, accounts, datetime.now(UTC))
                await keep_within_quotas(self._store, accounts, self._settings.account_stored_mib)
            await asyncio.sleep(UPKEEP_SECONDS)

    def _why_not_ready(self, delivery: DeliveryEngine) -> list[str]:
        """Why this engine does not do its work, for /readyz; nothing when it does."""
        if not self._begun:
            return ["it is starting"]
        return [] if self._is_sure() and not delivery.recorder.store_away else ["the database is away"]

    def _measurements(self, delivery: DeliveryEngine, fleet: Fleet) -> Mapping[str, float]:
        return {
            **delivery.measurements(), "switchhook_engine_sure": float(self._is_sure()), **self._backlog,
            **measuring.of_connections(fleet), **measuring.of_process()}

    async def _look_at_backlog(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                self._backlog = measuring.of_backlog(await self._store.backlog(), await self._store.overdue_seconds())
            await asyncio.sleep(BACKLOG_SECONDS)

    async def _until_there(self, attempt: Callable[[], Awaitable[object]]) -> None:
        while not self._stop.is_set():
            try:
                await attempt()
                return
            except StoreUnavailable as error:
                log.warning("engine.waits_for_database reason=%s", error)
                await asyncio.sleep(AWAY_SECONDS)


def _recording_links(settings: Settings) -> RecordingLinks | None:
    """Links to recordings, where others can reach the portal."""
    if not settings.public_url:
        return None
    return RecordingLinks(portal_url=settings.portal_url, keys=settings.keys(),
                          valid=timedelta(days=settings.recording_link_days))


def _traced(engine_id: UUID, settings: Settings) -> Traced | None:
    """Traces, where OpenTelemetry's own variables say whither. Raises SettingsError when its packages are missing."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return None
    try:
        from switchhook.opentelemetry import Traced
    except ImportError as error:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: `pip install "
            "'switchhook[tracing]'`, or unset it.") from error
    return Traced(engine_id, send_traceparent=settings.send_traceparent)


def run_engine(settings: Settings) -> int:
    """`switchhook engine`: run until SIGTERM or SIGINT. Returns the exit code."""
    log_to_stderr(settings.log_level)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # that the database is away is said once, by the recorder
    collect_seldom()
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
