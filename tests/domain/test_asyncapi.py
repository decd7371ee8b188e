"""The AsyncAPI document: as its project wants such a document, and true of what is really sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from switchhook.domain.asyncapi import document
from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.event import Event
from switchhook.domain.integration import Integration
from switchhook.domain.rendering import render
from switchhook.domain.signing import new_secret
from tests.fixtures.node import Node

AT = datetime(2026, 3, 4, tzinfo=UTC)


def test_it_is_a_document_of_asyncapi_3(node: Node) -> None:
    schema = json.loads((node.packages / "@asyncapi/specs/schemas/3.0.0.json").read_text())
    jsonschema.Draft7Validator(schema).validate(document())


def _resolved(part: Any, whole: dict[str, Any]) -> Any:
    """The same without references."""
    if isinstance(part, dict):
        if "$ref" in part:
            found: Any = whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            return _resolved(found, whole)
        return {name: _resolved(one, whole) for name, one in part.items()}
    return [_resolved(one, whole) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize("type_", EventType)
def test_what_is_sent_is_as_the_document_says(type_: EventType) -> None:
    fields = EVENTS[type_].example()
    event = Event(id=UUID(int=1), type=type_, account_id=UUID(int=2), service_id=UUID(int=3), at=AT, order_key="",
                  sequence=2, fields=fields, is_test=True)
    order = Integration(id=UUID(int=4), account_id=UUID(int=2), service_id=None, name="All", event_type=type_,
                        request_url="https://crm.example.com/", signing_secrets=(new_secret(bytes(32)),))
    request = render(order, event, delivery_id=UUID(int=5), at=AT)
    whole = document()
    [message] = _resolved(whole["operations"][type_.value.replace(".", "_")], whole)["messages"]
    body = json.loads(request.body or b"")
    jsonschema.Draft202012Validator(message["payload"]).validate(body)
    assert body.keys() == message["payload"]["properties"].keys()
    headers = {name.lower(): value for name, value in request.headers}
    expected = {name.lower(): schema for name, schema in message["headers"]["properties"].items()}
    assert expected.keys() <= headers.keys()
    for name, one in expected.items():
        jsonschema.Draft202012Validator(one).validate(headers[name])
