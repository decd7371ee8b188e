"""Outcome: what a Fact came to. The Events, and the reason for every one that was or was not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from switchhook.domain.call import Call
from switchhook.domain.catalogue import EXTRA_EVENTS, EventType, Field, Value
from switchhook.domain.event import Event, timed_id
from switchhook.domain.notes import ENOUGH, MOST_FACTS, MOST_NOTES, CallSheet, Note, NoteKind, sheet_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why a candidate did or did not become an Event, in plain words. `call` is the PBX's own id."""

    call: str
    at: datetime | None
    type: EventType
    told: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Events to accept, decisions to show, and the open calls (by the PBX's id) whose memory changed or that ended;
    for people, what to note in timelines (facts before what became of them) and the sheets of calls that are over."""

    events: tuple[Event, ...] = ()
    decisions: tuple[Decision, ...] = ()
    changed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    over: tuple[CallSheet, ...] = ()


NOTHING = Outcome()


class Telling:
    """Collects what is told and withheld, until it is harvested."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._decisions: list[Decision] = []
        self._changed: dict[str, None] = {}  # in order, each once
        self._ended: dict[str, None] = {}
        self._notes: list[Note] = []
        self._over: list[CallSheet] = []

    def tell(self, call: Call, kind: EventType, at: datetime | None, reason: str, *what: str, **own: Value) -> None:
        """An Event; an extra one only if it is granted. `what` tells it from others of its type in the call: never a
        count. `own`: fields by name."""
        if call.profile is None or not self.is_wanted(call, kind):
            return
        fields: dict[Field, Value] = {
            Field.SOURCE_NUMBER: call.source or None, Field.DESTINATION_NUMBER: call.destination or None,
            Field.DIRECTION: call.direction.value, Field.DIALLED_NUMBER: call.dialled or None,
            Field.TRUNK: call.trunk or None, Field.QUEUE: call.queue or None,
        }
        if call.extension:
            fields[Field.EXTENSION_NUMBER] = call.extension
        fields |= {Field(name): value for name, value in own.items()}
        event_id = timed_id(call.began_ms, call.profile.service_id, call.id, kind, *what)
        self._events.append(Event(
            id=event_id, type=kind,
            account_id=call.profile.account_id, service_id=call.profile.service_id, call_uuid=call.uuid,
            at=at or datetime.fromtimestamp(call.began_ms / 1000, UTC), order_key=str(call.uuid),
            sequence=_next_place(call, kind), native_call_id=call.id, fields=fields))
        self._decisions.append(Decision(call=call.id, at=at, type=kind, told=True, reason=reason))
        self._add(call, Note(call=call.id, at=at, kind=NoteKind.TOLD, text=reason, type=kind, event_id=event_id))
        self.changed(call)

    def withhold(self, call: Call, kind: EventType, at: datetime | None, reason: str) -> None:
        """A candidate that became no Event."""
        if call.profile is not None and self.is_wanted(call, kind):
            self._decisions.append(Decision(call=call.id, at=at, type=kind, told=False, reason=reason))
            self._add(call, Note(call=call.id, at=at, kind=NoteKind.WITHHELD, text=reason, type=kind))

    def note(self, call: Call, at: datetime | None, text: str, *, once: bool = False) -> None:
        """Something happened that people want to read of. What is told twice is noted once; `once`: only as the
        first note of the call."""
        if call.profile is None or text == call.last_note or call.facts_noted > MOST_FACTS or (once and call.notes):
            return
        call.last_note = text
        call.facts_noted += 1
        text = ENOUGH if call.facts_noted > MOST_FACTS else text
        self._add(call, Note(call=call.id, at=at, kind=NoteKind.FACT, text=text))

    def _add(self, call: Call, note: Note) -> None:
        call.notes += 1
        if call.notes <= MOST_NOTES:
            self._notes.append(note)

    @staticmethod
    def is_wanted(call: Call, kind: EventType) -> bool:
        """Is it one of the events that everybody has, or an extra one that is granted?"""
        return kind not in EXTRA_EVENTS or (call.profile is not None and kind in call.profile.extras)

    def changed_for_extras(self, call: Call) -> None:
        """The same of what only extra events need: it costs nothing where none is granted."""
        if call.profile is not None and call.profile.extras:
            self.changed(call)

    def changed(self, call: Call) -> None:
        """What a successor must know of the call is not what it was. Calls of which nothing was told need no memory."""
        self._changed[call.id] = None

    def ended(self, call: Call) -> None:
        """The call is over."""
        self._ended[call.id] = None
        self._changed.pop(call.id, None)
        sheet = sheet_of(call, ended=True)
        if sheet is not None:
            self._over.append(sheet)

    def harvest(self) -> Outcome:
        """All that was collected since the last time."""
        if not (self._decisions or self._ended or self._changed or self._notes):
            return NOTHING
        notes = sorted(self._notes, key=lambda note: note.kind is not NoteKind.FACT)
        outcome = Outcome(events=tuple(self._events), decisions=tuple(self._decisions),
                          changed=tuple(self._changed), ended=tuple(self._ended),
                          notes=tuple(notes), over=tuple(self._over))
        for collected in (self._events, self._decisions, self._changed, self._ended, self._notes, self._over):
            collected.clear()
        return outcome


def _next_place(call: Call, kind: EventType) -> int:
    """The event's place in its call. Extra events are counted by themselves: a grant changes no other's number."""
    if kind in EXTRA_EVENTS:
        call.extra_sequence += 1
        return call.extra_sequence
    call.sequence += 1
    return call.sequence
