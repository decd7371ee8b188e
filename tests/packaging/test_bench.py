"""`make bench` alone measures everything usual; what takes long is measured when it is named."""

from __future__ import annotations

import sys

import pytest
from benchmarks import __main__ as bench


@pytest.mark.parametrize(("said", "measured"), [
    ([], ["messages", *bench.USUAL, "web-memory"]), (["outage", "backlog"], ["outage", "backlog"])])
def test_what_is_not_named_is_everything_usual(
    monkeypatch: pytest.MonkeyPatch, said: list[str], measured: list[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *said])
    assert list(bench._arguments().loads) == measured


def test_a_load_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "everything"])
    with pytest.raises(SystemExit):
        bench._arguments()
