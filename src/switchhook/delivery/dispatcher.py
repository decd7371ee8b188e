"""An Event, and a Delivery for every Integration that wants it; or the reason why nobody did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.delivery import Delivery
from switchhook.domain.event import Event, complete, delivery_id
from switchhook.domain.integration import Integration, Wanted, why_not
from switchhook.domain.recording_links import RecordingLinks
from switchhook.domain.service import Account, PbxUser, Service
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Acceptance, Configuration

log = logging.getLogger(__name__)

REASONS_NAMED = 5  # integrations that a reason names, at most

#: Whether this engine can take a Delivery of that integration (of that account) in hand at once.
HasRoom = Callable[[UUID, UUID], bool]


class Dispatcher:
    """Makes Acceptances, by the configuration in force when the event is accepted."""

    def __init__(
        self, current: CurrentConfiguration, has_room: HasRoom, clock: Callable[[], datetime],
        links: RecordingLinks | None = None,
    ) -> None:
        """`links`: makes links to recordings; None: nobody outside could follow one."""
        self._current = current
        self._has_room = has_room
        self._clock = clock
        self._links = links
        self._candidates: Mapping[tuple[UUID, EventType, UUID | None], Sequence[Integration]] = {}
        current.when_changed(self._index)
        if current.loaded:
            self._index()

    def dispatch(self, event: Event, *, intake_key: str = "") -> Acceptance:
        """What is to be accepted of `event`, as it came from the PBX or from intake: it is completed here."""
        now = self._clock()
        configuration = self._current.value
        account = configuration.accounts.get(event.account_id)
        service = None if event.service_id is None else configuration.services.get(event.service_id)
        if account is None or (service is None and event.service_id is not None):
            return Acceptance(event=event, unwanted_reason="the PBX or its account was removed", intake_key=intake_key)
        event = _completed(event, account, service, _user_of(event, configuration))
        if service is not None and not intake_key:  # of what is told from elsewhere we have no call, and no file
            event = self._with_link(event, service)
        if account.suspended:
            return Acceptance(event=event, unwanted_reason="the account is suspended", intake_key=intake_key)
        wanted: list[Integration] = []
        refused: list[tuple[Integration, str]] = []
        of_account = self._candidates.get((account.id, event.type, None), ())
        own = () if service is None else self._candidates.get((account.id, event.type, service.id), ())
        for integration in (*of_account, *own):
            why = why_not(integration, event, service, account)
            if why:
                refused.append((integration, why))
            else:
                wanted.append(integration)
        if not wanted:
            return Acceptance(event=event, unwanted_reason=_reason(refused, event, service), intake_key=intake_key)
        return self._owed(event, account, wanted, now, intake_key)

    def dispatch_to(self, event: Event, integration: Integration) -> Acceptance:
        """The same for one integration alone, whether it wants the event or not: a test, asked for by a person."""
        account = self._current.value.accounts[integration.account_id]
        return self._owed(event, account, (integration,), self._clock(), "")

    def owed_later(self, event: Event, integration: Integration) -> Delivery:
        """The Delivery of an event that was accepted earlier to an integration that did not get it then."""
        return self._delivery(event, self._current.value.accounts[event.account_id], integration, self._clock(), False)

    def _owed(
        self, event: Event, account: Account, integrations: Sequence[Integration], now: datetime, intake_key: str
    ) -> Acceptance:
        deliveries: list[Delivery] = []
        unclaimed: set[UUID] = set()
        for integration in integrations:
            claimed = self._has_room(integration.id, account.id)
            deliveries.append(self._delivery(event, account, integration, now, claimed))
            if not claimed:
                unclaimed.add(deliveries[-1].id)
        return Acceptance(event=event, deliveries=deliveries, unclaimed=frozenset(unclaimed), intake_key=intake_key)

    def _delivery(
        self, event: Event, account: Account, integration: Integration, now: datetime, claimed: bool
    ) -> Delivery:
        return Delivery(
            id=delivery_id(event.id, integration.id), event_id=event.id, account_id=event.account_id,
            integration_id=integration.id, order_key=event.order_key, created_at=now,
            expires_at=now + _time_to_live(integration, event, account), attempts=1 if claimed else 0)

    def _with_link(self, event: Event, service: Service) -> Event:
        """The event with a link to the recording that it tells of, where there is a place for recordings."""
        file = event.fields.get(Field.RECORDING_FILE)
        if self._links is None or not service.recordings_root or event.call_uuid is None or not isinstance(file, str):
            return event
        url = self._links.url(event.call_uuid, file, event.at)
        return replace(event, fields={**event.fields, Field.RECORDING_URL: url})

    def _index(self) -> None:
        candidates: dict[tuple[UUID, EventType, UUID | None], list[Integration]] = {}
        for one in self._current.value.integrations.values():
            candidates.setdefault((one.account_id, one.event_type, one.service_id), []).append(one)
        self._candidates = candidates


def _completed(event: Event, account: Account, service: Service | None, user: PbxUser | None) -> Event:
    try:
        return complete(event, account, service, user)
    except (ZoneInfoNotFoundError, ValueError):  # a time zone that this machine does not know: no reason to lose it
        log.warning("event.time_zone_unknown account=%s time_zone=%s", account.id, account.time_zone)
        return complete(event, replace(account, time_zone="UTC"), service, user)


def _user_of(event: Event, configuration: Configuration) -> PbxUser | None:
    """The user whose extension the event names."""
    extension_number = event.fields.get(Field.EXTENSION_NUMBER)
    if event.service_id is None or not isinstance(extension_number, str):
        return None
    return configuration.users.get((event.service_id, extension_number))


def _time_to_live(integration: Integration, event: Event, account: Account) -> timedelta:
    """How long it is worth trying."""
    if integration.expiry_seconds is not None:
        return timedelta(seconds=integration.expiry_seconds)
    of_user = event.type.startswith("user.")
    return timedelta(seconds=account.user_expiry_seconds if of_user else account.call_expiry_seconds)


def _reason(refused: Sequence[tuple[Integration, str]], event: Event, service: Service | None) -> str:
    """Why nobody wanted it, for the person who asks why there was no request."""
    if not event.type.startswith("user.") and service is not None and not service.applications_enabled:
        return Wanted.APPLICATIONS_OFF.value
    if not refused:
        return "there is no integration for this event"
    named = [f"{integration.name}: {why}" for integration, why in refused[:REASONS_NAMED]]
    return "; ".join(named + ["…"] * (len(refused) > REASONS_NAMED))
