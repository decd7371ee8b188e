"""The API keeps to its own document, whatever it is asked: schemathesis asks, for every operation, what nobody thought
of. No answer is 5xx, each is as the document says, nothing that the document forbids is accepted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from switchhook.domain.catalogue import EventType
from tests.fixtures.portal import Portal, running_portal

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"

#: All phases: also every boundary of every parameter, which takes the longest.
ALL = "examples,coverage,fuzzing,stateful"


@pytest.fixture
def unfed_portal(sqlite_template: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal without an engine: what is made up here would have it call all kinds of hosts."""
    shutil.copy(sqlite_template, tmp_path / "switchhook.sqlite3")
    with running_portal(f"sqlite://{tmp_path / 'switchhook.sqlite3'}", tmp_path, "web") as one:
        yield one


def configuration(portal: Portal, directory: Path) -> Path:
    """What is expected, and the ids of what is really there."""
    of = {"account_id": portal.account_id, "service_id": portal.service_id}
    seed, call, type_ = portal.seed, uuid4(), EventType.INBOUND_ANSWERED.value
    integration = seed.integration(*of.values(), event_type=type_)
    event = seed.insert("event", of | {"id": uuid4(), "type": type_, "fields": "{}", "call_uuid": call})
    there = {
        "service_id": portal.service_id, "event_id": event, "call_id": seed.insert("call", of | {"id": call}),
        "delivery_id": seed.insert("delivery", of | {
            "id": uuid4(), "event_id": event, "integration_id": integration, "event_type": type_, "state": "pending"})}
    path = directory / "schemathesis.toml"
    path.write_text("\n".join([
        "[parameters]", *(f'"path.{name}" = "{id_}"' for name, id_ in there.items()), CONFIGURATION.read_text(),
        "[[operations]]", 'include-method = ["GET", "POST", "PATCH"]',
        f'parameters = {{ "path.integration_id" = "{integration}" }}', ""]))
    return path


@pytest.mark.parametrize(("phases", "examples"), [
    pytest.param("fuzzing,stateful", 10, marks=pytest.mark.timeout(240)),
    pytest.param(ALL, 60, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_the_api_keeps_to_its_document(unfed_portal: Portal, tmp_path: Path, phases: str, examples: int) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "st", "--config-file", configuration(unfed_portal, tmp_path), "run",
         f"{unfed_portal.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {unfed_portal.token()}",
         "--phases", phases, "-n", str(examples), "--seed", "7", "--workers", "2", "--continue-on-failure",
         "--no-color"],
        capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
