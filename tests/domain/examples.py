"""Examples for the tests of the domain: an integration, an event, and strategies for any that can be stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from switchhook.domain.catalogue import EVENTS, EventType, Field, Level, Value
from switchhook.domain.event import Event
from switchhook.domain.integration import (
    BasicAuth,
    BodyKey,
    Format,
    Header,
    Integration,
    Method,
    NoAuth,
    TokenAuth,
)

ACCOUNT = UUID(int=1)
SERVICE = UUID(int=2)
DELIVERY = UUID("019cb6d0-1a2b-8c3d-9e4f-5a6b7c8d9e0f")
NOW = datetime(2026, 3, 4, 0, 41, 55, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OLD_SECRET = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="


def an_integration(**changes: Any) -> Integration:
    """A sound integration for Inbound Call Received, with changes."""
    event_type = changes.get("event_type", EventType.INBOUND_RECEIVED)
    service = SERVICE if EVENTS[event_type].level is Level.SERVICE else None
    return Integration(**({
        "id": UUID(int=3), "account_id": ACCOUNT, "service_id": service, "name": "CRM",
        "event_type": event_type, "request_url": "https://crm.example.com/hook",
    } | changes))


def an_event(type_: EventType = EventType.INBOUND_RECEIVED, *, is_test: bool = False, **fields: Value) -> Event:
    """A true event of the type, with the fields of the catalogue's example, changed."""
    known: dict[Field, Value] = dict(EVENTS[type_].example())
    known |= {Field(name): value for name, value in fields.items()}
    return Event(id=UUID(int=4), type=type_, account_id=ACCOUNT, service_id=SERVICE, at=NOW, order_key="call",
                 sequence=1, fields=known, is_test=is_test)


#: Any text at all, lone surrogates and control characters included; and texts that look for trouble.
texts = st.text(st.characters()) | st.lists(st.sampled_from([
    "{", "}", "{{", "}}", "{name}", "{source_number}", "{nothing}", "/", "..", ".", "\\", "?", "#", "&", "=", "%",
    "%2F", "%2e", "\r\n", "\x00", "@", ":", "[", "]", "::1", "https://", "http://", "crm.example.com",
    "bücher.example", "a.b", "a", "\ud800", "é", "…", " ",
]), max_size=8).map("".join)
values = texts | st.none() | st.booleans() | st.integers(-(10 ** 12), 10 ** 12)

events = st.builds(
    Event, id=st.uuids(), type=st.sampled_from(EventType), account_id=st.just(ACCOUNT), service_id=st.just(SERVICE),
    at=st.just(NOW), order_key=texts, sequence=st.integers(1, 99), is_test=st.booleans(),
    fields=st.dictionaries(st.sampled_from(Field), values, max_size=8))

urls = texts | st.sampled_from(["https://crm.example.com/hook", "http://10.0.0.1:8080?x=1#y", "https://[::1]/a/"])
authentications = (
    st.just(NoAuth()) | st.builds(BasicAuth, username=texts, password=texts)
    | st.builds(TokenAuth, token=texts, prefix=texts, header=texts | st.just("Authorization")))
headers = st.lists(st.builds(
    Header, name=texts | st.sampled_from(["X-Name", "X-From", "Authorization", "Host", "Webhook-Id", "x-name"]),
    value=texts, secret=st.booleans()), max_size=4).map(tuple)
body_keys = st.lists(st.builds(
    BodyKey, key=texts | st.sampled_from(["a", "a.b", "a.b.c", "b", "."]), field=st.none() | st.sampled_from(Field),
    text=texts), max_size=5).map(tuple)
signing_secrets = st.lists(texts | st.sampled_from([SECRET, OLD_SECRET]), max_size=2).map(tuple)

#: Sound but for some parts, and wrong in every part: both are what can be stored.
integrations = st.fixed_dictionaries({}, optional={
    "event_type": st.sampled_from(EventType), "request_url": urls, "path_arguments": texts,
    "method": st.sampled_from(Method), "format": st.sampled_from(Format), "authentication": authentications,
    "headers": headers, "body_keys": body_keys, "signing_secrets": signing_secrets, "name": texts,
    "service_id": st.none(), "timeout_seconds": st.floats(), "max_in_flight": st.integers(),
    "expiry_seconds": st.integers(),
}).map(lambda changes: an_integration(**changes))
