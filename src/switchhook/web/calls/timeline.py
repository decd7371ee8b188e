"""A call's timeline for its page: what happened, what fired and to whom, what did not fire and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.facts import Direction
from switchhook.domain.notes import CallState
from switchhook.web.models import Call, Event

_STATES: dict[str, tuple[str, Promise]] = {
    CallState.RINGING: ("busy", _lazy("Ringing")), CallState.MENU: ("neutral", _lazy("Reached a menu")),
    CallState.ANSWERED: ("good", _lazy("Answered")), CallState.PICKED_UP: ("good", _lazy("Picked up")),
    CallState.CONNECTED: ("good", _lazy("Connected")), CallState.UNANSWERED: ("neutral", _lazy("Not answered")),
}
_IN_PROGRESS: dict[str, Promise] = {CallState.MENU: _lazy("In a menu"), CallState.RINGING: _lazy("Ringing")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline. `kind`: fact, told or withheld; `event` where an event was told."""

    at_ms: int
    kind: str
    text: str
    type: str = ""
    event: Event | None = None
    gone: bool = False  # an event was told, and is not kept any more

    @property
    def milliseconds(self) -> str:
        return f"{self.at_ms % 1000:03}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFired:
    """Something that one might have expected to be sent and was not, and why. `event`: it happened, unwanted."""

    type: str
    reason: str
    event: Event | None = None


def state_of(call: Call) -> tuple[str, str]:
    """The kind (colour) and words of what a call has come to."""
    if call.ended_ms is None:
        return "busy", str(_IN_PROGRESS.get(call.state) or _("In progress"))
    kind, words = _STATES.get(call.state, ("neutral", call.state))
    return kind, str(words)


def timeline(call: Call | None, events: Sequence[Event]) -> list[Entry]:
    """Notes and events in the order in which they happened. An event that no note tells of has a line of its own;
    what was written twice, because an answer was lost or two engines heard it, stands once."""
    by_id = {event.id: event for event in events}
    entries: list[Entry] = []
    seen: set[tuple[object, ...]] = set()
    for line in ("" if call is None else call.notes).splitlines():
        note = json.loads(line)
        event_id = note.get("event", "")
        same = ("event", event_id) if event_id else (note["at"], note["kind"], note["text"], note.get("type"))
        if same in seen:
            continue
        seen.add(same)
        event = by_id.pop(UUID(event_id), None) if event_id else None
        entries.append(Entry(at_ms=note["at"], kind=note["kind"], text=_sentence(note["text"]),
                             type=note.get("type", ""), event=event, gone=bool(event_id) and event is None))
    entries += [
        Entry(at_ms=event.at_ms, kind="told", text="", type=event.type, event=event) for event in by_id.values()]
    if call is not None and call.ended_ms is not None:
        entries.append(Entry(at_ms=call.ended_ms, kind="fact", text="The call ended."))
    return sorted(entries, key=lambda entry: entry.at_ms)


def not_fired(call: Call | None, entries: Sequence[Entry], passed_over: Sequence[NotFired] = ()) -> list[NotFired]:
    """What was not sent: withheld, wanted by nobody, never come to pass, or `passed_over` one of the integrations."""
    found = [NotFired(type=one.type, reason=one.text) for one in entries if one.kind == "withheld"]
    found += [
        NotFired(type=one.type, reason=_sentence(one.event.unwanted_reason), event=one.event)
        for one in entries if one.event is not None and one.event.unwanted_reason]
    found += passed_over
    answered = EventType.INBOUND_ANSWERED
    over_and_inbound = call is not None and call.ended_ms is not None and call.direction == Direction.INBOUND
    if over_and_inbound and not any(one.type == answered for one in entries):
        found.append(NotFired(type=answered, reason="No user's phone answered before the call ended."))
    order = {kind.value: place for place, kind in enumerate(EVENTS)}
    return sorted(found, key=lambda one: order.get(one.type, len(order)))


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "!", "?")) else ".")
