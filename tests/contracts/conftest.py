"""The Store under test, on each of the two databases, open and with one engine begun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from switchhook.store import open_store
from switchhook.store.ports import Store
from tests.fixtures.databases import KEYS


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The Store on a migrated, empty database."""
    store = open_store(database_url, KEYS)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def engine(store: Store) -> UUID:
    """An engine that lives."""
    engine_id = uuid4()
    await store.begin_incarnation(engine_id, "host-1", 4711)
    return engine_id


@pytest.fixture
async def other_engine(store: Store) -> UUID:
    """Another engine that lives."""
    engine_id = uuid4()
    await store.begin_incarnation(engine_id, "host-2", 4712)
    return engine_id
