"""The AsyncAPI document: what is sent to receivers, made from the catalogue. Events, their fields, and the headers.

It tells of an integration without body keys: every field of the event, under its own name.
"""

from __future__ import annotations

from typing import Any

from switchhook import __version__
from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, EventSpec, Field

Json = dict[str, Any]

_TYPES = {bool: "boolean", int: "integer", str: "string"}
_FORMATS = {
    Field.DATE_TIME: "date-time", Field.SERVICE_UUID: "uuid", Field.CALL_UUID: "uuid", Field.EVENT_ID: "uuid"}
#: Always there, and null when the caller withholds it.
_NULLABLE = frozenset({Field.SOURCE_NUMBER})

_HEADERS: tuple[tuple[str, str, Json], ...] = (
    ("webhook-id", "The delivery's id: the same on every attempt. Told twice is to be done once.",
     {"type": "string", "format": "uuid"}),
    ("webhook-timestamp", "Seconds since 1970, of this attempt.", {"type": "string", "pattern": "^[0-9]+$"}),
    ("webhook-signature", "Standard Webhooks: `v1,BASE64` for each secret, over `id.timestamp.body`.",
     {"type": "string"}),
    ("Switchhook-Sequence", "The event's place in its call, from 1.", {"type": "string", "pattern": "^[0-9]+$"}),
    ("Switchhook-Test", "1 with tests, else absent.", {"type": "string", "enum": ["1"]}),
)


def document() -> Json:
    """The document, AsyncAPI 3.0."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Webhooks", "version": __version__,
            "description": "What an integration sends by HTTP. Body keys, format (JSON or QUERY), method and headers "
                           "are the integration's; this is what is sent without body keys, as JSON, by POST.",
        },
        "defaultContentType": "application/json",
        "channels": {spec.type.value: _channel(spec) for spec in EVENTS.values()},
        "operations": {_key(spec): _operation(spec) for spec in EVENTS.values()},
        "components": {
            "messages": {_key(spec): _message(spec) for spec in EVENTS.values()},
            "schemas": {field.value: _schema(field) for field in FIELDS},
        },
    }


def _key(spec: EventSpec) -> str:
    return spec.type.value.replace(".", "_")


def _channel(spec: EventSpec) -> Json:
    return {
        "address": None, "title": spec.label, "description": "The Request URL of an integration for this event.",
        "messages": {_key(spec): {"$ref": f"#/components/messages/{_key(spec)}"}},
    }


def _operation(spec: EventSpec) -> Json:
    channel = f"#/channels/{spec.type.value}"
    return {
        "action": "send", "title": spec.label, "summary": spec.fires_when, "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_key(spec)}"}], "bindings": {"http": {"method": "POST"}},
        **({"description": spec.note} if spec.note else {}),
    }


def _message(spec: EventSpec) -> Json:
    fields = [field for field in FIELDS if field in spec.fields]
    example = {field.value: value for field, value in spec.example().items()}
    return {
        "name": spec.type.value, "title": spec.label, "summary": spec.fires_when, "headers": _headers(spec),
        "payload": {
            "type": "object", "required": [field.value for field in fields],
            "properties": {field.value: _property(spec, field) for field in fields},
        },
        "examples": [{"name": "example", "payload": example}],
    }


def _headers(spec: EventSpec) -> Json:
    event: Json = {"type": "string", "const": spec.type.value, "description": "Which event it is."}
    rest = {name: schema | {"description": description} for name, description, schema in _HEADERS}
    return {"type": "object", "required": ["webhook-id", "webhook-timestamp", "Switchhook-Event"],
            "properties": {"Switchhook-Event": event, **rest}}


def _property(spec: EventSpec, field: Field) -> Json:
    schema = {"$ref": f"#/components/schemas/{field.value}"}
    if spec.availability(field) is Availability.ALWAYS and field not in _NULLABLE:
        return schema
    return {"oneOf": [schema, {"type": "null"}]}


def _schema(field: Field) -> Json:
    spec = FIELDS[field]
    schema: Json = {"title": spec.label, "description": spec.meaning, "type": _TYPES[type(spec.example)]}
    if field in _FORMATS:
        schema["format"] = _FORMATS[field]
    return schema | {"examples": [spec.example]}
