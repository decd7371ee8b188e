"""Delivery as a whole: its parts joined, started and stopped in order. What the rest of the engine sees of it."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from switchhook.delivery.collector import Collector
from switchhook.delivery.deliverer import Deliverer
from switchhook.delivery.dispatcher import Dispatcher
from switchhook.delivery.errands import Errands, Handler
from switchhook.delivery.lanes import Lanes
from switchhook.delivery.recorder import Recorder
from switchhook.delivery.recovery import PER_SECOND, Recovery
from switchhook.delivery.returns import Returns
from switchhook.delivery.sender import Sender
from switchhook.delivery.tracing import NotTraced, Tracing
from switchhook.delivery.watch import Watch
from switchhook.domain.errors import StoreError
from switchhook.domain.event import Event
from switchhook.domain.recording_links import RecordingLinks
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Acceptance, Accepted, CallMemory, Store

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0  # for the last commits, when it stops


class DeliveryEngine:
    """From Event to receiver, in this incarnation of an engine. Make it in the running loop, with the configuration
    loaded; `run()` it, `stop()` it; it cannot be started again."""

    def __init__(
        self, *, store: Store, engine_id: UUID, current: CurrentConfiguration, inbox_url: str = "",
        egress_proxy: str = "", max_in_flight: int = 256, waiting_events_bytes: int = 64 * 1024 * 1024,
        nameservers: Sequence[str] = (), tls: ssl.SSLContext | None = None,
        handlers: Mapping[str, Handler] | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311 (no secret)
        lanes: Lanes | None = None, account_in_flight: int | None = None, recovered_per_second: float = PER_SECOND,
        sure: Callable[[], bool] = lambda: True, tracing: Tracing | None = None,
        recording_links: RecordingLinks | None = None,
    ) -> None:
        """`inbox_url`, `egress_proxy`: see `Sender`. `max_in_flight`: requests open at once; `account_in_flight`: of an
        account that has no quota of its own. `handlers`: see `Errands`. `sure`: whether no other engine can have
        taken over; while it is not, nothing is sent (see `go_on`)."""
        self.sender = Sender(inbox_url=inbox_url, egress_proxy=egress_proxy, nameservers=nameservers, tls=tls)
        self.lanes = lanes or Lanes(max_in_flight=max_in_flight)
        self.recorder = Recorder(
            store, engine_id, self._settled, waiting_events_bytes=waiting_events_bytes, recorded=self._start_ready)
        self._store = store
        self._tracing, self._clock = tracing, clock
        self._returns = Returns(store, engine_id)
        self._deliverer = Deliverer(
            engine_id=engine_id, current=current, sender=self.sender, recorder=self.recorder, lanes=self.lanes,
            returns=self._returns, clock=clock, jitter=jitter, sure=sure,
            tracing=tracing or NotTraced())
        self._collector = Collector(
            store=store, engine_id=engine_id, current=current, lanes=self.lanes, recorder=self.recorder,
            returns=self._returns, start_ready=self._start_ready, account_in_flight=account_in_flight)
        self._returns.wake = self._collector.wake
        current.when_woken(self._collector.wake)
        self.dispatcher = Dispatcher(current, self._collector.has_room, clock, recording_links)
        recovery = Recovery(
            store=store, engine_id=engine_id, current=current, dispatcher=self.dispatcher,
            wake_collector=self._collector.wake, clock=clock, per_second=recovered_per_second)
        self._errands = Errands(
            store=store, engine_id=engine_id, current=current, dispatcher=self.dispatcher, recorder=self.recorder,
            wake_collector=self._collector.wake, handlers=handlers, long_handlers=recovery.handlers)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def accept(
        self, events: Sequence[Event], calls: Sequence[CallMemory] = (), *, intake_keys: Sequence[str] = (),
        patient: bool = True,
    ) -> asyncio.Future[Accepted]:
        """Accept events as they came, together with what must be remembered of their calls, in one transaction.

        The future is done when it is committed; calls are committed in their order. `intake_keys`: one for each
        event from intake. Raises StoreUnavailable when too much waits for the database already; who is not
        `patient` gets it whenever the database is away. Then nothing of it was taken: the caller has it still.
        """
        keys = intake_keys or [""] * len(events)
        acceptances = [self.dispatcher.dispatch(event, intake_key=key) for event, key in zip(events, keys, strict=True)]
        return self.recorder.accept(acceptances, calls, patient=patient)

    def go_on(self) -> None:
        """We are sure again, or there may be something that others left."""
        self._collector.wake()
        self._start_ready()

    async def run(self) -> None:
        """Deliver, until `stop()` or until a part breaks: then that is raised."""
        runs = {"recorder": self.recorder.run(), "collector": self._collector.run(), "errands": self._errands.run(),
                "watch": Watch(self._store).run()}
        self._tasks = {name: asyncio.create_task(run, name=name) for name, run in runs.items()}
        self._collector.wake()
        try:
            done, _ = await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                if not task.cancelled():  # those are cancelled by `stop`, one after the other
                    task.result()
        finally:
            await self._cancel(*self._tasks)

    async def stop(self, grace_seconds: float) -> None:
        """Take nothing more; let what is in flight end within the grace; give back the rest; write what is to be
        written. Bounded also while the database is away: then what we hold is taken over once we count as dead."""
        deadline = asyncio.get_running_loop().time() + grace_seconds + DRAIN_SECONDS
        self._collector.close()
        self._deliverer.close()
        await self._cancel("watch", "errands", "collector")
        await self._deliverer.stop(grace_seconds)
        try:
            async with asyncio.timeout_at(deadline):
                await self.recorder.drain()
                await self._collector.give_back_all(self._deliverer.broken_off)
        except (TimeoutError, StoreError) as error:
            log.warning("delivery.stopped_with_rest reason=%s", str(error) or "the database is away")
        await self._cancel("recorder")
        await self.sender.close()

    async def abandon(self) -> None:
        """Another engine has taken over (OwnershipLost): send nothing more and write nothing more, at once."""
        self._collector.close()
        await self._cancel(*self._tasks)
        await self._deliverer.stop(0)
        await self.sender.close()

    @property
    def delivered(self) -> int:
        """How many attempts were answered well, and are recorded or about to be."""
        return self._deliverer.verdicts["delivered"]

    def measurements(self) -> dict[str, float]:
        """Samples for metrics, by name (with labels): see `intake/metrics.py`."""
        verdicts = {f'switchhook_attempts_total{{verdict="{name}"}}': float(count)
                    for name, count in sorted(self._deliverer.verdicts.items())}
        waiting = {f'switchhook_deliveries_waiting{{lane="{lane}"}}': float(count)
                   for lane, count in self.lanes.waiting_by_lane().items()}
        return {
            "switchhook_events_accepted_total": float(self.recorder.accepted),
            **verdicts,
            "switchhook_attempts_late_total": float(self.recorder.late),
            **self._deliverer.first_delays.samples("switchhook_first_attempt_delay_seconds"),
            **self._deliverer.durations.samples("switchhook_attempt_duration_seconds"),
            "switchhook_deliveries_in_flight": float(self.lanes.in_flight),
            **waiting,
            "switchhook_integrations_resting": float(len(self.lanes.all_resting())),
            "switchhook_events_waiting_bytes": float(self.recorder.waiting_bytes),
            "switchhook_database_up": float(not self.recorder.store_away),
            "switchhook_database_failures_total": float(self.recorder.outages),
        }

    async def _cancel(self, *names: str) -> None:
        tasks = [self._tasks[name] for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _settled(self, acceptance: Acceptance, is_new: bool) -> None:
        self._collector.take(acceptance, is_new)
        if is_new and self._tracing is not None:
            now, deliveries = self._clock(), acceptance.deliveries
            began_at = deliveries[0].created_at if deliveries else now
            self._tracing.accepted(acceptance.event, began_at, now, len(deliveries))

    def _start_ready(self) -> None:
        self._deliverer.start_ready()
