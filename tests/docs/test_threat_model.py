"""The threat model names files and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/threat-model.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines()
        if line.startswith("| ") and not line.startswith("| threat")]


def test_there_are_threats_of_every_kind() -> None:
    assert len(ROWS) > 45
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])
def test_the_file_that_stops_a_threat_and_the_test_that_proves_it_are_there(row: list[str]) -> None:
    _, stopped_by, proven_by = row
    for name in re.findall(r"`([^`]+)`", stopped_by):
        assert (ROOT / "src/switchhook" / name).is_file() or (ROOT / name).is_file(), name
    found = re.findall(r"`([^`]+)`", proven_by)
    assert found
    for name in found:
        path, _, test = name.partition("::")
        text = (ROOT / path).read_text()
        assert re.search(rf"^\s*(async )?def {test or 'test_'}", text, re.MULTILINE), name
