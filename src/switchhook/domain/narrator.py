"""Narrator: interesting Facts in plain words, as notes in their call's timeline. It reads what the tracker knows."""

from __future__ import annotations

from collections.abc import Callable

from switchhook.domain.call import Call, Leg
from switchhook.domain.facts import (
    CallPickedUp,
    DestinationTold,
    Direction,
    Fact,
    LegAnswered,
    LegDialled,
    LegEnded,
    LegPresent,
    LegStarted,
    MessageLeft,
    Party,
    PbxStopped,
    QueueJoined,
    TransferKind,
    Transferred,
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
        """What must be noted while it is still known: the ends of things."""
        if isinstance(fact, LegEnded):
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
            case Transferred():
                self._transferred(fact)
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
        if leg is leg.call.origin and leg.call.direction is Direction.INBOUND:
            text = "the caller left"
        elif leg.began_call or leg.bridged or leg.answers is not None:
            text = f"{self._name(leg)} left"
        else:
            text = f"{self._name(leg)} stopped ringing"
        self._telling.note(call, fact.at, text)

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
            self._telling.note(leg.call, fact.at, f"{self._name(leg)} rings")
        else:
            number = fact.number or "a number"
            self._telling.note(leg.call, fact.at, f"{number} was dialled over the trunk {leg.device}")

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

    def _transferred(self, fact: Transferred) -> None:
        transferer = self._party(fact.transferer)
        moved = transferer if fact.transferee is None else self._party(fact.transferee) or transferer
        if moved is None:
            return
        who = self._name(transferer) if transferer is not None else fact.transferer.device
        target = fact.extension
        if fact.kind is TransferKind.ATTENDED and fact.second is not None:
            second = self._party(fact.second)
            target = target if second is None else second.dialled or second.call.dialled or target
        text = f"{who} transferred the call to {target}" if target else f"{who} transferred the call"
        if fact.kind is TransferKind.ATTENDED:
            text = f"{text} after speaking there"
        self._telling.note(moved.call, fact.at, text)

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
