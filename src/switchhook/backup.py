"""`switchhook backup`: a copy of the SQLite database while all runs, whole and of one moment.

`sqlite3 … ".backup"` begins anew whenever somebody writes meanwhile, which beside a busy engine is always. Here all
pages are read in one transaction: nobody waits for it, and it waits for nobody.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from switchhook.domain.errors import SettingsError, StoreError


def back_up(database: Path, copy: Path) -> None:
    """Copy the database to a file that is not there yet. Raises SettingsError, StoreError."""
    if not database.is_file():
        raise SettingsError(f"There is no database at {database}.")
    if copy.exists():
        raise SettingsError(f"{copy} is there already: name a file that is not.")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)  # what is in it is not for everybody
        _copy(database, part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(copy)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"No copy was made: {error}") from error


def _copy(database: Path, part: Path) -> None:
    source = f"file:{database.as_posix().replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as original, closing(sqlite3.connect(part)) as made:
        original.backup(made)
        (found,) = made.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged: {found}")
