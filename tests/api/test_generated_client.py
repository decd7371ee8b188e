"""A public generator makes a client of the API's document; it compiles, strictly, and does an integrator's work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.fixtures.node import FOLDER, Node
from tests.fixtures.portal import Portal, running_portal


@pytest.mark.timeout(180)
def test_a_generated_client_does_an_integrators_work(node: Node, postgres_url: str, tmp_path: Path) -> None:
    with running_portal(postgres_url, tmp_path, "engine", "web") as portal:
        told = what_the_program_says(node, portal, tmp_path)
    assert told == {
        "service": "pbx-0001", "calls": ["Local"], "secret": "whsec_",
        "refused": "invalid", "where": "extension_number",
        "seen": ["call.inbound_received", "call.inbound_answered"], "owed": 1}


def what_the_program_says(node: Node, portal: Portal, tmp_path: Path) -> object:
    """Generate, compile, run."""
    for name in ("program.ts", "tsconfig.json"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(node.packages)
    node.run("openapi-ts", "-i", f"{portal.url}/api/v1/openapi.json", "-o", tmp_path / "generated",
             "-c", "@hey-api/client-fetch", "--no-log-file")
    node.run("tsc", "-p", tmp_path, "--outDir", tmp_path / "made", cwd=tmp_path)
    told = node.run(tmp_path / "made/program.js", SWITCHHOOK_URL=portal.url, SWITCHHOOK_TOKEN=portal.token())
    return json.loads(told)
