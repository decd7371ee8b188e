"""What a caller tells: JSON items, read strictly, as Events. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, EventType, Field, Value
from switchhook.domain.event import Event, timed_id
from switchhook.domain.service import Service
from switchhook.intake.problems import Fault, Problem
from switchhook.intake.told_values import CONTROL, read_value

MAX_EVENTS = 1000
MAX_FAULTS = 20  # told at once
MAX_ID = 200
OLDEST = timedelta(days=30)
NEWEST = timedelta(minutes=10)  # by so much a caller's clock may be ahead

_KEYS = ("id", "type", "at", "call_id", "sequence", "fields")
#: What we know ourselves and nobody tells us.
_OURS = frozenset({
    Field.DATE_TIME, Field.SERVICE_UUID, Field.SERVICE_NAME, Field.SERVICE_FRIENDLY_NAME, Field.CALL_UUID,
    Field.NATIVE_CALL_ID, Field.EVENT_ID, Field.SEQUENCE, Field.SOURCE_E164, Field.DESTINATION_E164,
    Field.RECORDING_URL,
})
_OF_CALL = (Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER)
#: What of an event must be told.
NEEDED: dict[EventType, tuple[Field, ...]] = {
    EventType.USER_CREATED: (Field.EXTENSION_NUMBER, Field.NAME),
    EventType.USER_DELETED: (Field.EXTENSION_NUMBER,),
    EventType.USER_MODIFIED: (Field.EXTENSION_NUMBER, Field.NAME),
    EventType.INBOUND_RECEIVED: _OF_CALL,
    EventType.INBOUND_ANSWERED: (*_OF_CALL, Field.EXTENSION_NUMBER),
    EventType.OUTBOUND_PLACED: (*_OF_CALL, Field.EXTENSION_NUMBER),
    EventType.IVR_RECEIVED: (*_OF_CALL, Field.IVR_NAME),
    EventType.IVR_OPTION: (*_OF_CALL, Field.IVR_NAME, Field.OPTION_SELECTED),
    EventType.RINGING: (*_OF_CALL, Field.EXTENSION_NUMBER),
    EventType.MISSED: (*_OF_CALL, Field.DISPOSITION),
    EventType.PICKED_UP: (*_OF_CALL, Field.EXTENSION_NUMBER),
    EventType.TRANSFERRED: (*_OF_CALL, Field.TRANSFER_KIND),
    EventType.ENDED: (*_OF_CALL, Field.DISPOSITION),
    EventType.LEG_ENDED: (*_OF_CALL, Field.TRUNK, Field.LEG_ID, Field.DISPOSITION),
    EventType.VOICEMAIL_LEFT: _OF_CALL,
    EventType.RECORDING_READY: (*_OF_CALL, Field.RECORDING_FILE),
}

#: The place of an event in its call, when the caller does not say: by call and the caller's id.
SequenceOf = Callable[[UUID, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event that a caller told, under the caller's own id."""

    caller_id: str
    event: Event


def read_events(body: object, service: Service, *, now: datetime, sequence_of: SequenceOf) -> list[Told]:
    """One event object, or an array of them. Raises Problem that names every item that cannot be read."""
    single = isinstance(body, dict)
    items = [body] if single else body
    if not isinstance(items, list) or not items:
        raise Problem(400, "no_events", "The body must be one event object, or an array with at least one.")
    if len(items) > MAX_EVENTS:
        raise Problem(413, "too_many_events", f"There are {len(items)} events: send {MAX_EVENTS} at most at once.")
    faults: list[Fault] = []
    told: list[Told] = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        reader = _Reader("" if single else f"/{number}", service, now, sequence_of)
        one = reader.read(item)
        if one is not None and one.caller_id in seen:
            reader.fault("/id", "duplicate_id", f"Another event of this request has the id {one.caller_id!r}, too.")
        if one is not None:
            seen.add(one.caller_id)
            told.append(one)
        faults += reader.faults
        if len(faults) >= MAX_FAULTS:
            break
    if faults:
        raise Problem(
            422, "invalid_events", "Nothing was accepted: correct what `errors` names, and send all of it again.",
            faults=faults[:MAX_FAULTS])
    return told


class _Reader:
    """Reads one item and notes everything that is wrong with it."""

    def __init__(self, pointer: str, service: Service, now: datetime, sequence_of: SequenceOf) -> None:
        self._pointer = pointer
        self._service = service
        self._now = now
        self._sequence_of = sequence_of
        self.faults: list[Fault] = []

    def fault(self, pointer: str, code: str, detail: str) -> None:
        self.faults.append(Fault(pointer=self._pointer + pointer, code=code, detail=detail))

    def read(self, item: object) -> Told | None:
        """The event, None when it cannot be one."""
        if not isinstance(item, dict):
            self.fault("", "not_an_object", "An event is an object with id, type and fields.")
            return None
        for key in item.keys() - set(_KEYS):
            self.fault(f"/{_escaped(key)}", "unknown_key", f"An event has no {key!r}: it has {', '.join(_KEYS)}.")
        caller_id = self._id(item, "id", "the event's id in your own system; the same id is accepted once")
        type_ = self._type(item.get("type"))
        at = self._at(item.get("at"))
        if caller_id is None or type_ is None or at is None:
            return None
        fields = self._fields(type_, item.get("fields", {}))
        if type_.startswith("user."):
            return None if self.faults else self._of_user(caller_id, type_, at, fields)
        call_id = self._id(item, "call_id", "your system's id of the call, the same in all its events")
        sequence = self._sequence(item.get("sequence"))
        if self.faults or call_id is None:
            return None
        return self._of_call(caller_id, type_, at, fields, call_id, sequence)

    def _of_user(self, caller_id: str, type_: EventType, at: datetime, fields: dict[Field, Value]) -> Told:
        user = uuid5(self._service.id, f"user:{fields[Field.EXTENSION_NUMBER]}")
        return Told(caller_id=caller_id, event=Event(
            id=self._event_id(at, caller_id), type=type_, account_id=self._service.account_id,
            service_id=self._service.id, at=at, order_key=str(user), sequence=1, fields=fields))

    def _of_call(
        self, caller_id: str, type_: EventType, at: datetime, fields: dict[Field, Value], call_id: str,
        sequence: int | None,
    ) -> Told:
        call = uuid5(self._service.id, call_id)
        fields.setdefault(Field.DIRECTION, "outbound" if type_ is EventType.OUTBOUND_PLACED else "inbound")
        return Told(caller_id=caller_id, event=Event(
            id=self._event_id(at, caller_id), type=type_, account_id=self._service.account_id,
            service_id=self._service.id, at=at, order_key=str(call),
            sequence=self._place(type_, call, caller_id) if sequence is None else sequence, fields=fields,
            call_uuid=call, native_call_id=call_id))

    def _place(self, type_: EventType, call: UUID, caller_id: str) -> int:
        """Extra events are counted by themselves, here as everywhere."""
        return self._sequence_of(uuid5(call, "extra") if type_ in EXTRA_EVENTS else call, caller_id)

    def _event_id(self, at: datetime, caller_id: str) -> UUID:
        return timed_id(int(at.timestamp() * 1000), "intake", self._service.id, caller_id)

    # -- the parts -----------------------------------------------------------------------------------------

    def _id(self, item: dict[str, object], key: str, meaning: str) -> str | None:
        value = item.get(key)
        if isinstance(value, str) and 0 < len(value) <= MAX_ID and not CONTROL.search(value):
            return value
        self.fault(f"/{key}", f"{key}_missing" if value is None else f"{key}_invalid",
                   f"{key!r} is a text of 1 to {MAX_ID} characters: {meaning}.")
        return None

    def _type(self, value: object) -> EventType | None:
        type_ = next((one for one in NEEDED if one == value), None)
        if type_ is None:
            self.fault("/type", "type_missing" if value is None else "type_unknown",
                       f"'type' is one of {', '.join(NEEDED)}.")
        return type_

    def _at(self, value: object) -> datetime | None:
        if value is None:
            return self._now
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fault("/at", "at_invalid", "'at' is a time with its offset, like 2026-03-04T10:41:55+11:00 "
                       "(RFC 3339); without it, the event is of now.")
            return None
        if not self._now - OLDEST <= at <= self._now + NEWEST:
            self.fault("/at", "at_out_of_range", f"'at' lies more than {OLDEST.days} days back or in the future.")
            return None
        return at.astimezone(UTC)

    def _sequence(self, value: object) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000):
            return value
        self.fault("/sequence", "sequence_invalid", "'sequence' is the event's place in its call, from 1.")
        return None

    def _fields(self, type_: EventType, value: object) -> dict[Field, Value]:
        if not isinstance(value, dict):
            self.fault("/fields", "fields_invalid", "'fields' is an object of field → value.")
            return {}
        offered = [field for field in EVENTS[type_].fields if field not in _OURS]
        fields: dict[Field, Value] = {}
        for name, one in value.items():
            if name not in offered:
                self.fault(f"/fields/{_escaped(name)}", "unknown_field",
                           f"{type_.value} has no field {name!r} that you could tell: it has {', '.join(offered)}.")
                continue
            try:
                fields[Field(name)] = read_value(Field(name), one)
            except ValueError as error:
                self.fault(f"/fields/{name}", "field_invalid", f"{name!r} is {error}.")
        for field in NEEDED[type_]:
            if field.value not in value:
                self.fault(f"/fields/{field.value}", "field_missing", f"{type_.value} needs the field {field.value!r}.")
        return fields


def _escaped(key: object) -> str:
    """A key in a JSON pointer, bounded."""
    return str(key)[:100].replace("~", "~0").replace("/", "~1")
