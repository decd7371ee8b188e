"""The catalogue: every EventType and every Field, what it means, when it is there, a true example.

The portal's help, the API schema and the docs are made from this module. The first eight event
types and the first fourteen fields are those of the product's specification; what is `extra` goes
beyond it and is granted by the operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from switchhook.domain.disposition import Disposition


class EventType(StrEnum):
    """Something that an account may want to know. The value is its name in requests and in the API."""

    USER_CREATED = "user.created"
    USER_DELETED = "user.deleted"
    USER_MODIFIED = "user.modified"
    INBOUND_RECEIVED = "call.inbound_received"
    INBOUND_ANSWERED = "call.inbound_answered"
    OUTBOUND_PLACED = "call.outbound_placed"
    IVR_RECEIVED = "ivr.call_received"
    IVR_OPTION = "ivr.option_selected"
    # beyond the specification: granted by the operator, then selectable
    RINGING = "call.ringing"
    MISSED = "call.missed"
    PICKED_UP = "call.picked_up"
    TRANSFERRED = "call.transferred"
    ENDED = "call.ended"
    LEG_ENDED = "call.leg_ended"
    VOICEMAIL_LEFT = "voicemail.left"
    RECORDING_READY = "recording.ready"
    INTEGRATION_DISABLED = "integration.disabled"


class Level(StrEnum):
    """Where an integration for an EventType lives."""

    ACCOUNT = "account"  # My Admin → Integrations
    SERVICE = "service"  # the PBX's own Integrations


class Field(StrEnum):
    """A predetermined value. The enum's value is its placeholder and its key when none is chosen."""

    EXTENSION_NUMBER = "extension_number"
    NAME = "name"
    OUTBOUND_PHONE_NUMBER = "outbound_phone_number"
    HAS_VOICEMAIL = "has_voicemail"
    ENABLED_CALLS = "enabled_calls"
    DATE_TIME = "date_time"
    SERVICE_UUID = "service_uuid"
    SERVICE_NAME = "service_name"
    SERVICE_FRIENDLY_NAME = "service_friendly_name"
    SOURCE_NUMBER = "source_number"
    DESTINATION_NUMBER = "destination_number"
    CALL_UUID = "call_uuid"
    IVR_NAME = "ivr_name"
    OPTION_SELECTED = "option_selected"
    # beyond the specification
    DIRECTION = "direction"
    DIALLED_NUMBER = "dialled_number"
    SOURCE_E164 = "source_e164"
    DESTINATION_E164 = "destination_e164"
    TRUNK = "trunk"
    QUEUE = "queue"
    NATIVE_CALL_ID = "native_call_id"
    LEG_ID = "leg_id"
    ANSWERED_AT = "answered_at"
    ENDED_AT = "ended_at"
    DURATION = "duration"
    BILLABLE_SECONDS = "billable_seconds"
    DISPOSITION = "disposition"
    TRANSFERRED_TO = "transferred_to"
    TRANSFER_KIND = "transfer_kind"
    MAILBOX = "mailbox"
    RECORDING_FILE = "recording_file"
    RECORDING_URL = "recording_url"
    INTEGRATION_ID = "integration_id"
    INTEGRATION_NAME = "integration_name"
    DISABLED_REASON = "disabled_reason"
    CHANGED_FIELDS = "changed_fields"
    EVENT_ID = "event_id"
    SEQUENCE = "sequence"


#: What a field can hold. None is "known to be nothing": a withheld number, no option.
Value = str | int | bool | None

#: What `Enabled Calls` can list, in this order (specification, "Field Values").
CALL_TYPES = ("Local", "National", "Mobile", "International", "International Other", "Premium", "Other")


class Availability(StrEnum):
    """Whether an event of a type has a field."""

    ALWAYS = "always"
    WHEN_KNOWN = "when known"  # null (or empty) while not known
    NEVER = "never"  # not offered, and refused with an error


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """What a Field is. `group` is where the drop-down lists it."""

    field: Field
    label: str
    meaning: str
    example: Value
    group: str
    extra: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """What an EventType is. `fields` has the fields it can have; one that is missing there is NEVER."""

    type: EventType
    label: str
    level: Level
    fires_when: str
    fields: Mapping[Field, Availability]
    note: str = ""
    extra: bool = False

    def availability(self, field: Field) -> Availability:
        """Whether an event of this type has `field`."""
        return self.fields.get(field, Availability.NEVER)

    def example(self) -> dict[Field, Value]:
        """A true example: every field that this event can have, with the values of one made-up happening."""
        own = _EXAMPLES.get(self.type, {})
        return {field: own.get(field, FIELDS[field].example) for field in FIELDS if field in self.fields}


def _spec(field: Field, label: str, meaning: str, example: Value, group: str, *, extra: bool = False) -> FieldSpec:
    return FieldSpec(field=field, label=label, meaning=meaning, example=example, group=group, extra=extra)


_FIELD_LIST = (
    _spec(Field.EXTENSION_NUMBER, "Extension Number", "The user's extension number.", "201", "User"),
    _spec(Field.NAME, "Name", "The user's name.", "Ada Example", "User"),
    _spec(Field.OUTBOUND_PHONE_NUMBER, "Outbound Phone Number",
          "The number that the user's outbound calls show.", "12025550100", "User"),
    _spec(Field.HAS_VOICEMAIL, "Has Voicemail",
          "Whether the user's voicemail is enabled: a boolean in JSON, True or False in QUERY.", True, "User"),
    _spec(Field.ENABLED_CALLS, "Enabled Calls",
          "The call types enabled for the user, comma separated: " + ", ".join(CALL_TYPES) + ".",
          "Local,National,Mobile", "User"),
    _spec(Field.DATE_TIME, "Date/Time",
          "The moment of the event, the same on every attempt: ISO 8601 with the account's offset.",
          "2026-03-04T10:41:55+11:00", "Event"),
    _spec(Field.SERVICE_UUID, "Service UUID", "The unique identifier of the service (the PBX).",
          "5f0c1b52-6c0f-4c39-9d9f-1f7a5b0c9a11", "Service"),
    _spec(Field.SERVICE_NAME, "Service Name", "The name that the system gave the service.", "pbx-0001", "Service"),
    _spec(Field.SERVICE_FRIENDLY_NAME, "Service Friendly Name", "The name that you gave the service.",
          "Head Office", "Service"),
    _spec(Field.SOURCE_NUMBER, "Source Number",
          "The number that placed the call; null (empty in QUERY) when it is withheld.", "12025550171", "Call"),
    _spec(Field.DESTINATION_NUMBER, "Destination Number", "The number that was dialled.", "12025550101", "Call"),
    _spec(Field.CALL_UUID, "Call UUID", "The unique identifier of the call, the same in all its events.",
          "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77", "Call"),
    _spec(Field.IVR_NAME, "IVR Name", "The name of the IVR (menu).", "NPS", "IVR"),
    _spec(Field.OPTION_SELECTED, "Option Selected", "The option that the caller selected at the IVR.", "9", "IVR"),
    _spec(Field.DIRECTION, "Direction", "inbound, outbound or internal.", "inbound", "Call", extra=True),
    _spec(Field.DIALLED_NUMBER, "Dialled Number",
          "What the caller typed, with any prefix for an outside line.", "12025550101", "Call", extra=True),
    _spec(Field.SOURCE_E164, "Source in E.164",
          "Source Number as the whole world writes it, by the PBX's country; null when it is no telephone number.",
          "+12025550171", "Call", extra=True),
    _spec(Field.DESTINATION_E164, "Destination in E.164",
          "Destination Number as the whole world writes it, by the PBX's country; null when it is no telephone number.",
          "+12025550101", "Call", extra=True),
    _spec(Field.TRUNK, "Trunk", "The trunk that the call came in over, or was placed over.", "trunk-provider", "Call",
          extra=True),
    _spec(Field.QUEUE, "Queue", "The queue in which the caller waits or waited last.", "700", "Call", extra=True),
    _spec(Field.NATIVE_CALL_ID, "Native Call ID", "The PBX's own id of the call (Asterisk: Linkedid).",
          "1772580115.42", "Call", extra=True),
    _spec(Field.LEG_ID, "Leg ID", "The PBX's own id of the leg (Asterisk: Uniqueid).", "1772580115.42", "Call end",
          extra=True),
    _spec(Field.ANSWERED_AT, "Answered At",
          "When it was answered, ISO 8601 with the account's offset; null when it was not.",
          "2026-03-04T10:41:55+11:00", "Call end", extra=True),
    _spec(Field.ENDED_AT, "Ended At",
          "When it ended, ISO 8601 with the account's offset; null when it ended while we were not listening.",
          "2026-03-04T10:44:03+11:00", "Call end", extra=True),
    _spec(Field.DURATION, "Duration", "Whole seconds from beginning to end.", 133, "Call end", extra=True),
    _spec(Field.BILLABLE_SECONDS, "Billable Seconds", "Whole seconds from answer to end; 0 when it was not answered.",
          128, "Call end", extra=True),
    _spec(Field.DISPOSITION, "Disposition",
          "What it came to: " + ", ".join(Disposition) + ".", "answered", "Call end", extra=True),
    _spec(Field.TRANSFERRED_TO, "Transferred To", "The number that the call was transferred to.", "202", "Call",
          extra=True),
    _spec(Field.TRANSFER_KIND, "Transfer Kind",
          "blind, or attended when the transferring user called the other party first.", "blind", "Call", extra=True),
    _spec(Field.MAILBOX, "Mailbox", "The voicemail box that the message is in.", "201", "Voicemail", extra=True),
    _spec(Field.RECORDING_FILE, "Recording File", "The file of the recording, as the PBX names it.",
          "/var/spool/asterisk/monitor/2026/03/04/1772580115.42.wav", "Recording", extra=True),
    _spec(Field.RECORDING_URL, "Recording URL", "A link to the recording, that expires.",
          "https://switchhook.example.com/recordings/8c1de9f5", "Recording", extra=True),
    _spec(Field.INTEGRATION_ID, "Integration ID", "The unique identifier of the integration that was disabled.",
          "0b1f6f0e-64f1-4c5e-9a27-2f4a8c3f5a10", "Integration", extra=True),
    _spec(Field.INTEGRATION_NAME, "Integration Name", "The name of the integration that was disabled.",
          "CRM: screen pop", "Integration", extra=True),
    _spec(Field.DISABLED_REASON, "Disabled Reason", "Why it was disabled.",
          "Nothing but failures for 5 days: 412 attempts, and none succeeded.", "Integration", extra=True),
    _spec(Field.CHANGED_FIELDS, "Changed Fields",
          "What a Modify User changed: a JSON text of field → [old, new].",
          '{"name":["Ada Sample","Ada Example"]}', "User", extra=True),
    _spec(Field.EVENT_ID, "Event ID",
          "The unique identifier of the event, the same for every integration that gets it.",
          "019cb6d0-1a2b-8c3d-9e4f-5a6b7c8d9e0f", "Event", extra=True),
    _spec(Field.SEQUENCE, "Sequence", "The event's place in its call, from 1.", 1, "Event", extra=True),
)

#: Every field, in the order in which it is offered.
FIELDS: Mapping[Field, FieldSpec] = {spec.field: spec for spec in _FIELD_LIST}

_A, _K = Availability.ALWAYS, Availability.WHEN_KNOWN
_USER = (Field.EXTENSION_NUMBER, Field.NAME, Field.OUTBOUND_PHONE_NUMBER, Field.HAS_VOICEMAIL, Field.ENABLED_CALLS)
_OF_SERVICE = {Field.SERVICE_UUID: _A, Field.SERVICE_NAME: _A, Field.SERVICE_FRIENDLY_NAME: _A}
_OF_EVENT = {Field.DATE_TIME: _A, Field.EVENT_ID: _A, Field.SEQUENCE: _A}
_EVERY = {**_OF_SERVICE, **_OF_EVENT}
_CALL = {
    **_EVERY, Field.SOURCE_NUMBER: _A, Field.DESTINATION_NUMBER: _A, Field.CALL_UUID: _A,
    Field.DIRECTION: _A, Field.DIALLED_NUMBER: _K, Field.SOURCE_E164: _K, Field.DESTINATION_E164: _K, Field.TRUNK: _K,
    Field.QUEUE: _K, Field.NATIVE_CALL_ID: _A,
}
_OF_USER = {**dict.fromkeys(_USER, _A), **_EVERY}
_BY_USER = {**dict.fromkeys(_USER, _A), **_CALL}
_USER_KNOWN = {**dict.fromkeys(_USER, _K), **_CALL}
_IVR = {**_USER_KNOWN, Field.IVR_NAME: _A}
_AT_END = {Field.ANSWERED_AT: _K, Field.ENDED_AT: _K, Field.DURATION: _K, Field.BILLABLE_SECONDS: _K,
           Field.DISPOSITION: _A}


def _event(type_: EventType, label: str, level: Level, fires_when: str, fields: Mapping[Field, Availability],
           note: str = "", *, extra: bool = False) -> EventSpec:
    return EventSpec(type=type_, label=label, level=level, fires_when=fires_when, fields=fields, note=note,
                     extra=extra)


_EVENT_LIST = (
    _event(EventType.USER_CREATED, "Create User", Level.ACCOUNT, "A user is created on a PBX.", _OF_USER),
    _event(EventType.USER_DELETED, "Delete User", Level.ACCOUNT, "A user is deleted from a PBX.", _OF_USER),
    _event(EventType.USER_MODIFIED, "Modify User", Level.ACCOUNT, "A user's details are changed.",
           {**_OF_USER, Field.CHANGED_FIELDS: _A}),
    _event(EventType.INBOUND_RECEIVED, "Inbound Call Received", Level.SERVICE, "An inbound call is received.", _CALL),
    _event(EventType.INBOUND_ANSWERED, "Inbound Call Answered", Level.SERVICE,
           "An inbound call is answered by a user: once a call.", _BY_USER,
           "A call picked up via the ** method will not be seen as an 'answered call' via the webhook as it is "
           "technically considered an outbound, internal call."),
    _event(EventType.OUTBOUND_PLACED, "Outbound Call Placed", Level.SERVICE,
           "A user places an outbound call, whether or not it is answered.", _BY_USER),
    _event(EventType.IVR_RECEIVED, "IVR Call Received", Level.SERVICE, "A call reaches an IVR.", _IVR),
    _event(EventType.IVR_OPTION, "IVR Option Selected", Level.SERVICE,
           "The caller has selected an option on an IVR.", {**_IVR, Field.OPTION_SELECTED: _A}),
    _event(EventType.RINGING, "Call Ringing", Level.SERVICE, "A user's phone rings: once for each user in a call.",
           _BY_USER, extra=True),
    _event(EventType.MISSED, "Call Missed", Level.SERVICE,
           "An inbound call for a user or a queue is over, and nobody took it.",
           {**_USER_KNOWN, Field.ENDED_AT: _K, Field.DURATION: _K, Field.DISPOSITION: _A}, extra=True),
    _event(EventType.PICKED_UP, "Call Picked Up", Level.SERVICE,
           "A user takes a call that rings at another's phone: with **, *8 or a key.", _BY_USER, extra=True),
    _event(EventType.TRANSFERRED, "Call Transferred", Level.SERVICE, "A user transfers a call.",
           {**_USER_KNOWN, Field.TRANSFERRED_TO: _K, Field.TRANSFER_KIND: _A}, extra=True),
    _event(EventType.ENDED, "Call Ended", Level.SERVICE, "A call is over, with all its legs.",
           {**_USER_KNOWN, **_AT_END, Field.RECORDING_FILE: _K, Field.RECORDING_URL: _K}, extra=True),
    _event(EventType.LEG_ENDED, "Call Leg Ended", Level.SERVICE,
           "A call's leg over a trunk is over: each leg that came in or went out, for billing.",
           {**_USER_KNOWN, Field.TRUNK: _A, Field.LEG_ID: _A, **_AT_END}, extra=True),
    _event(EventType.VOICEMAIL_LEFT, "Voicemail Left", Level.SERVICE, "The caller has left a message.",
           {**_USER_KNOWN, Field.MAILBOX: _K}, extra=True),
    _event(EventType.RECORDING_READY, "Recording Ready", Level.SERVICE,
           "A recorded call is over: once for each of its recordings.",
           {**_USER_KNOWN, Field.RECORDING_FILE: _A, Field.RECORDING_URL: _K}, extra=True),
    _event(EventType.INTEGRATION_DISABLED, "Integration Disabled", Level.ACCOUNT,
           "Switchhook itself disables an integration: its receiver does nothing but fail, or says that it is gone.",
           {**_OF_EVENT, Field.INTEGRATION_ID: _A, Field.INTEGRATION_NAME: _A, Field.DISABLED_REASON: _A},
           extra=True),
)

#: Every event type, in the order in which it is offered.
EVENTS: Mapping[EventType, EventSpec] = {spec.type: spec for spec in _EVENT_LIST}

_EXAMPLES: Mapping[EventType, Mapping[Field, Value]] = {
    EventType.OUTBOUND_PLACED: {
        Field.SOURCE_NUMBER: "201", Field.DESTINATION_NUMBER: "12025550188",
        Field.DIALLED_NUMBER: "912025550188", Field.DIRECTION: "outbound",
    },
    EventType.INBOUND_ANSWERED: {Field.SEQUENCE: 2},
    EventType.IVR_RECEIVED: {Field.DESTINATION_NUMBER: "12025550105", Field.DIALLED_NUMBER: "12025550105",
                             Field.SEQUENCE: 2},
    EventType.IVR_OPTION: {Field.DESTINATION_NUMBER: "12025550105", Field.DIALLED_NUMBER: "12025550105",
                           Field.SEQUENCE: 3},
    EventType.MISSED: {Field.DISPOSITION: "missed", Field.DURATION: 31, Field.ENDED_AT: "2026-03-04T10:41:55+11:00"},
    EventType.ENDED: {Field.DATE_TIME: "2026-03-04T10:44:03+11:00"},
    EventType.LEG_ENDED: {Field.DATE_TIME: "2026-03-04T10:44:03+11:00"},
}

#: The events that only accounts to which the operator granted them can select.
EXTRA_EVENTS = frozenset(type_ for type_, spec in EVENTS.items() if spec.extra)
