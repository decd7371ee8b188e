"""The database away for longer than an engine may be silent: engines that live do not bury each other for it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from time import monotonic
from urllib.parse import unquote, urlsplit

import pytest

from tests.fixtures.processes import Half, wait_until


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_engines_survive_a_database_that_was_locked_for_longer_than_they_may_be_silent(
    half: Callable[..., Half], database_url: str
) -> None:
    engines = [half("engine", heartbeat_seconds=0.2, dead_after_seconds=1.0) for _ in range(2)]
    for one in engines:
        await asyncio.to_thread(one.start)
    for _ in range(3):
        lock = sqlite3.connect(unquote(urlsplit(database_url).path), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        locked_at = monotonic()
        await asyncio.to_thread(wait_until, partial(_is_over, locked_at), "a while")
        lock.execute("ROLLBACK")
        lock.close()
        unlocked_at = monotonic()
        await asyncio.to_thread(wait_until, partial(_is_over, unlocked_at), "they beat again")
    assert [one.runs for one in engines] == [True, True], engines[0].log() + engines[1].log()
    assert "ownership_lost" not in engines[0].log() + engines[1].log()


def _is_over(since: float) -> bool:
    return monotonic() - since > 2.5
