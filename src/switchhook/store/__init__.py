"""The engine's door to the database: what it needs (`ports`), on SQLite and on PostgreSQL. No ORM."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from switchhook.store.ports import Store
from switchhook.store.postgres import PostgresStore
from switchhook.store.sqlite import SqliteStore


def open_store(database_url: str, keys: Sequence[str]) -> Store:
    """The Store for `sqlite:///PATH` or `postgresql://…`, not yet connected: `await store.open()`.

    `keys` open the secrets in the configuration, newest first."""
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite":
        return SqliteStore("/" + unquote(parts.path).lstrip("/"), keys)  # sqlite:////PATH is written, too
    return PostgresStore(database_url, keys)
