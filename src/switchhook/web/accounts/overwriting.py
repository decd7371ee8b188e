"""Overwriting what is deleted: in SQLite's file a deleted row can be read until something else is written over it.

`secure_delete` (web/database.py) writes zeros over what we delete. It leaves what the engine's retention deleted
earlier, in pages that are free now, and what stayed in a page when SQLite moved its rows to another. VACUUM writes the
whole file anew; nobody else writes meanwhile, and engines keep what happens in memory. So a file that is large has its
free pages filled with zeros instead, a step at a time. PostgreSQL overwrites as it vacuums.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.db import connection
from django.db.backends.utils import CursorWrapper

#: Up to here VACUUM takes seconds.
LARGEST_VACUUMED_BYTES = 256 * 1024 * 1024
STEP_PAGES = 500


def overwrite_deleted(largest_vacuumed_bytes: int = LARGEST_VACUUMED_BYTES) -> bool:
    """Have nothing that was deleted be read from the file. False: others were in the way, and it is to be done again.
    Raises DatabaseError when it cannot be done now."""
    if connection.vendor != "sqlite":
        return True
    file = Path(str(connection.settings_dict["NAME"]))
    size = file.stat().st_size
    with connection.cursor() as cursor:
        if size <= min(largest_vacuumed_bytes, shutil.disk_usage(file.parent).free // 3):
            cursor.execute("VACUUM")
        else:
            _fill_free_pages(cursor)
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what is overwritten stands in the log that is not yet in it
        busy = cursor.fetchone()[0]
    return not busy


def _fill_free_pages(cursor: CursorWrapper) -> None:
    """Take every page that is free now, full of zeros, and give them back."""
    cursor.execute("CREATE TABLE IF NOT EXISTS filler (zeros blob)")
    free, page_bytes = _number(cursor, "freelist_count"), _number(cursor, "page_size")
    while free > 0:
        cursor.execute("INSERT INTO filler (zeros) VALUES (zeroblob(%s))", [page_bytes * min(free, STEP_PAGES)])
        free = min(free - STEP_PAGES, _number(cursor, "freelist_count"))
    while cursor.execute("DELETE FROM filler WHERE rowid = (SELECT min(rowid) FROM filler)").rowcount:
        pass
    cursor.execute("DROP TABLE filler")


def _number(cursor: CursorWrapper, pragma: str) -> int:
    cursor.execute(f"PRAGMA {pragma}")
    return int(cursor.fetchone()[0])
