"""Event: something that happened and that an account may want to know; immutable. And its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from switchhook.domain.catalogue import EVENTS, EventType, Field, Value
from switchhook.domain.numbers import e164
from switchhook.domain.service import Account, PbxUser, Service

_IN_E164 = ((Field.SOURCE_NUMBER, Field.SOURCE_E164), (Field.DESTINATION_NUMBER, Field.DESTINATION_E164))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `fields` holds what a request may say of it, fixed once accepted.

    `order_key` is what orders deliveries: the call's UUID, or the user's for `user.*`. `at` is aware.
    """

    id: UUID
    type: EventType
    account_id: UUID
    service_id: UUID | None
    at: datetime
    order_key: str
    sequence: int
    fields: Mapping[Field, Value]
    call_uuid: UUID | None = None
    native_call_id: str = ""
    is_test: bool = False


def timed_id(at_ms: int, *what: object) -> UUID:
    """A UUID (version 8) of 48 bits of milliseconds, then a hash of what happened.

    Every observer who reads the same instant and the same facts derives the same id, so that doing a
    step twice is harmless; and rows made at the same time lie together in the index. Never put a
    count into `what`: an engine that joins in mid-call counts differently.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in what).encode()).digest()
    raw = bytearray((at_ms & 0xFFFF_FFFF_FFFF).to_bytes(6, "big") + digest[:10])
    raw[6] = 0x80 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return UUID(bytes=bytes(raw))


def id_ms(timed: UUID) -> int:
    """The milliseconds since 1970 that a timed id begins with."""
    return timed.int >> 80


def delivery_id(event_id: UUID, integration_id: UUID) -> UUID:
    """The id of the Delivery of one Event to one Integration: it begins as its Event's does."""
    return timed_id(id_ms(event_id), "delivery", event_id, integration_id)


def asterisk_call_uuid(service_id: UUID, linkedid: str) -> UUID:
    """The Call UUID of an Asterisk call: the same on every engine and after every restart."""
    return uuid5(service_id, linkedid)


def complete(event: Event, account: Account, service: Service | None, user: PbxUser | None) -> Event:
    """The event with all that we know besides the call: the service's names, the user's details, the time.

    `service` None: the event is the account's own. `user` is the one whose extension the event names, None when we
    know of none; the event's own values win over the user's. Only fields that the catalogue gives the type are kept.
    """
    known: dict[Field, Value] = {}
    if user is not None:
        known |= {
            Field.EXTENSION_NUMBER: user.extension_number, Field.NAME: user.name,
            Field.OUTBOUND_PHONE_NUMBER: user.outbound_phone_number,
            Field.HAS_VOICEMAIL: user.has_voicemail, Field.ENABLED_CALLS: ",".join(user.enabled_calls),
        }
    if service is not None:
        known |= {
            Field.SERVICE_UUID: str(service.id), Field.SERVICE_NAME: service.name,
            Field.SERVICE_FRIENDLY_NAME: service.friendly_name,
        }
    known |= {
        Field.DATE_TIME: _local(event.at.isoformat(), account),
        Field.CALL_UUID: None if event.call_uuid is None else str(event.call_uuid),
        Field.NATIVE_CALL_ID: event.native_call_id,
        Field.EVENT_ID: str(event.id), Field.SEQUENCE: event.sequence,
    }
    known |= event.fields
    country = (service.country if service is not None else "") or account.country
    for number, in_e164 in _IN_E164:
        known.setdefault(in_e164, e164(str(known.get(number) or ""), country))
    for moment in (Field.ANSWERED_AT, Field.ENDED_AT):
        known[moment] = _local(known.get(moment), account)
    spec = EVENTS[event.type]
    return replace(event, fields={field: known.get(field) for field in spec.fields})


def _local(moment: Value, account: Account) -> str | None:
    """A moment (ISO 8601) with the account's offset, to the second."""
    if not isinstance(moment, str):
        return None
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(account.time_zone)).isoformat(timespec="seconds")
