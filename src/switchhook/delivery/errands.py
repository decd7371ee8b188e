"""What people asked for: errands are claimed, done, and their result is written for the page that waits.

An errand may be done twice (an engine died over it): everything here is harmless the second time, because
what it makes is named after the errand.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from switchhook.delivery.dispatcher import Dispatcher
from switchhook.delivery.example import example_event
from switchhook.delivery.recorder import Recorder
from switchhook.domain.catalogue import EventType, Field, Value
from switchhook.domain.errors import StoreUnavailable, SwitchhookError
from switchhook.domain.event import Event, timed_id
from switchhook.domain.integration import Integration
from switchhook.domain.service import Account, Service
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Errand, Store

log = logging.getLogger(__name__)

AT_ONCE = 16
CHUNK = 500  # deliveries redelivered or cancelled in one transaction
AWAY_SECONDS = 0.5
LOOK_SECONDS = 5.0  # the longest time without a look

Result = Mapping[str, object]
#: Does an errand of one kind; returns its result. None: the errand has been closed already, together with its work.
Handler = Callable[[Errand], Awaitable[Result | None]]


class CannotDo(SwitchhookError):
    """The errand cannot be done as it was asked. Its text is for the person who asked."""


class Errands:
    """Does errands, some at once. `handlers` has those of kinds that belong elsewhere (test_connection, test_call)."""

    def __init__(
        self, *, store: Store, engine_id: UUID, current: CurrentConfiguration, dispatcher: Dispatcher,
        recorder: Recorder, wake_collector: Callable[[], None], handlers: Mapping[str, Handler] | None = None,
        long_handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        """`long_handlers` have those of kinds that take long: they take no place away from the others."""
        self._store = store
        self._engine_id = engine_id
        self._current = current
        self._dispatcher = dispatcher
        self._recorder = recorder
        self._wake_collector = wake_collector
        self._handlers: dict[str, Handler] = {
            "user_changed": self._user_changed, "send_test": self._send_test,
            "test_event": self._test_event, "redeliver": self._redeliver, "cancel": self._cancel,
            **(handlers or {}), **(long_handlers or {})}
        self._long_kinds = frozenset(long_handlers or {})
        self._tasks: set[asyncio.Task[None]] = set()
        self._short_tasks = 0
        self._wake = asyncio.Event()
        current.when_woken(self.wake)

    def wake(self) -> None:
        """There may be errands."""
        self._wake.set()

    async def run(self) -> None:
        """Do errands, until cancelled; what was begun is then broken off and done anew by whoever comes next."""
        try:
            while True:
                room = AT_ONCE - self._short_tasks
                claimed: Sequence[Errand] = ()
                with suppress(StoreUnavailable):
                    claimed = await self._store.claim_errands(self._engine_id, room) if room else ()
                for errand in claimed:
                    task = asyncio.create_task(self._do(errand), name=errand.kind)
                    self._tasks.add(task)
                    self._short_tasks += errand.kind not in self._long_kinds
                    task.add_done_callback(self._ended)
                if not claimed:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._wake.wait()
                self._wake.clear()
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._short_tasks -= task.get_name() not in self._long_kinds
        self.wake()

    async def _do(self, errand: Errand) -> None:
        """Do it until it is done: while the database is away, later."""
        while True:
            try:
                await self._do_once(errand)
                return
            except StoreUnavailable:
                await asyncio.sleep(AWAY_SECONDS)

    async def _do_once(self, errand: Errand) -> None:
        await self._current.refresh()  # what it speaks of may have been saved together with it
        handler = self._handlers.get(errand.kind)
        ok, result = True, None
        try:
            if handler is None:
                raise CannotDo(f"This engine does not know how to do {errand.kind!r}: is it older than the portal?")
            result = await handler(errand)
        except StoreUnavailable:
            raise
        except CannotDo as error:
            ok, result = False, {"detail": str(error)}
        except (KeyError, TypeError, ValueError) as error:
            log.warning("errand.unreadable errand=%s kind=%s error=%r", errand.id, errand.kind, error)
            ok, result = False, {"detail": "The errand cannot be read."}
        except Exception:
            log.exception("errand.failed errand=%s kind=%s", errand.id, errand.kind)
            ok, result = False, {"detail": "Something went wrong in the engine; its log says what."}
        if result is not None:
            await self._store.finish_errand(errand.id, ok=ok, result=result)
        log.info("errand.done errand=%s kind=%s ok=%s", errand.id, errand.kind, ok)

    # -- the kinds that are ours ----------------------------------------------------------------------------

    async def _user_changed(self, errand: Errand) -> None:
        """The event and the end of the errand are one transaction: told exactly once."""
        event = user_event(errand)
        acceptance = self._dispatcher.dispatch(event)
        await self._recorder.accept([acceptance], errand_id=errand.id, errand_result={"event_id": str(event.id)})

    async def _send_test(self, errand: Errand) -> None:
        """A made-up true example, to that integration alone, also when it is disabled."""
        integration = self._integration(errand)
        configuration = self._current.value
        account = configuration.accounts[integration.account_id]
        if account.suspended:
            raise CannotDo("The account is suspended: nothing of it is sent.")
        type_ = EventType(str(errand.args.get("event_type") or integration.event_type))
        service = self._service(integration, account)
        event = example_event(type_, account, service, at=errand.created_at, test_id=errand.id)
        acceptance = self._dispatcher.dispatch_to(event, integration)
        await self._recorder.accept(
            [acceptance], errand_id=errand.id, errand_result={"delivery_id": str(acceptance.deliveries[0].id)})

    async def _test_event(self, errand: Errand) -> None:
        """A made-up true example of a PBX's event, to every integration that wants it."""
        configuration = self._current.value
        service = configuration.services.get(UUID(str(errand.args["service_id"])))
        if service is None or service.account_id != errand.account_id:
            raise CannotDo("There is no such PBX.")
        type_ = EventType(str(errand.args["event_type"]))
        event = example_event(
            type_, configuration.accounts[service.account_id], service, at=errand.created_at, test_id=errand.id)
        acceptance = self._dispatcher.dispatch(event)
        result = {"event_id": str(event.id), "deliveries": len(acceptance.deliveries)}
        await self._recorder.accept([acceptance], errand_id=errand.id, errand_result=result)

    async def _redeliver(self, errand: Errand) -> Result:
        account_id = _account_id(errand)
        count = 0
        for ids in _chunks(errand.args["delivery_ids"]):
            count += await self._store.redeliver(self._engine_id, ids, account_id)
            self._wake_collector()
        return {"count": count}

    async def _cancel(self, errand: Errand) -> Result:
        account_id = _account_id(errand)
        why = "a person cancelled it"
        return {"count": sum([
            await self._store.cancel(ids, why, account_id) for ids in _chunks(errand.args["delivery_ids"])])}

    def _integration(self, errand: Errand) -> Integration:
        id_ = UUID(str(errand.args["integration_id"]))
        integration = self._current.value.integrations.get(id_)
        if integration is None or integration.account_id != errand.account_id:
            raise CannotDo(self._current.value.broken.get(id_, "There is no such integration."))
        return integration

    def _service(self, integration: Integration, account: Account) -> Service | None:
        """The integration's PBX; of an account's integration, any that the account has."""
        services = self._current.value.services
        if integration.service_id is not None:
            return services.get(integration.service_id)
        return next((service for service in services.values() if service.account_id == account.id), None)


def user_event(errand: Errand) -> Event:
    """The event that a `user_changed` errand tells of. Raises KeyError, TypeError or ValueError for what is none."""
    args = errand.args
    user, before = _details(args["user"]), args.get("before")
    type_, at_ms = EventType(str(args["type"])), int(str(args["at_ms"]))
    if not type_.startswith("user."):
        raise ValueError(f"{type_} does not happen to a user")
    fields = _user_fields(user)
    if before is not None:
        old = _user_fields(_details(before))
        changed = {field.value: [old[field], value] for field, value in fields.items() if old[field] != value}
        fields[Field.CHANGED_FIELDS] = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
    return Event(
        id=timed_id(at_ms, type_, errand.id), type=type_, account_id=_account_id(errand),
        service_id=UUID(str(args["service_id"])), at=datetime.fromtimestamp(at_ms / 1000, UTC),
        order_key=str(user["id"]), sequence=1, fields=fields)


def _details(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a user is told as an object")
    return value


def _user_fields(user: Mapping[str, object]) -> dict[Field, Value]:
    calls = user.get("enabled_calls")
    return {
        Field.EXTENSION_NUMBER: str(user["extension_number"]), Field.NAME: str(user["name"]),
        Field.OUTBOUND_PHONE_NUMBER: str(user.get("outbound_phone_number") or ""),
        Field.HAS_VOICEMAIL: bool(user.get("has_voicemail")),
        Field.ENABLED_CALLS: ",".join(map(str, calls)) if isinstance(calls, list) else "",
    }


def _account_id(errand: Errand) -> UUID:
    if errand.account_id is None:
        raise CannotDo("An errand of this kind is an account's.")
    return errand.account_id


def _chunks(ids: object) -> list[list[UUID]]:
    if not isinstance(ids, list):
        raise TypeError("delivery_ids is a list")
    parsed = [UUID(str(one)) for one in ids]
    return [parsed[start : start + CHUNK] for start in range(0, len(parsed), CHUNK)]
