"""`switchhook migrate`: the database brought to this release's schema, by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from switchhook.web.ready import database

#: Names our advisory lock among those of other programs in the same PostgreSQL.
_LOCK = 0x5377_6974_6368


def migrate() -> None:
    """Run what migrations are missing. Several at once wait for each other; the later ones find nothing to do."""
    with database(), _alone():
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock: PostgreSQL's advisory lock, or a lock on a file beside the SQLite database.

    It is that of a transaction on a connection of its own: behind PgBouncer nothing else belongs to us for so long."""
    from django.db import connection

    if connection.vendor == "postgresql":
        lock = connection.copy()
        try:
            lock.set_autocommit(False)
            with lock.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            yield
        finally:
            lock.close()
        return
    import fcntl

    path = Path(f"{connection.settings_dict['NAME']}.migrating")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # with keys from elsewhere nobody has made it yet
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
