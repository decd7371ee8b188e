"""Calls that nobody claims while nobody asks for them: the database is away, and the PBX goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from switchhook.domain.facts import LegStarted, Party
from switchhook.pbx import unclaimed
from switchhook.pbx.unclaimed import Unclaimed

NOW = datetime(2026, 3, 4, 0, 41, 55, tzinfo=UTC)


def test_they_are_all_counted_and_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unclaimed, "_MOST_REMEMBERED", 100)
    seen = Unclaimed()
    for number in range(1000):
        party = Party(leg=str(number), call=str(number), device="PJSIP/trunk", place="from-trunk")
        seen.hear(LegStarted(at=NOW, party=party), None)
    assert seen.count == 900
    assert not seen.take()
    assert [one.call for one in seen.take()] == [str(number) for number in range(980, 1000)]
    assert seen.count == 1000
