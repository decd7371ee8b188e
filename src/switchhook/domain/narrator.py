"""Narrator: interesting Facts in plain words, as notes in their call's timeline. It reads what the tracker knows."""

from __future__ import annotations

from collections.abc import Callable

from switchhook.domain.call import Call, Leg
from switchhook.domain.disposition import Disposition, of_rung_leg
from switchhook.domain.facts import (
    CallPickedUp,
    DestinationTold,
    Direction,
    Fact,
    LegAnswered,
    LegDialled,
    LegEnded,
    LegForwarded,
    LegPresent,
    LegRinging,
    LegStarted,
    LegUp,
    MessageLeft,
    Party,
    PbxStopped,
    QueueJoined,
)
from switchhook.domain.open_calls import OpenCalls
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Acquaintance, Kind, Profile


class Narrator:
    """Notes what happened. What became of it, the decisions say. `kind` says what is behind a leg."""

    def __init__(
        self, telling: Telling, open_calls: OpenCalls, known: Acquaintance, kind: Callable[[Leg, Profile], Kind]
    ) -> None:
        self._telling = telling
        self._open = open_calls
        self._known = known
        self._kind = kind

    def before(self, fact: Fact) -> None:
        """What must be noted while it is still known: the ends of things, and that something is new."""
        if isinstance(fact, LegRinging):
            self._rings(fact)
        elif isinstance(fact, LegUp):
            self._up(fact)
        elif isinstance(fact, LegEnded):
            leg = self._open.legs.get(fact.leg)
            if leg is not None and not leg.local:
                self._ended(leg, self._open.calls.get(fact.call, leg.call), fact)
        elif isinstance(fact, PbxStopped):
            for call in self._open.calls.values():
                self._telling.note(call, fact.at, "the PBX stopped")

    def after(self, fact: Fact) -> None:
        """What shows once the tracker has taken the Fact in."""
        match fact:
            case LegStarted():
                self._started(fact)
            case LegPresent():
                self._present(fact)
            case DestinationTold():
                self._destination_told(fact)
            case LegDialled():
                self._dialled(fact)
            case LegAnswered():
                self._answered(fact)
            case CallPickedUp():
                self._picked_up(fact)
            case LegForwarded():
                self._forwarded(fact)
            case QueueJoined():
                self._of_caller(fact, f"waits in the queue {fact.queue}")
            case MessageLeft():
                self._of_caller(fact, "left a message")
            case _:
                pass

    # -- beginning and end -------------------------------------------------------------
    def _started(self, fact: LegStarted) -> None:
        leg = self._open.legs.get(fact.party.leg)
        if leg is None or leg is not leg.call.origin or fact.called:
            return
        call = leg.call
        if call.direction is Direction.INBOUND:
            source = fact.caller_number or "a withheld number"
            text = f"a call from {source} came in over {leg.device} to {fact.dialled}" if fact.dialled \
                else f"a call from {source} came in over {leg.device}"
            self._telling.note(call, fact.at, text)
        else:
            who = self._name(leg)
            text = f"{who} dialled {fact.dialled}" if fact.dialled else f"{who} began a call"
            self._telling.note(call, fact.at, text)

    def _destination_told(self, fact: DestinationTold) -> None:
        leg = self._open.legs.get(fact.leg)
        if leg is not None and leg is leg.call.origin and not leg.dialled and leg.call.dialled == fact.number:
            self._telling.note(leg.call, fact.at, f"the number dialled is {fact.number}")

    def _present(self, fact: LegPresent) -> None:
        leg = self._open.legs.get(fact.started.party.leg)
        if leg is not None and leg.call.partial:
            self._telling.note(leg.call, fact.at, "the call was under way when we began to listen", once=True)

    def _ended(self, leg: Leg, call: Call, fact: LegEnded) -> None:
        name = self._name(leg)
        if leg is leg.call.origin and leg.call.direction is Direction.INBOUND:
            text = "the caller left"
        elif leg.began_call or leg.bridged or leg.answers is not None:
            text = f"{name} left"
        elif leg.connected:  # a call that is to be confirmed, by a key, perhaps
            text = f"{name} picked up the phone, and did not take the call"
        else:
            text = "" if leg.forwards_to else self._in_vain(leg, name, fact)
        if text:
            self._telling.note(call, fact.at, text)

    def _in_vain(self, leg: Leg, name: str, fact: LegEnded) -> str:
        match of_rung_leg(answered=False, rang=leg.rings, outside=not self._is_phone(leg), cause=fact.cause):
            case Disposition.BUSY:
                return f"{name} is busy"
            case Disposition.DECLINED:
                return f"{name} declined the call"
            case Disposition.FAILED:
                return f"the call to {name} failed"
            case Disposition.UNREACHABLE:
                return f"{name} was called, and was not heard to ring"
            case _:
                return f"{name} stopped ringing"

    def _of_caller(self, fact: QueueJoined | MessageLeft, what: str) -> None:
        leg = self._open.legs.get(fact.leg)
        if leg is not None:
            self._telling.note(leg.call, fact.at, f"the caller {what}")

    # -- ringing, answering, handing on ---------------------------------------------------
    def _dialled(self, fact: LegDialled) -> None:
        leg = self._party(fact.dialled)
        if leg is None:
            return
        if self._is_phone(leg):
            leg.call.rung = leg.call.rung or self._name(leg)
        else:
            number = fact.number or "a number"
            self._telling.note(leg.call, fact.at, f"{number} was dialled over the trunk {leg.device}")

    def _rings(self, fact: LegRinging) -> None:
        leg = self._open.legs.get(fact.leg)
        if leg is not None and not leg.local and not leg.rings and (leg.rung or leg.called):
            self._telling.note(leg.call, fact.at, f"{self._name(leg)} rings")

    def _up(self, fact: LegUp) -> None:
        """A caller whom nobody has taken yet: a menu, a queue, an announcement or the voicemail begins."""
        leg = self._open.legs.get(fact.leg)
        if leg is None or leg is not leg.call.origin or leg.connected or leg.call.direction is not Direction.INBOUND:
            return
        call = leg.call
        others = (other for other in call.legs.values() if other is not leg and not other.local)
        if not (call.picked_up_by or any(one.connected or one.bridged or one.answers is not None for one in others)):
            self._telling.note(call, fact.at, "the PBX itself took the call")

    def _forwarded(self, fact: LegForwarded) -> None:
        call = self._open.calls.get(fact.by.call)
        leg = None if call is None else call.legs.get(fact.by.leg) or call.past_legs.get(fact.by.leg)
        if leg is not None:
            self._telling.note(leg.call, fact.at, f"{self._name(leg)} forwards the call to {fact.number} by itself")

    def _answered(self, fact: LegAnswered) -> None:
        leg = self._party(fact.dialled)
        if leg is not None and (leg.called or not leg.began_call):  # else: who dialled to pick up is no answerer
            self._telling.note(leg.call, fact.at, f"{self._name(leg)} answered")

    def _picked_up(self, fact: CallPickedUp) -> None:
        picker, target = self._party(fact.picker), self._party(fact.target)
        if target is None:
            return
        target.call.picked_up_by = self._name(picker) if picker is not None else fact.picker.device
        who, rang = target.call.picked_up_by, self._name(target)
        text = f"{who} picked up the call that rang at {rang}: a pickup is not an answer"
        self._telling.note(target.call, fact.at, text)
        if picker is not None and picker.call is not target.call:
            picker.call.picked_up_by = target.call.picked_up_by
            self._telling.note(picker.call, fact.at, text)

    # -- who ------------------------------------------------------------------------------
    def _party(self, party: Party) -> Leg | None:
        leg = self._open.legs.get(party.leg)
        return None if leg is None or leg.local else leg

    def _is_phone(self, leg: Leg) -> bool:
        return leg.call.profile is not None and self._kind(leg, leg.call.profile) is Kind.PHONE

    def _name(self, leg: Leg) -> str:
        """A user by the extension, a trunk as what it is."""
        if leg.call.profile is None:
            return leg.device
        if self._is_phone(leg):
            return self._known.extension(leg.call.profile, leg.device)
        return f"the party on the trunk {leg.device}"
