"""Calls that never were: the facts that a real PBX would tell of them, for the demo and for test calls.

The made-up PBX has a trunk `trunk-provider`, the phones 201 to 205, a menu `ivr-1` and a survey `ivr-nps`, and
numbers of the range that is reserved for fiction (1 202 555 01xx).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from switchhook.domain.facts import (
    CallPickedUp,
    Fact,
    LegAnswered,
    LegBridged,
    LegDialled,
    LegEnded,
    LegRinging,
    LegStarted,
    LegUp,
    MessageLeft,
    Party,
    PlaceReached,
    Point,
    TransferKind,
    Transferred,
)

TRUNK = "trunk-provider"
PHONES = ("201", "202", "203", "204", "205")
MENU, SURVEY = "ivr-1", "ivr-nps"
DESK_NUMBER, MENU_NUMBER = "12025550101", "12025550104"
SURVEY_EXTENSION = "8001"


class MadeUp(StrEnum):
    """The kinds of call that can be made up; the value is its name in an errand."""

    ANSWERED = "answered"
    MISSED = "missed"
    OUTBOUND = "outbound"
    MENU = "menu"
    SURVEY = "survey"
    PICKED_UP = "picked_up"
    VOICEMAIL = "voicemail"
    FORWARDED = "forwarded"


#: How often each kind comes, of 22 calls.
MIX = (
    (MadeUp.ANSWERED, 5), (MadeUp.MISSED, 2), (MadeUp.OUTBOUND, 5), (MadeUp.MENU, 3), (MadeUp.SURVEY, 4),
    (MadeUp.PICKED_UP, 1), (MadeUp.VOICEMAIL, 1), (MadeUp.FORWARDED, 1))


def make_up(
    kind: MadeUp, began_at: datetime, number: int, random: Random, phones: Sequence[str] = PHONES
) -> list[Fact]:
    """The facts of one call, each with its moment, from `began_at` on. `number` tells calls of one second apart."""
    call = _Call(began_at, f"{int(began_at.timestamp())}.{number}", random, tuple(phones) or PHONES)
    _SCRIPTS[kind](call)
    return call.facts


def any_kind(random: Random) -> MadeUp:
    """A kind, each as often as in MIX."""
    return random.choices([kind for kind, _ in MIX], [often for _, often in MIX])[0]


@dataclass(slots=True)
class _Call:
    """A call as it is being made up. `at` moves on with every pause."""

    at: datetime
    id: str
    random: Random
    phones: tuple[str, ...]
    facts: list[Fact] = field(default_factory=list)
    legs: int = 0
    began_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began_at = self.at

    def pause(self, least_seconds: float, most_seconds: float) -> None:
        self.at += timedelta(seconds=self.random.uniform(least_seconds, most_seconds))

    def outside_number(self) -> str:
        return f"120255501{self.random.randint(60, 99)}"

    def begin(self, device: str, place: str, dialled: str, caller: str) -> Party:
        party = Party(leg=self.id, call=self.id, device=device, began_call=True, place=place)
        self.facts.append(LegStarted(at=self.at, party=party, dialled=dialled, caller_number=caller,
                                     call_began_at=self.began_at))
        return party

    def ring(self, caller: Party, device: str, number: str = "", asked_for: str = "") -> Party:
        self.legs += 1
        party = Party(leg=f"{self.id}-{self.legs}", call=self.id, device=device,
                      place="from-trunk" if device == TRUNK else "from-internal")
        self.facts += [
            LegStarted(at=self.at, party=party, called=True, call_began_at=self.began_at),
            LegDialled(at=self.at, dialling=caller, dialled=party, number=number, asked_for=asked_for),
            LegRinging(at=self.at, leg=party.leg, call=self.id),
        ]
        return party

    def answer(self, caller: Party, rung: Party) -> None:
        self.facts += [
            LegUp(at=self.at, leg=rung.leg, call=self.id),
            LegAnswered(at=self.at, dialling=caller, dialled=rung),
            LegBridged(at=self.at, party=rung, bridge=f"bridge-{self.id}"),
            LegBridged(at=self.at, party=caller, bridge=f"bridge-{self.id}"),
        ]

    def up(self, caller: Party) -> None:
        self.facts.append(LegUp(at=self.at, leg=caller.leg, call=self.id))

    def enter(self, caller: Party, place: str) -> None:
        self.up(caller)
        self.facts.append(PlaceReached(at=self.at, leg=caller.leg, call=self.id, place=place, point=Point.ENTRANCE))

    def choose(self, caller: Party, place: str, digits: str) -> None:
        self.facts.append(
            PlaceReached(at=self.at, leg=caller.leg, call=self.id, place=place, point=Point.CHOICE, digits=digits))

    def end(self, *parties: Party) -> None:
        self.facts += [LegEnded(at=self.at, leg=party.leg, call=self.id) for party in parties]


def _answered(call: _Call) -> None:
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, call.outside_number())
    phone = call.ring(caller, call.random.choice(call.phones))
    call.pause(1, 4)
    call.answer(caller, phone)
    call.pause(4, 25)
    call.end(phone, caller)


def _missed(call: _Call) -> None:
    withheld = call.random.random() < 0.3
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, "" if withheld else call.outside_number())
    phone = call.ring(caller, call.random.choice(call.phones))
    call.pause(3, 8)
    call.end(phone, caller)


def _outbound(call: _Call) -> None:
    phone = call.random.choice(call.phones)
    number = call.outside_number()
    caller = call.begin(phone, "from-internal", "9" + number, phone)
    trunk = call.ring(caller, TRUNK, number)
    call.pause(2, 5)
    if call.random.random() < 0.8:
        call.answer(caller, trunk)
        call.pause(4, 25)
    call.end(trunk, caller)


def _menu(call: _Call) -> None:
    caller = call.begin(TRUNK, "from-trunk", MENU_NUMBER, call.outside_number())
    call.pause(0.2, 0.5)
    call.enter(caller, MENU)
    call.pause(1.5, 4)
    phone = call.random.choice(call.phones)
    call.choose(caller, MENU, str(call.random.randint(1, 3)))
    call.enter(caller, "ext-local")
    rung = call.ring(caller, phone)
    call.pause(1, 4)
    call.answer(caller, rung)
    call.pause(4, 20)
    call.end(rung, caller)


def _survey(call: _Call) -> None:
    """Answered, then sent on to the survey: the sample of the specification."""
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, call.outside_number())
    phone = call.ring(caller, call.random.choice(call.phones))
    call.pause(1, 3)
    call.answer(caller, phone)
    call.pause(3, 10)
    call.facts.append(Transferred(at=call.at, kind=TransferKind.BLIND, transferer=phone, transferee=caller,
                                  extension=SURVEY_EXTENSION))
    call.end(phone)
    call.enter(caller, SURVEY)
    call.pause(1.5, 4)
    call.choose(caller, SURVEY, call.random.choices("0123456789", (2, 1, 1, 1, 1, 2, 3, 5, 9, 10))[0])
    call.pause(0.3, 1)
    call.end(caller)


def _picked_up(call: _Call) -> None:
    """One phone rings, and another dials ** and its extension: a pickup, and not an answer."""
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, call.outside_number())
    ringing, picking = call.random.sample(call.phones, 2) if len(call.phones) > 1 else call.phones * 2
    rung = call.ring(caller, ringing)
    call.pause(2, 4)
    own = f"{call.id}-pickup"  # the picker's own call, until it is joined with the caller's
    picker = Party(leg=own, call=own, device=picking, began_call=True, place="from-internal")
    call.facts += [
        LegStarted(at=call.at, party=picker, dialled=f"**{ringing}", caller_number=picking, call_began_at=call.at),
        CallPickedUp(at=call.at, picker=picker, target=rung),
    ]
    call.answer(caller, picker)
    call.end(rung)
    call.pause(4, 15)
    call.end(picker, caller)


def _voicemail(call: _Call) -> None:
    """Nobody answers, and the caller leaves a message."""
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, call.outside_number())
    mailbox = call.random.choice(call.phones)
    phone = call.ring(caller, mailbox)
    call.pause(3, 8)
    call.end(phone)
    call.up(caller)
    call.pause(4, 10)
    call.facts.append(MessageLeft(at=call.at, leg=caller.leg, call=call.id, mailbox=mailbox, message=f"msg-{call.id}"))
    call.end(caller)


def _forwarded(call: _Call) -> None:
    """A user's phone rings in vain, and the user's mobile, over the trunk, answers."""
    caller = call.begin(TRUNK, "from-trunk", DESK_NUMBER, call.outside_number())
    user = call.random.choice(call.phones)
    phone = call.ring(caller, user)
    call.pause(2, 4)
    call.end(phone)
    mobile = call.ring(caller, TRUNK, call.outside_number(), asked_for=user)
    call.pause(1, 4)
    call.answer(caller, mobile)
    call.pause(4, 20)
    call.end(mobile, caller)


_SCRIPTS: dict[MadeUp, Callable[[_Call], None]] = {
    MadeUp.ANSWERED: _answered, MadeUp.MISSED: _missed, MadeUp.OUTBOUND: _outbound, MadeUp.MENU: _menu,
    MadeUp.SURVEY: _survey, MadeUp.PICKED_UP: _picked_up, MadeUp.VOICEMAIL: _voicemail,
    MadeUp.FORWARDED: _forwarded,
}
