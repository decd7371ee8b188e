"""What templates send is what the receivers document: checked against shapes transcribed from their documentation.

Each file in `vendor_shapes/` is named like its template and says where the shape was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from switchhook.domain.catalogue import EVENTS, Availability, EventType, Field, Value
from switchhook.domain.delivery import Request
from tests.web.test_templates import sent, template

SHAPES = {path.stem: yaml.safe_load(path.read_text()) for path in (Path(__file__).parent / "vendor_shapes").iterdir()}
ROOT = Path(__file__).parents[2]
INTEGRATIONS = ROOT / "docs/integrations.md"
VENDORS = {"hubspot", "zoho", "pipedrive", "odoo", "espocrm", "slack", "teams", "discord", "zapier", "make", "n8n"}


def complaints(key: str, request: Request) -> list[str]:
    """Everything in which a request is not as the receiver documents it."""
    shape = SHAPES[key]
    headers = {name.lower(): value for name, value in request.headers}
    found = [] if request.method == "POST" else [request.method]
    if not re.fullmatch(shape["url"], request.url):
        found.append(f"URL {request.url}")
    found += [
        f"header {name}: {headers.get(name)}" for name, like in shape["headers"].items()
        if not re.fullmatch(like, headers.get(name, ""))]
    schema = Draft202012Validator(shape["body"])
    return found + [f"{one.json_path}: {one.message}" for one in schema.iter_errors(json.loads(request.body or b""))]


def little_known(type_: EventType) -> Mapping[Field, Value]:
    """An event of a caller who withholds the number, with nothing in it that is only sometimes known."""
    spec = EVENTS[type_]
    return {
        field: None if field is Field.SOURCE_NUMBER or spec.availability(field) is Availability.WHEN_KNOWN else value
        for field, value in spec.example().items()}


def test_every_receiver_by_name_has_a_shape_with_its_source() -> None:
    assert set(SHAPES) == VENDORS
    for shape in SHAPES.values():
        Draft202012Validator.check_schema(shape["body"])
        assert re.search(r"\w\.(com|dev|io)/", shape["source"])


@pytest.mark.parametrize("key", sorted(VENDORS))
def test_a_template_sends_what_its_receiver_documents(key: str) -> None:
    assert complaints(key, sent(key)) == []


@pytest.mark.parametrize("key", sorted(VENDORS))
def test_so_it_does_when_the_caller_is_not_known(key: str) -> None:
    assert complaints(key, sent(key, little_known(template(key).event_type))) == []


def test_a_shape_finds_what_is_wrong() -> None:
    slack = sent("slack")
    assert complaints("discord", slack)
    body: dict[str, Any] = json.loads(sent("hubspot").body or b"")
    body["properties"]["hs_timestamp"] = "2026-03-04T10:41:55+11:00"
    wrong = Request(method="POST", url="https://api.hubapi.com/crm/v3/objects/calls", headers=(("Authorization", "x"),),
                    body=json.dumps(body).encode(), secret_headers=frozenset())
    assert [one.split(":")[0] for one in complaints("hubspot", wrong)] == [
        "header authorization", "$.properties.hs_timestamp"]


def test_the_handbook_s_workflow_for_n8n_takes_what_the_template_sends() -> None:
    workflow = json.loads((ROOT / "src/switchhook/web/integrations/samples/n8n-workflow.json").read_text())
    webhook = workflow["nodes"][0]["parameters"]
    assert (webhook["httpMethod"], webhook["authentication"]) == (sent("n8n").method, "headerAuth")
    headers = {name.lower() for name, _ in sent("n8n").headers} | {"webhook-signature"}  # which needs a secret
    assert template("n8n").signed
    named = set(re.findall(r"headers\['([\w-]+)'\]", json.dumps(workflow) + INTEGRATIONS.read_text()))
    assert named - {"switchhook-test"} <= headers  # that goes with tests only
    assert {"webhook-id", "webhook-timestamp", "webhook-signature", "switchhook-event"} <= named
