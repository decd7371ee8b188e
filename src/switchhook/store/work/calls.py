"""Calls and their timelines, as people read them: written now and then, apart from what must not be lost."""

from __future__ import annotations

from collections.abc import Sequence

from switchhook.store.dialect import Each, Work
from switchhook.store.ports import CallRecord
from switchhook.store.rows import CALL, call_row

#: A timeline grows no further than this, however often its call is taken over; in characters.
MOST_CHARACTERS = 100_000

#: A call begins once, and what was known of it once is not forgotten: an engine that joins in late knows less.
_KEEP = f"""
    INSERT INTO call AS kept ({", ".join(CALL)}) SELECT {", ".join(f":{name}" for name in CALL)} {{rows}} WHERE true
    ON CONFLICT (id) DO UPDATE SET
        ended_ms = coalesce(excluded.ended_ms, kept.ended_ms), direction = excluded.direction,
        source_number = coalesce(nullif(excluded.source_number, ''), kept.source_number),
        source_tail = coalesce(nullif(excluded.source_tail, ''), kept.source_tail),
        destination_number = coalesce(nullif(excluded.destination_number, ''), kept.destination_number),
        destination_tail = coalesce(nullif(excluded.destination_tail, ''), kept.destination_tail),
        extension_number = coalesce(nullif(excluded.extension_number, ''), kept.extension_number),
        state = excluded.state,
        recordings = CASE WHEN length(kept.recordings) > length(excluded.recordings) THEN kept.recordings
            ELSE excluded.recordings END,
        notes = CASE WHEN length(kept.notes) < {MOST_CHARACTERS} THEN kept.notes || excluded.notes ELSE kept.notes END
"""


def keep(batch: Sequence[CallRecord]) -> Work[None]:
    """See `Store.keep_calls`. Rows go in by id, each once."""
    rows = {one.sheet.id: call_row(one) for one in sorted(batch, key=lambda one: one.sheet.id)}
    if rows:
        yield Each(_KEEP, CALL, list(rows.values()))
