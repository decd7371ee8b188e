"""What is released is audited and has a bill of materials; without a network that is said, and nothing fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.packaging.test_locks import locked

ROOT = Path(__file__).resolve().parents[2]
FINE = {"name": "waitress", "version": "3.0.2", "vulns": []}
UNKNOWN = {"name": "uvloop", "skip_reason": "not found"}
BAD = {"name": "urllib3", "version": "1.0", "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["2.0"]}]}


def _audit(folder: Path, says: str) -> subprocess.CompletedProcess[str]:
    """scripts/audit, beside a pip-audit that says this."""
    (folder / "python").symlink_to(sys.executable)
    (folder / "pip-audit").write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
    (folder / "pip-audit").chmod(0o755)
    return subprocess.run([folder / "python", ROOT / "scripts/audit"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("packages", "code", "says"), [
    ([FINE], 0, "Audited 1 locked packages"), ([FINE, UNKNOWN], 0, "Not known there: uvloop."),
    ([UNKNOWN], 0, "NOT AUDITED"), ([FINE, BAD], 1, "VULNERABLE  urllib3 1.0: PYSEC-0000-1, mended in 2.0"),
])
def test_a_known_vulnerability_fails_and_a_service_that_knows_nothing_does_not(
    packages: list[dict[str, object]], code: int, says: str, tmp_path: Path,
) -> None:
    done = _audit(tmp_path, json.dumps({"dependencies": packages}))
    assert (done.returncode, says in done.stdout) == (code, True), done.stdout + done.stderr


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    done = _audit(tmp_path, "ConnectionError: no route to the service")
    assert (done.returncode, "NOT AUDITED" in done.stdout) == (0, True)


def test_lint_audits() -> None:
    rules = (ROOT / "Makefile").read_text()
    assert "\nlint: $(TO_CHECK) audit " in rules
    assert "scripts/audit" in rules


def test_the_bill_of_materials_names_every_locked_package_with_its_hashes(tmp_path: Path) -> None:
    [command] = [line for line in (ROOT / "Makefile").read_text().splitlines() if "cyclonedx-py" in line]
    assert "requirements" in command
    path = tmp_path / "switchhook.cdx.json"
    subprocess.run(
        [Path(sys.executable).with_name("cyclonedx-py"), "requirements", "--output-reproducible", "-o", path,
         "--pyproject", ROOT / "pyproject.toml", ROOT / "requirements/run.txt"], check=True, capture_output=True)
    bill = json.loads(path.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "switchhook"
    assert {canonicalize_name(one["name"]): one["version"] for one in bill["components"]} == locked("run.txt")
    assert all(one["externalReferences"][0]["hashes"] for one in bill["components"])
