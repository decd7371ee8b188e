"""Calls as people read them: written again and again while they are open, and gone with retention."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction
from switchhook.domain.notes import CallSheet, CallState, Note, NoteKind
from switchhook.store.ports import CallRecord, Store
from switchhook.store.rows import to_ms
from switchhook.store.work import calls
from tests.contracts.making import ACCOUNT, SERVICE, now
from tests.fixtures.seed import Seed

AT = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)


def record(*notes: Note, began: datetime | None = None, ended: datetime | None = None, **sheet: Any) -> CallRecord:
    """A call that came in just now, rings, and of which that is new."""
    began = began or now()
    made = CallSheet(**{
        "id": uuid4(), "account_id": ACCOUNT, "service_id": SERVICE, "native_call_id": "1772580115.1",
        "began_ms": to_ms(began), "ended": ended is not None, "ended_at": ended, "direction": Direction.INBOUND,
        "source_number": "+1 (202) 555-0171", "destination_number": "12025550101", "extension_number": "",
        "state": CallState.RINGING, "partial": False} | sheet)
    return CallRecord(sheet=made, notes=notes, began_ms=made.began_ms, ended_ms=None if ended is None else to_ms(ended))


def note(text: str, kind: NoteKind = NoteKind.FACT, **more: Any) -> Note:
    return Note(call="1772580115.1", at=AT, kind=kind, text=text, **more)


def lines(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in row["notes"].splitlines()]


async def test_a_call_is_written_with_its_timeline(store: Store, engine: UUID, seed: Seed) -> None:
    event_id = uuid4()
    told = note("a call came in", NoteKind.TOLD, type=EventType.INBOUND_RECEIVED, event_id=event_id)
    one = record(note("201 rings"), told)
    await store.keep_calls([one])
    row = seed.row("call", one.sheet.id)
    assert (row["source_tail"], row["destination_tail"]) == ("25550171", "25550101")
    assert (row["direction"], row["state"], row["ended_ms"]) == ("inbound", "ringing", None)
    assert lines(row) == [
        {"at": to_ms(AT), "kind": "fact", "text": "201 rings"},
        {"at": to_ms(AT), "kind": "told", "text": "a call came in", "type": "call.inbound_received",
         "event": str(event_id)},
    ]


async def test_what_is_new_of_a_call_is_added_and_what_was_known_stays(store: Store, engine: UUID, seed: Seed) -> None:
    one = record(note("201 rings"), extension_number="201")
    await store.keep_calls([one])
    later = replace(one.sheet, source_number="", extension_number="", state=CallState.ANSWERED, ended=True, ended_at=AT)
    await store.keep_calls([replace(one, sheet=later, notes=[note("201 answered")], began_ms=1, ended_ms=to_ms(AT))])
    row = seed.row("call", one.sheet.id)
    assert [line["text"] for line in lines(row)] == ["201 rings", "201 answered"]
    assert (row["source_number"], row["source_tail"]) == ("+1 (202) 555-0171", "25550171")
    assert (row["extension_number"], row["state"]) == ("201", "answered")
    assert (row["began_ms"], row["ended_ms"]) == (one.began_ms, to_ms(AT))


async def test_the_files_of_a_calls_recordings_are_kept_and_never_grow_fewer(
    store: Store, engine: UUID, seed: Seed,
) -> None:
    one = record()
    files = ("/var/spool/asterisk/monitor/a.wav", "b\0\n\"ü\ud800.wav")
    for known in ((), files[:1], files, ()):
        await store.keep_calls([replace(one, sheet=replace(one.sheet, recordings=known))])
    assert json.loads(seed.row("call", one.sheet.id)["recordings"]) == list(files)


async def test_many_calls_are_written_at_once_each_as_it_was_told(store: Store, engine: UUID, seed: Seed) -> None:
    batch = [record(note(f"the number {number}"), native_call_id=str(number)) for number in range(50)]
    await store.keep_calls(batch)
    for number, one in enumerate(batch):
        row = seed.row("call", one.sheet.id)
        assert (row["native_call_id"], lines(row)[0]["text"]) == (str(number), f"the number {number}")
    await store.keep_calls([])


async def test_a_timeline_grows_no_further_than_its_bound(store: Store, engine: UUID, seed: Seed) -> None:
    one = record(note("x" * calls.MOST_CHARACTERS))
    for _ in range(3):
        await store.keep_calls([one])
    assert len(lines(seed.row("call", one.sheet.id))) == 1


async def test_old_calls_go_with_retention(store: Store, engine: UUID, seed: Seed) -> None:
    old = [record(began=now() - timedelta(days=31)) for _ in range(3)]
    theirs = record(began=now() - timedelta(days=31), account_id=uuid4())
    kept = record()
    await store.keep_calls([*old, theirs, kept])
    bound = now() - timedelta(days=30)
    assert await store.prune(bound, 10, account_id=ACCOUNT) == 3
    assert seed.row("call", theirs.sheet.id)
    assert await store.prune(bound, 10) == 1
    assert await store.prune(bound, 10) == 0
    assert [row["n"] for row in seed.rows("SELECT count(*) AS n FROM call")] == [1]
    assert seed.row("call", kept.sheet.id)
