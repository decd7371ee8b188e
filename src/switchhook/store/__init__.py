"""The engine's door to the database: what it needs (`ports`), on SQLite and on PostgreSQL. No ORM."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from switchhook.store.ports import Store
from switchhook.store.postgres import ANSWER_SECONDS, PostgresStore
from switchhook.store.sqlite import SqliteStore


def open_store(
    database_url: str, keys: Sequence[str], *, listen_url: str = "", answer_seconds: float = ANSWER_SECONDS
) -> Store:
    """The Store for `sqlite:///PATH` or `postgresql://…`, not yet connected: `await store.open()`.

    `keys` open the secrets in the configuration, newest first. The rest is for PostgreSQL: see `PostgresStore`."""
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite":
        return SqliteStore("/" + unquote(parts.path).lstrip("/"), keys)  # sqlite:////PATH is written, too
    return PostgresStore(database_url, keys, listen_url=listen_url, answer_seconds=answer_seconds)
