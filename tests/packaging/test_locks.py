"""The lock files: they have what pyproject.toml asks for, with hashes, and name no registry and no machine."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PYPROJECT["dependency-groups"]
ASKED_FOR = {
    "build.txt": GROUPS["build"],
    "run.txt": PYPROJECT["project"]["dependencies"],
    "dev.txt": [*PYPROJECT["project"]["dependencies"], *GROUPS["build"],
                *(one for one in GROUPS["dev"] if isinstance(one, str))],
}


def locked(file: str) -> dict[str, str]:
    """The version of each package that a lock file names."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements" / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("file", ASKED_FOR)
def test_a_lock_file_has_what_is_asked_for(file: str) -> None:
    versions = locked(file)
    asked_for = [Requirement(line) for line in ASKED_FOR[file]]
    wrong = [str(one) for one in asked_for
             if not one.specifier.contains(versions.get(canonicalize_name(one.name), "0"))]
    assert not wrong, "run `make lock`"


@pytest.mark.parametrize("file", ["build.txt", "run.txt"])
def test_what_runs_is_what_was_tested(file: str) -> None:
    assert locked(file).items() <= locked("dev.txt").items(), "run `make lock`"


@pytest.mark.parametrize("file", ASKED_FOR)
def test_a_lock_file_holds_pins_and_hashes_only(file: str) -> None:
    pin = re.compile(r"[\w.-]+==[^\s;]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    odd = [line for line in (ROOT / "requirements" / file).read_text().splitlines() if not pin.fullmatch(line)]
    assert not odd


def test_the_npm_lock_has_hashes_and_names_no_registry() -> None:
    asked_for = json.loads((ROOT / "package.json").read_text())["dependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked_for} == asked_for
    assert all("integrity" in one and "resolved" not in one for name, one in packages.items() if name)
