"""Ids of others in a body or a query: every place of the OpenAPI document that takes an id gets one that is none of the
asker's business, all else being their own. Nothing is told, and nothing is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db.models import Model

from switchhook.domain.catalogue import EventType
from switchhook.web.api.examples import BODIES
from switchhook.web.members.models import Role
from switchhook.web.models import (
    ApiToken,
    Delivery,
    Errand,
    Event,
    Integration,
    Invitation,
    Member,
    PbxUser,
    Service,
)
from tests.web.api.conftest import Program
from tests.web.api.test_walk import DOCUMENT
from tests.web.conftest import World
from tests.web.furnished import Furnished, furnish
from tests.web.made_up import House
from tests.web.test_limited_members import OF_THE_OTHER, hide

KEPT: tuple[type[Model], ...] = (
    Service, PbxUser, Integration, Delivery, Event, Errand, Member, Invitation, ApiToken)
#: Under what names of the furnished world a place's id is found.
FOREIGN = {
    "service_id": "service_id", "service_ids": "service_id", "services": "service_id", "id": "integration_id",
    "integration_id": "integration_id", "delivery_ids": "delivery_id", "event_id": "event_id", "call_uuid": "call_id"}
#: Where an id that nobody knows is no mistake, but finds nothing.
_QUERIES = "get"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation takes an id: `in_` its body or its query, below these names."""

    method: str
    path: str
    operation: str
    in_: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operation}.{'.'.join(self.names)}"


def _uuids(schema: Mapping[str, Any], names: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("format") == "uuid":
        yield names
    for name, one in schema.get("properties", {}).items():
        yield from _uuids(one, (*names, name))
    for one in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _uuids(one, names)


def _places() -> Iterator[Place]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            for one in operation.get("parameters", ()):
                if one["in"] == "query" and list(_uuids(one["schema"])):
                    yield Place(method, path, name, "query", (one["name"],))
            if "requestBody" in operation:
                for names in _uuids(operation["requestBody"]["content"]["application/json"]["schema"]):
                    yield Place(method, path, name, "body", names)


PLACES = list(_places())


@pytest.fixture(params=["of another account", "limited to another PBX"])
def asker(request: pytest.FixtureRequest, world: World, make_program: Callable[..., Program]) -> Asker:
    """Somebody with a PBX, an integration, a delivery and a member of their own; the first PBX is none of it."""
    theirs = furnish(world)
    hide(world)
    if request.param == "of another account":
        own = replace(world, account=world.other_account, service=world.other_service)
        program = make_program(person=world.stranger, account=world.other_account)
    else:
        branch = Service.objects.create(account=world.account, name="pbx-0003", friendly_name="Branch")
        own = replace(world, service=branch)
        program = make_program(services=(branch.id,))
    integration = House(own).integration(EventType.INBOUND_ANSWERED, name="Our own")
    member = Member.objects.create(account=own.account, person=world.nobody, role=Role.VIEWER)
    return Asker(program, theirs, {
        "service_id": str(own.service.id), "service_ids": str(own.service.id), "services": str(own.service.id),
        "integration_id": str(integration.id), "id": str(integration.id), "member_id": str(member.id),
        "key": "custom"})


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; what is not theirs, and what is."""

    program: Program
    theirs: Furnished
    own: Mapping[str, str]


def test_there_are_places_of_every_kind() -> None:
    assert {one.names[-1] for one in PLACES} == set(FOREIGN)
    assert len(PLACES) > 15


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_an_id_of_others_tells_nothing_and_does_nothing(place: Place, asker: Asker) -> None:
    foreign = str(asker.theirs.values[FOREIGN[place.names[-1]]])
    path = re.sub(r"\{(\w+)\}", lambda found: asker.own.get(found[1], "custom"), place.path)
    body = None
    if place.in_ == "query":
        path += "?" + urlencode({place.names[0]: foreign})
    else:
        body = json.loads(json.dumps(BODIES.get(place.operation, {})))
        body.pop("dry_run", None)
        body = _with(_with_own(body, asker.own), place.names, foreign)
    before = {model: model._default_manager.count() for model in KEPT}
    theirs = _theirs(asker)
    answer = asker.program.ask(place.method.upper(), path, body)
    told = answer.content.decode()
    assert [one for one in OF_THE_OTHER if one in told] == []
    assert answer.status_code < 500
    assert place.method == _QUERIES or answer.status_code >= 400, told
    assert {model: model._default_manager.count() for model in KEPT} == before
    assert _theirs(asker) == theirs


def _theirs(asker: Asker) -> list[Any]:
    values = asker.theirs.values
    return [*Service.objects.filter(id=values["service_id"]).values(),
            *Integration.objects.filter(service_id=values["service_id"]).order_by("id").values(),
            *Delivery.objects.filter(service_id=values["service_id"]).order_by("id").values()]


def _with_own(body: Any, own: Mapping[str, str]) -> Any:
    """The example with the asker's own ids in it."""
    match body:
        case dict():
            return {name: [own[name]] if name in own and isinstance(value, list) else own[name] if name in own
                    else _with_own(value, own) for name, value in body.items()}
        case list():
            return [_with_own(one, own) for one in body]
        case _:
            return body


def _with(body: Any, names: tuple[str, ...], id_: str) -> Any:
    """The body with that id in that place."""
    name, *below = names
    if isinstance(body, list):
        return [_with(one, names, id_) for one in body]
    if below:
        return body | {name: _with(body.get(name, {}), tuple(below), id_)}
    return body | {name: [id_] if name in ("services", "service_ids", "delivery_ids") else id_}
