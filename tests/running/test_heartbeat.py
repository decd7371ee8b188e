"""The heart of an engine: whoever was not sure of itself for a while goes on once it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

from switchhook.app import Engine
from switchhook.settings import Settings
from tests.fixtures.databases import KEYS


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def test_after_a_beat_that_took_long_it_goes_on_at_once(sqlite_url: str, tmp_path: Path) -> None:
    """Nothing was started while it was under way, and nobody else would say that it may be again."""
    settings: Any = {"database_url": sqlite_url, "state_dir": tmp_path, "secret_keys": KEYS[0],
                     "heartbeat_seconds": 2.0, "dead_after_seconds": 2.5}
    engine = Engine(Settings(**settings))
    went_on: list[bool] = []
    delivery: Any = SimpleNamespace(go_on=lambda: went_on.append(True))
    fleet: Any = SimpleNamespace(look_again=lambda: None)
    await engine._store.open()
    await engine._store.begin_incarnation(engine.id, "test", 1)
    heart = asyncio.create_task(engine._beat(delivery, fleet))
    try:
        await until(engine._is_sure)
        locker = sqlite3.connect(unquote(urlsplit(sqlite_url).path), isolation_level=None, timeout=10)
        locker.execute("BEGIN IMMEDIATE")  # another program that holds the pen for a while
        went_on.clear()
        await until(lambda: not engine._is_sure())
        locker.execute("ROLLBACK")
        locker.close()
        await until(engine._is_sure)
        await until(lambda: bool(went_on), seconds=1.5)  # with this beat, not with the next one
    finally:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)
        await engine._store.close()
