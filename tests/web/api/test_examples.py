"""The examples in the API's document work as they stand there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchhook.domain.catalogue import FIELDS, Field
from switchhook.web.api.examples import BODIES
from switchhook.web.models import AuditEntry, Member
from tests.web.api.conftest import Program
from tests.web.api.test_walk import DOCUMENT
from tests.web.conftest import World
from tests.web.made_up import House

#: Dry runs, what only looks, and what is as it was already.
CHANGE_NOTHING = {
    "upsert_users", "configure_integrations", "check_signature", "preview_new_integration", "confirm_gone_users"}
A_TEMPLATE = "crm-screen-pop"
OPERATIONS = {one["operationId"]: (method.upper(), path, one)
              for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()}


def test_every_operation_that_takes_a_body_has_an_example() -> None:
    with_body = {name: one for name, (_, _, one) in OPERATIONS.items() if "requestBody" in one}
    assert {name for name, one in with_body.items() if "example" in one["requestBody"]["content"]["application/json"]} \
        == with_body.keys() == BODIES.keys()


@pytest.mark.parametrize("name", BODIES)
def test_it_is_accepted_as_it_stands_there(name: str, program: Program, world: World) -> None:
    house = House(world)
    there = {
        "service_id": world.service.id, "user": "201", "key": A_TEMPLATE,
        "integration_id": house.integration(name="Other").id, "member_id": Member.objects.get(person=world.viewer).id}
    delivery = house.delivery(house.event(), house.integration())
    method, path, _ = OPERATIONS[name]
    body: Any = json.dumps(BODIES[name])
    for field, id_ in ((Field.SERVICE_UUID, world.service.id), (Field.EVENT_ID, delivery.id)):
        body = body.replace(str(FIELDS[field].example), str(id_))
    noted = AuditEntry.objects.count()
    answer = program.ask(method, path.format_map(there), json.loads(body))
    assert answer.status_code in (200, 201, 202), answer.content
    assert (AuditEntry.objects.count() > noted) == (name not in CHANGE_NOTHING), "the audit log"
