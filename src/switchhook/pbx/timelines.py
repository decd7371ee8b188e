"""Timelines: what is to be kept of calls for people, gathered until it is written. Bounded, and never waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from switchhook.domain.notes import CallSheet, Note
from switchhook.domain.outcome import Outcome
from switchhook.store.ports import CallRecord
from switchhook.store.rows import to_ms

MOST_CALLS = 20_000  # whose notes wait; beyond it, while the database is away, the oldest are lost


class Timelines:
    """Notes and sheets of the calls of one Connection. `sheet` asks for that of an open call."""

    def __init__(self, sheet: Callable[[str], CallSheet | None]) -> None:
        self._sheet = sheet
        self._notes: dict[str, list[Note]] = {}
        self._over: dict[str, CallSheet] = {}

    def hear(self, outcome: Outcome, now: datetime) -> None:
        """Gather what an Outcome says. What the PBX gave no time happened `now`."""
        for note in outcome.notes:
            self._notes.setdefault(note.call, []).append(note if note.at is not None else replace(note, at=now))
        for sheet in outcome.over:
            self._notes.setdefault(sheet.native_call_id, [])
            self._over[sheet.native_call_id] = sheet if sheet.ended_at is not None else replace(sheet, ended_at=now)
        while len(self._notes) > MOST_CALLS:
            self._over.pop(oldest := next(iter(self._notes)), None)
            del self._notes[oldest]

    def take(self, most: int) -> list[CallRecord]:
        """What is new of up to so many calls, the longest waiting first; nothing when nothing is."""
        records = []
        for call in list(self._notes)[:most]:
            notes = self._notes.pop(call)
            sheet = self._over.pop(call, None) or self._sheet(call)
            if sheet is None:
                continue
            times = [note.at for note in notes if note.at is not None] + ([sheet.ended_at] if sheet.ended_at else [])
            records.append(CallRecord(
                sheet=sheet, notes=notes, began_ms=sheet.began_ms or (to_ms(min(times)) if times else 0),
                ended_ms=None if sheet.ended_at is None else to_ms(sheet.ended_at)))
        return records
