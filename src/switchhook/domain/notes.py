"""Notes: a call's timeline in plain words, and the sheet that says in short what the call is and came to.

Notes are for people. Nothing is decided by them, and digits that were keyed in never stand in a fact of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from switchhook.domain.call import Call
from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction
from switchhook.domain.recordings import MOST_RECORDINGS

#: So many facts, and so many notes in all, are kept of one call: decisions have room when it rings and rings.
MOST_FACTS = 150
MOST_NOTES = 200
ENOUGH = "more happened than is kept here"


class NoteKind(StrEnum):
    """What a note is about."""

    FACT = "fact"  # something happened
    TOLD = "told"  # an Event was made of it
    WITHHELD = "withheld"  # it could have become an Event and did not


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of a call's timeline. `call` is the PBX's own id; `type` and `event_id` where an Event is meant."""

    call: str
    at: datetime | None
    kind: NoteKind
    text: str
    type: EventType | None = None
    event_id: UUID | None = None


class CallState(StrEnum):
    """What a call has come to, so far or in the end."""

    RINGING = "ringing"
    MENU = "menu"  # it reached a menu, and nobody spoke
    ANSWERED = "answered"  # by a user who was rung
    PICKED_UP = "picked_up"
    CONNECTED = "connected"  # two parties spoke
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSheet:
    """What is kept of a call for people to find it by. `ended_at` None though `ended`: nobody knows when."""

    id: UUID
    account_id: UUID
    service_id: UUID
    native_call_id: str
    began_ms: int
    ended: bool
    ended_at: datetime | None
    direction: Direction
    source_number: str
    destination_number: str
    extension_number: str
    state: CallState
    partial: bool
    recordings: tuple[str, ...] = ()  # files, as the PBX names them


def sheet_of(call: Call, *, ended: bool) -> CallSheet | None:
    """The sheet of a call; None for one that no service claimed."""
    if call.profile is None:
        return None
    return CallSheet(
        id=call.uuid, account_id=call.profile.account_id, service_id=call.profile.service_id, native_call_id=call.id,
        began_ms=call.began_ms, ended=ended, ended_at=call.touched_at if ended else None, direction=call.direction,
        source_number=call.source, destination_number=call.destination,
        extension_number=call.picked_up_by or call.extension or call.rung, state=_state(call, ended),
        partial=call.partial, recordings=tuple(call.recordings[:MOST_RECORDINGS]))


def _state(call: Call, ended: bool) -> CallState:
    legs = (*call.legs.values(), *call.past_legs.values())
    if call.picked_up_by:
        return CallState.PICKED_UP
    if call.answered and call.direction is Direction.INBOUND:
        return CallState.ANSWERED
    if any(leg.bridged and not leg.local for leg in legs):
        return CallState.CONNECTED
    if any(leg.heard_menu for leg in legs):
        return CallState.MENU
    return CallState.UNANSWERED if ended else CallState.RINGING
