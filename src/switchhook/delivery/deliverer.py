"""Attempts: the parcel whose turn it is is rendered, sent, judged, recorded.

What this engine holds of Deliveries is in the lanes; an attempt ends by exactly one of: it was made and is recorded;
the Delivery is cancelled (its integration is gone or disabled); it is put back (not now, or not by us).

A Delivery that is pending when its integration is disabled is cancelled, with that reason: a disabled integration
sends nothing, and a person who enables it again chooses what is caught up, by redelivering. Tests are sent anyhow.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from switchhook.delivery.lane import Parcel
from switchhook.delivery.lanes import Lanes
from switchhook.delivery.recorder import Recorder
from switchhook.delivery.returns import Returns
from switchhook.delivery.sender import Sender
from switchhook.delivery.timings import Timings
from switchhook.delivery.tracing import Tracing
from switchhook.domain.breaker import is_alive
from switchhook.domain.delivery import (
    Answer,
    Attempt,
    Delivery,
    DisableIntegration,
    NoAnswer,
    Problem,
    Request,
    Responded,
    Timing,
    name_of,
)
from switchhook.domain.errors import CannotRender
from switchhook.domain.event import Event
from switchhook.domain.integration import Integration
from switchhook.domain.judging import judge
from switchhook.domain.masking import without_secrets
from switchhook.domain.rendering import render
from switchhook.domain.service import Account
from switchhook.domain.templates import has_placeholders
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Recording

log = logging.getLogger(__name__)

SUSPENDED_AGAIN_SECONDS = 5.0  # how long a Delivery waits that we took up before its account was suspended
BROKEN_AGAIN_SECONDS = 60.0  # how long a Delivery waits whose integration cannot be read (a key is missing, say)


class Deliverer:
    """Makes attempts, as many at once as the lanes allow."""

    def __init__(
        self, *, engine_id: UUID, current: CurrentConfiguration, sender: Sender, recorder: Recorder, lanes: Lanes,
        returns: Returns, clock: Callable[[], datetime], jitter: Callable[[], float], sure: Callable[[], bool],
        tracing: Tracing,
    ) -> None:
        """`jitter`: at random between −1 and 1. `sure`: whether what we hold is still ours."""
        self._engine_id = engine_id
        self._current = current
        self._sender = sender
        self._recorder = recorder
        self._lanes = lanes
        self._returns = returns
        self._clock = clock
        self._jitter = jitter
        self._sure = sure
        self._tracing = tracing
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.broken_off: set[UUID] = set()  # deliveries whose attempt we did not see end
        self._gone: dict[UUID, str] = {}  # integrations that we are about to disable, and why
        self._timer: asyncio.TimerHandle | None = None
        self._timer_rings_at = 0.0  # kept by us: of a delay of 0 uvloop's handle knows no time
        self._known = dict(current.value.integrations) if current.loaded else {}
        self.verdicts: Counter[str] = Counter()
        self.first_delays, self.durations = Timings(), Timings()
        current.when_changed(self._forget_gone)
        current.when_changed(self._give_another_chance)

    def start_ready(self) -> None:
        """Start every attempt that may start now."""
        while (parcel := self._next()) is not None:
            task = asyncio.create_task(self._work(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        wait_seconds = self._lanes.wait_seconds() if self._may_start() else None  # else whoever says so starts us
        if wait_seconds is not None:
            self._look_again(wait_seconds)

    def _look_again(self, in_seconds: float) -> None:
        """Somebody waits for the time: a probe that is not due yet, or a pace."""
        loop = asyncio.get_running_loop()
        rings_at = loop.time() + in_seconds
        if self._timer is None or self._timer_rings_at > rings_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_rings_at = loop.call_later(in_seconds, self._timer_rang), rings_at

    def _timer_rang(self) -> None:
        self._timer = None
        self.start_ready()

    def _tell_rest(self, integration_id: UUID) -> None:
        """Have the portal know whether, and until when, the integration is left alone."""
        resting = self._lanes.resting(integration_id)
        if resting is None:
            self._returns.rest(integration_id, None)
            log.info("delivery.receiver_back integration=%s", integration_id)
            return
        now = self._clock()
        since, probe_at = (
            now - timedelta(seconds=resting.failing_seconds), now + timedelta(seconds=resting.probe_in_seconds))
        self._returns.rest(integration_id, (since, probe_at))
        log.warning("delivery.receiver_fails integration=%s probe_at=%s", integration_id, probe_at.isoformat())

    def _may_start(self) -> bool:
        return not self._stopped and not self._recorder.congested and self._sure()

    def _next(self) -> Parcel | None:
        return self._lanes.next() if self._may_start() else None

    def close(self) -> None:
        """Start nothing more."""
        self._stopped = True

    async def stop(self, grace_seconds: float) -> None:
        """Start nothing more. What is in flight may end within the grace; then it is broken off.

        What is broken off stays claimed and is not recorded: whether it arrived is unknown, so that it will be
        sent once more, as the next attempt, with the same `webhook-id`."""
        self._stopped = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, parcel: Parcel | None) -> None:
        """That parcel, and then whatever is next: a task for each would cost more."""
        while parcel is not None:
            alive: bool | None = None
            try:
                alive = await self._deliver(parcel)
            except asyncio.CancelledError:
                self.broken_off.add(parcel.delivery.id)
                raise
            except Exception:  # a bug: it must not take a place for ever, nor others with it
                log.exception("delivery.broke delivery=%s", parcel.delivery.id)
                self._returns.release(parcel.delivery.id, BROKEN_AGAIN_SECONDS)
            finally:
                if self._lanes.ended(parcel, alive=alive, jitter=self._jitter()):
                    self._tell_rest(parcel.delivery.integration_id)
            parcel = self._next()
            self.start_ready()

    async def _deliver(self, parcel: Parcel) -> bool | None:
        delivery, event = parcel.delivery, parcel.event
        configuration = self._current.value
        integration = configuration.integrations.get(delivery.integration_id)
        account = configuration.accounts.get(delivery.account_id)
        now = self._clock()
        if integration is None and delivery.integration_id in configuration.broken:
            self._returns.release(delivery.id, BROKEN_AGAIN_SECONDS)
        elif integration is None or account is None:
            self._returns.cancel(delivery.id, "the integration was deleted")
        elif account.suspended:
            self._returns.release(delivery.id, SUSPENDED_AGAIN_SECONDS)
        elif not event.is_test and (not integration.enabled or integration.id in self._gone):
            self._returns.cancel(delivery.id, "the integration is disabled")
        elif delivery.expires_at <= now:
            self._returns.release(delivery.id, 0.0)  # as it is fetched again, it expires
        else:
            return await self._attempt(parcel, integration, account, now)
        return None

    async def _attempt(
        self, parcel: Parcel, integration: Integration, account: Account, started_at: datetime
    ) -> bool | None:
        """Whether the receiver lives, by its answer; None: it tells nothing."""
        delivery, event = parcel.delivery, parcel.event
        request, answer = await self._exchange(delivery, event, integration, account, started_at)
        verdict = judge(
            answer, now=self._clock(), attempt=delivery.attempts, expires_at=delivery.expires_at, jitter=self._jitter(),
            url_has_placeholders=has_placeholders(integration.path_arguments))
        attempt = Attempt(
            delivery_id=delivery.id, number=delivery.attempts, started_at=started_at, request=request, answer=answer,
            verdict=verdict)
        self._recorder.record(Recording(
            owner=self._engine_id, attempt=attempt, integration_id=None if event.is_test else integration.id))
        if isinstance(verdict, DisableIntegration) and integration.id not in self._gone:
            self._gone[integration.id] = verdict.why
            self._returns.disable(integration.id, verdict.why)
        name = name_of(verdict)
        self.verdicts[name] += 1
        self._tracing.attempted(event, delivery, integration, started_at, answer, name)
        self.durations.add(answer.timing.total_ms / 1000)
        if delivery.attempts == 1:
            self.first_delays.add((started_at - delivery.created_at).total_seconds())
        log.info(
            "delivery.attempted delivery=%s event=%s type=%s account=%s integration=%s number=%s %s ms=%s verdict=%s%s",
            delivery.id, event.id, event.type.value, account.id, integration.id, delivery.attempts,
            f"status={answer.status}" if isinstance(answer, Responded) else f"problem={answer.problem.value}",
            answer.timing.total_ms, name, " test=1" if event.is_test else "")
        return is_alive(answer)

    async def _exchange(
        self, delivery: Delivery, event: Event, integration: Integration, account: Account, at: datetime
    ) -> tuple[Request | None, Answer]:
        try:
            request = render(integration, event, delivery_id=delivery.id, at=at)
        except CannotRender as error:
            return None, NoAnswer(problem=Problem.CANNOT_RENDER, detail=str(error), timing=Timing(total_ms=0))
        if traceparent := self._tracing.traceparent(event, delivery):
            request = replace(request, headers=(*request.headers, ("traceparent", traceparent)))
        answer = await self._sender.send(request, account=account, timeout_seconds=integration.timeout_seconds)
        return request, without_secrets(answer, request)

    def _give_another_chance(self) -> None:
        """Whoever was changed while it rested may work now."""
        integrations = self._current.value.integrations
        for id_ in self._lanes.all_resting():
            if integrations.get(id_) != self._known.get(id_):
                self._lanes.give_another_chance(id_)
                self._tell_rest(id_)
        self._known = dict(integrations)
        self.start_ready()

    def _forget_gone(self) -> None:
        """An integration that the configuration knows as disabled needs no note of ours; nor one enabled since."""
        integrations = self._current.value.integrations
        self._gone = {
            id_: why for id_, why in self._gone.items()
            if id_ in integrations and integrations[id_].enabled and not self._returns.was_disabled(id_)}
