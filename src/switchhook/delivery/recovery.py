"""Recovery: what an integration missed while it was disabled, and what did not reach its receiver, sent now.

Both are long errands. They walk through history in chunks, say after each how far they have come, and go no faster
than a receiver that has just come back can bear. Whoever takes one up after us begins where the last chunk ended;
what is done twice is harmless, because a Delivery's id follows from its Event and its Integration.

An engine may go on by the old configuration for a moment after an integration was enabled, so that what came in
that moment is looked for once more at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from switchhook.delivery.dispatcher import Dispatcher
from switchhook.delivery.errands import CannotDo, Handler, Result
from switchhook.domain.delivery import DeliveryState
from switchhook.domain.integration import Integration, why_not
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Errand, Store, Undelivered
from switchhook.store.rows import first_id, to_ms

CHUNK = 500  # rows of history looked at, and deliveries made due, at once
PER_SECOND = 50.0  # deliveries that one recovery makes due
AT_ONCE = 4  # recoveries that one engine does at a time
IN_FORCE_SECONDS = 5.0  # after so long every engine knows of an integration that was enabled
LATE = timedelta(minutes=1)  # how long before it is accepted an event may have happened
_BEGINNING = UUID(int=0)


class NotOurs(Exception):
    """The errand was paused, cancelled, or taken over: somebody else says how it goes on."""


class Recovery:
    """Does the errands `catch_up` and `redeliver_many`."""

    def __init__(
        self, *, store: Store, engine_id: UUID, current: CurrentConfiguration, dispatcher: Dispatcher,
        wake_collector: Callable[[], None], clock: Callable[[], datetime], per_second: float = PER_SECOND,
    ) -> None:
        self._store = store
        self._engine_id = engine_id
        self._current = current
        self._dispatcher = dispatcher
        self._wake_collector = wake_collector
        self._clock = clock
        self._per_second = per_second
        self._courses: dict[UUID, _Course] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By the kind of errand."""
        return {"catch_up": self._catch_up, "redeliver_many": self._redeliver_many}

    async def _catch_up(self, errand: Errand) -> Result | None:
        """First what was missed, then what failed; both since the moment that the person chose."""
        integration = self._integration(errand)
        since = _moment(errand.args["since_ms"])
        wanted = Undelivered(
            account_id=integration.account_id, integration_id=integration.id, since=since,
            until=self._clock())

        async def all_of_it(course: _Course) -> None:
            if course.step == "missed":
                await self._owe_missed(course, integration, since)
                await course.next_step("failed")
            await self._redeliver(course, wanted)

        return await self._take(errand, all_of_it)

    async def _redeliver_many(self, errand: Errand) -> Result | None:
        """What failed in a window of time, by what the person filtered."""
        if errand.account_id is None:
            raise CannotDo("An errand of this kind is an account's.")
        args = errand.args
        wanted = Undelivered(
            account_id=errand.account_id, since=_moment(args["since_ms"]), until=_moment(args["until_ms"]),
            integration_id=UUID(str(args["integration_id"])) if args.get("integration_id") else None,
            event_type=str(args.get("event_type") or ""))
        if args.get("state"):
            wanted = replace(wanted, states=wanted.states & {DeliveryState(str(args["state"]))})
        return await self._take(errand, lambda course: self._redeliver(course, wanted))

    async def _take(self, errand: Errand, way: Callable[[_Course], Awaitable[None]]) -> Result | None:
        """Go that way, when there is a place. A course outlives an outage of the database."""
        course = self._courses.setdefault(errand.id, _Course(self._store, self._engine_id, errand))
        async with self._places:
            try:
                await way(course)
            except NotOurs:
                del self._courses[errand.id]
                return None
            except CannotDo as error:
                del self._courses[errand.id]
                raise CannotDo(f"{error} {course.done:,} had been recovered.") from error
            del self._courses[errand.id]
            return course.result

    # -- missed ----------------------------------------------------------------------------------------------

    async def _owe_missed(self, course: _Course, integration: Integration, since: datetime) -> None:
        start = course.after if course.after != _BEGINNING else first_id(to_ms(since))
        in_force_at = course.created_at + timedelta(seconds=IN_FORCE_SECONDS)
        end = await self._owe_between(course, integration, start, self._clock())
        wait_seconds = (in_force_at - self._clock()).total_seconds()
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)
        late = first_id(to_ms(max(since, course.created_at - LATE)))
        await self._owe_between(course, integration, min(late, end), in_force_at)

    async def _owe_between(self, course: _Course, integration: Integration, after: UUID, until: datetime) -> UUID:
        """Owe what happened after that id and before that time; the id that it came to."""
        until_id = first_id(to_ms(until))
        while True:
            stretch = await self._store.missed_events(integration, after, until_id, CHUNK)
            configuration = self._current.value
            services, account = configuration.services, configuration.accounts[integration.account_id]
            wanting = self._still_enabled(integration)
            owed = [
                (event, self._dispatcher.owed_later(event, wanting)) for event in stretch.found
                if not why_not(
                    wanting, event, None if event.service_id is None else services.get(event.service_id), account)]
            made = await self._store.owe(owed)
            if stretch.end is not None:
                after = stretch.end
            await self._went_on(course, made, after)
            if stretch.end is None:
                return after

    def _still_enabled(self, integration: Integration) -> Integration:
        now = self._current.value.integrations.get(integration.id)
        if now is None or not now.enabled:
            raise CannotDo("The integration is disabled again.")
        return now

    # -- failed ----------------------------------------------------------------------------------------------

    async def _redeliver(self, course: _Course, wanted: Undelivered) -> None:
        while True:
            if wanted.integration_id is not None and wanted.integration_id in self._current.value.integrations:
                self._still_enabled(self._current.value.integrations[wanted.integration_id])
            stretch = await self._store.undelivered(wanted, course.after, CHUNK)
            count = 0
            if stretch.found:
                count = await self._store.redeliver(self._engine_id, stretch.found, wanted.account_id)
            await self._went_on(course, count, stretch.end or course.after)
            if stretch.end is None:
                return

    async def _went_on(self, course: _Course, count: int, after: UUID) -> None:
        """Say so; then rest for as long as the pace asks. Raises NotOurs."""
        if count:
            self._wake_collector()
        await course.went_on(count, after)
        if count:
            await asyncio.sleep(count / self._per_second)

    def _integration(self, errand: Errand) -> Integration:
        id_ = UUID(str(errand.args["integration_id"]))
        integration = self._current.value.integrations.get(id_)
        if integration is None or integration.account_id != errand.account_id:
            raise CannotDo(self._current.value.broken.get(id_, "There is no such integration."))
        return integration


class _Course:
    """How far a recovery has come, as it stands in its errand."""

    def __init__(self, store: Store, engine_id: UUID, errand: Errand) -> None:
        self._store = store
        self._engine_id = engine_id
        self._errand_id = errand.id
        self.created_at = errand.created_at
        total = errand.args.get("total")
        self._total = total if isinstance(total, int) else None
        done = errand.progress.get("done")
        self.done = done if isinstance(done, int) else 0
        self.step = str(errand.progress.get("step") or "missed")
        self.after = UUID(str(errand.progress.get("after") or _BEGINNING))

    @property
    def result(self) -> dict[str, object]:
        return {"done": self.done, "total": self._total, "step": self.step, "after": str(self.after)}

    async def next_step(self, step: str) -> None:
        """Go through history from its beginning once more, for something else. Raises NotOurs."""
        self.step = step
        await self.went_on(0, _BEGINNING)

    async def went_on(self, count: int, after: UUID) -> None:
        """So many more, up to that id. Raises NotOurs."""
        self.done += count
        self.after = after
        if not await self._store.progress_errand(self._engine_id, self._errand_id, self.result):
            raise NotOurs


def _moment(ms: object) -> datetime:
    return datetime.fromtimestamp(int(str(ms)) / 1000, UTC)
