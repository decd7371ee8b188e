"""A guided test call: what should be seen of it step by step, what was, and what to do about what is missing.

What a PBX's login may hear, no PBX says; only a call shows it. A person places a true one, and each step that should
have been seen says whether it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.facts import Direction
from switchhook.domain.notes import CallState


class Guide(StrEnum):
    """Which call is placed."""

    INBOUND = "inbound"
    MENU = "menu"
    OUTBOUND = "outbound"


class StepState(StrEnum):
    """How a step stands."""

    SEEN = "seen"
    WAITED_FOR = "waited for"
    MISSING = "missing"


class Remedy(StrEnum):
    """Where what is missing can be put right."""

    CONNECTION = "connection"
    UNCLAIMED = "unclaimed"
    DETECT = "detect"
    APPLICATIONS = "applications"
    INTEGRATIONS = "integrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen since the person began. `heard`: the PBX said anything at all. `direction` "": there is no call
    yet. `events` has each event of the call and how many requests are owed for it."""

    connected: bool
    heard: bool
    unclaimed: int = 0
    direction: str = ""
    source: str = ""
    destination: str = ""
    extension: str = ""
    state: str = ""
    over: bool = False
    events: Mapping[EventType, int]
    applications_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that should be seen."""

    state: StepState
    words: str
    todo: str = ""
    remedy: Remedy | None = None


def steps(guide: Guide, seen: Seen) -> list[Step]:
    """The steps of that call, in order. What comes after a missing one is not asked yet."""
    found: list[Step] = []
    for step in _steps(guide, seen):
        found.append(step)
        if step.state is not StepState.SEEN and (not seen.direction or step.remedy is Remedy.DETECT):
            break
    return found


def _steps(guide: Guide, seen: Seen) -> Iterator[Step]:
    yield _connection(seen)
    yield _call(seen)
    if guide is Guide.OUTBOUND:
        yield _placed(seen)
        wanted = [EventType.OUTBOUND_PLACED]
    else:
        yield _inbound(seen)
        if guide is Guide.MENU:
            yield _menu(seen)
            yield _option(seen)
            wanted = [EventType.INBOUND_RECEIVED, EventType.IVR_RECEIVED, EventType.IVR_OPTION]
        else:
            yield _phone(seen)
            yield _answer(seen)
            wanted = [EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED]
    yield _requests(seen, wanted)


def _connection(seen: Seen) -> Step:
    if seen.connected:
        return _seen("The PBX is connected.")
    return _missing("The PBX is not connected.", "Put that right first: the connection's page says what is wrong.",
                    Remedy.CONNECTION)


def _call(seen: Seen) -> Step:
    if seen.direction:
        return _seen(f"A call was seen, from {seen.source or 'a withheld number'} to "
                     f"{seen.destination or 'a number that is not known yet'}.")
    if seen.unclaimed:
        return _missing("A call was seen, but it belongs to no PBX here.", "Its tenant is not this PBX's tenant key. "
                        "The connection's page shows what the call says of its tenant.", Remedy.UNCLAIMED)
    words = "Waiting for your call."
    if seen.heard:
        return Step(state=StepState.WAITED_FOR, words=words, todo="The PBX talks to us, but of no call. If yours rings "
                    "already, the login may not hear calls: on Asterisk `read` needs `call`, and the event filter must "
                    "let Newchannel through; on FreeSWITCH `esl-allowed-events` needs CHANNEL_CREATE.")
    return Step(state=StepState.WAITED_FOR, words=words, todo="Nothing has come from the PBX since you began.")


def _inbound(seen: Seen) -> Step:
    if seen.direction == Direction.INBOUND:
        return _seen("It came in over a trunk.")
    return _missing("It was not taken for a call from outside.", "The device over which it came is not known as a "
                    "trunk, nor its context as one of trunks. Detect offers what looks like trunks.", Remedy.DETECT)


def _placed(seen: Seen) -> Step:
    if EventType.OUTBOUND_PLACED in seen.events:
        return _seen(f"It left over a trunk, placed by {seen.extension or 'a user'}.")
    if seen.direction == Direction.INBOUND:
        return _missing("It was taken for a call from outside.", "Your phone is taken for a trunk: name it among the "
                        "extensions. Detect offers phones.", Remedy.DETECT)
    return _late(seen, "It should leave over a trunk.", "No trunk was seen ringing: the device by which it leaves is "
                 "not known as a trunk. Detect offers what looks like trunks.", Remedy.DETECT)


def _phone(seen: Seen) -> Step:
    if seen.extension:
        return _seen(f"The phone of {seen.extension} rang.")
    return _late(seen, "A user's phone should ring.", "None was seen ringing. On Asterisk the event filter must let "
                 "DialBegin and DialEnd through; a phone that is not named like its extension must be named among the "
                 "extensions.", Remedy.DETECT)


def _answer(seen: Seen) -> Step:
    if EventType.INBOUND_ANSWERED in seen.events:
        return _seen(f"{seen.extension or 'A user'} answered.")
    if seen.state == CallState.PICKED_UP:
        return _missing("It was picked up, which is not an answer.", "Call again, and answer at the phone that rings.")
    if seen.state == CallState.CONNECTED and seen.over:
        return _missing("Somebody answered, but no user's phone.", "A forward to a mobile is no answer by a user. Call "
                        "again, and answer at a desk.")
    return _late(seen, "A user should answer.", "Nobody answered before the call ended: call again, and answer.")


def _menu(seen: Seen) -> Step:
    if EventType.IVR_RECEIVED in seen.events:
        return _seen("It reached a menu.")
    return _late(seen, "It should reach a menu.", "No menu was recognised. Its context must be named as a menu, which "
                 "Detect offers, and the event filter must let that context through; or the dialplan says "
                 "UserEvent(IVRReceived,IVRName: a name).", Remedy.DETECT)


def _option(seen: Seen) -> Step:
    if EventType.IVR_OPTION in seen.events:
        return _seen("An option was chosen.")
    return _late(seen, "An option should be chosen.", "None was recognised. A menu that asks by Read must say "
                 "UserEvent(IVROption,IVRName: a name,Option: the digits); on FreeSWITCH `esl-allowed-events` needs "
                 "DTMF. A wrong key is no option.")


def _requests(seen: Seen, wanted: list[EventType]) -> Step:
    labels = ", ".join(EVENTS[one].label for one in wanted)
    owed = sum(seen.events.get(one, 0) for one in wanted)
    if owed:
        return _seen(
            "1 request went to your integrations." if owed == 1 else f"{owed} requests went to your integrations.")
    happened = any(one in seen.events for one in wanted)
    if happened and not seen.applications_enabled:
        return _missing("No integration fired.", "Applications are disabled for this PBX.", Remedy.APPLICATIONS)
    if not happened or not seen.over:
        return Step(state=StepState.WAITED_FOR, words="Then your integrations fire.")
    return _missing("No integration fired.", f"None that is enabled listens for {labels}.", Remedy.INTEGRATIONS)


def _seen(words: str) -> Step:
    return Step(state=StepState.SEEN, words=words)


def _missing(words: str, todo: str, remedy: Remedy | None = None) -> Step:
    return Step(state=StepState.MISSING, words=words, todo=todo, remedy=remedy)


def _late(seen: Seen, words: str, todo: str, remedy: Remedy | None = None) -> Step:
    """It may still come, until the call is over."""
    return _missing(words, todo, remedy) if seen.over else Step(state=StepState.WAITED_FOR, words=words)
