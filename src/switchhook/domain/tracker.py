"""The tracker: Facts in, Events out, and the reason for each decision.

One for each Connection; it may feed many Services. It asks for no clock and no database. Nothing is
taken for granted: Facts may be missing, repeated or out of order, and legs may be unknown. Every call
that begins also ends: with its last leg, by a snapshot in which its legs are missing, or by `expire`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import assert_never

from switchhook.domain.call import Call, Leg
from switchhook.domain.claims import Claim
from switchhook.domain.endings import Endings
from switchhook.domain.facts import (
    CallPickedUp,
    Cause,
    Connected,
    DestinationTold,
    ExtensionKnown,
    Fact,
    LegAnswered,
    LegBridged,
    LegDialled,
    LegEnded,
    LegForwarded,
    LegPresent,
    LegRecorded,
    LegRinging,
    LegStarted,
    LegUp,
    LocalPaired,
    MenuEntered,
    MessageLeft,
    OptionChosen,
    PbxStopped,
    PlaceReached,
    QueueJoined,
    SnapshotEnded,
    TenantTold,
    TransferKind,
    Transferred,
)
from switchhook.domain.handling import Handling
from switchhook.domain.memory import recall, remember
from switchhook.domain.menus import Menus
from switchhook.domain.milestones import Milestones
from switchhook.domain.narrator import Narrator
from switchhook.domain.notes import CallSheet, sheet_of
from switchhook.domain.open_calls import OpenCalls
from switchhook.domain.outcome import Outcome, Telling
from switchhook.domain.profile import Acquaintance

__all__ = ["Claim", "Tracker"]


class Tracker:
    """Follows the calls of one PBX."""

    def __init__(self, claim: Claim) -> None:
        known = Acquaintance()
        self._claim = claim
        self._telling = Telling()
        self._known = known
        self._milestones = Milestones(self._telling, known)
        self._handling = Handling(self._telling, known, self._milestones.kind)
        self._endings = Endings(self._telling, known, self._milestones.kind, self._milestones.root)
        self._open = OpenCalls(claim, self._telling, self._endings.over)
        self._menus = Menus(self._telling, known, self._milestones.announce, self._open.has_another_call)
        self._narrator = Narrator(self._telling, self._open, known, self._milestones.kind)

    @property
    def open_calls(self) -> Collection[str]:
        """The PBX's ids of the calls that are open."""
        return self._open.calls.keys()

    @property
    def unclaimed(self) -> int:
        """How many calls no Service claimed yet, or ever."""
        return self._open.claims.unclaimed

    @property
    def unknown(self) -> int:
        """How many Facts named a leg or call of which we knew nothing."""
        return self._open.unknown

    def feed(self, fact: Fact, heard_at: datetime | None = None) -> Outcome:
        """What one Fact comes to. `heard_at`: when it came, by the clock that `expire` goes by; else when it was."""
        self._open.heard_at = heard_at
        if (began := self._open.claims.ask_again(fact)) is not None:
            self._claimed(began)
        elif (waiting := self._open.claims.waits_long(fact)) is not None:
            self._telling.changed(waiting)
        self._narrator.before(fact)
        self._take(fact)
        self._narrator.after(fact)
        return self._telling.harvest()

    def reconcile(self, present: Collection[str], at: datetime | None = None) -> Outcome:
        """Close every leg from before the present connection that is not among those present."""
        for leg in self._open.out_of_contact(present):
            self._end(leg, at, seen=False)
        return self._telling.harvest()

    def expire(self, idle_since: datetime) -> Outcome:
        """Give up calls of which nothing was heard since: the end of a leg of theirs never came to us."""
        calls = self._open.calls.values()
        for call in [call for call in calls if call.heard_at is not None and call.heard_at < idle_since]:
            self._open.give_up(call)
        return self._telling.harvest()

    def sheet(self, call: str) -> CallSheet | None:
        """What an open call is and has come to, for people; None when it is not open, or nobody's."""
        return sheet_of(self._open.calls[call], ended=False) if call in self._open.calls else None

    def memory(self, call: str) -> str:
        """What a successor must know of an open call (JSON); "" when it is not open."""
        known = self._open.calls.get(call)
        return "" if known is None else remember(known, self._open.claims.beginning(known))

    def restore(self, call: str, memory: str) -> bool:
        """Go on with a call as `memory` left it; the next snapshot closes the legs that are gone.
        False: the memory cannot be read, and the call will be a partial one."""
        recalled = recall(call, memory, self._claim)
        if recalled is not None:
            self._milestones.recalled(recalled.call)
            self._open.adopt(recalled.call, recalled.unclaimed)
        return recalled is not None

    # -- one Fact ------------------------------------------------------------------
    def _take(self, fact: Fact) -> None:  # noqa: C901 - one case for each Fact
        match fact:
            case PlaceReached(leg=leg_id):
                if leg_id in self._open.legs:
                    self._place_reached(fact)
            case LegStarted():
                self._started(fact)
            case LegDialled():
                self._dialled(fact)
            case LegAnswered():
                self._answered(fact)
            case LegBridged():
                self._bridged(fact)
            case LegEnded():
                if (leg := self._open.leg(fact.leg, fact.call, fact.at)) is not None:
                    self._end(leg, fact.at, fact.cause)
            case DestinationTold():
                self._destination_told(fact)
            case LocalPaired():
                self._paired(fact)
            case MenuEntered() | OptionChosen():
                self._menu_told(fact)
            case CallPickedUp():
                self._picks_up(fact.picker.leg)
                self._open.party(fact.picker, fact.at)
            case Transferred():
                self._transferred(fact)
            case ExtensionKnown():
                self._known.learn_extension(fact.extension, fact.devices)
            case LegPresent():
                self._present(fact)
            case SnapshotEnded():
                for leg in self._open.out_of_contact(fact.legs):
                    self._end(leg, fact.at, seen=False)
            case Connected():
                self._open.begin_contact()
            case TenantTold():
                pass  # `Claims` has read it
            case PbxStopped():
                for leg in list(self._open.legs.values()):
                    self._end(leg, fact.at)
            case LegForwarded():
                self._forwarded(fact)
            case LegRinging() | LegUp() | QueueJoined() | MessageLeft() | LegRecorded():
                if (leg := self._open.leg(fact.leg, fact.call, fact.at)) is not None:
                    self._of_leg(leg, fact)
            case _:
                assert_never(fact)

    # -- legs ------------------------------------------------------------------------
    def _started(self, fact: LegStarted, *, partial: bool = False) -> Leg | None:
        call = self._open.begin(fact, partial=partial)
        leg = None if call is None else self._open.party(fact.party, fact.at)
        if call is None or leg is None:
            return None
        leg.home, leg.called, leg.dialled = fact.party.place, fact.called, fact.dialled
        leg.began_at = leg.began_at or fact.at
        if fact.party.began_call and call.origin is None:
            self._milestones.begun(call, leg, fact)
            for other in (*call.legs.values(), *call.past_legs.values()):  # what was waiting for this
                self._milestones.judge_answer(other, fact.at)
            self._handling.judge_waiting(call)
        return leg

    def _claimed(self, began: LegStarted) -> None:
        """A call that no service claimed when it began belongs to one after all."""
        call = self._open.calls[began.party.call]
        if call.origin is not None:
            self._milestones.begun(call, call.origin, began)
            self._narrator.after(began)

    def _present(self, fact: LegPresent) -> None:
        """A snapshot's leg. What a leg of a call that we followed has done meanwhile can still be known."""
        was_open = fact.started.party.call in self._open.calls
        leg = self._open.legs.get(fact.started.party.leg)
        if leg is None and (leg := self._started(fact.started, partial=not was_open)) is not None:
            leg.began_at = None  # nobody knows when
        if leg is None:
            return
        self._open.party(fact.started.party, fact.at)
        call = leg.call
        if call.partial and leg is call.origin and fact.started.dialled and not call.destination and not call.sequence:
            self._milestones.begun(call, leg, fact.started)  # a second listing knows more than the first
        if fact.talking:
            self._talks(leg, fact.at)
        if not leg.began_call and not leg.local:
            self._milestones.found(leg, fact.at, talking=fact.talking)

    def _end(self, leg: Leg, at: datetime | None, cause: Cause = Cause.OTHER, *, seen: bool = True) -> None:
        if (began := self._open.claims.give_rest(leg.call)) is not None:
            self._claimed(began)
        self._menus.ended(leg, at)
        if leg is leg.call.origin:
            self._announce(leg.call, at)
        self._endings.ended(leg, at, cause, seen=seen)
        self._open.end(leg)

    def _dialled(self, fact: LegDialled) -> None:
        dialling = None if fact.dialling is None else self._open.party(fact.dialling, fact.at)
        leg = self._open.party(fact.dialled, fact.at)
        if dialling is not None:
            self._announce(dialling.call, fact.at)
            self._menus.leave(dialling, fact.at, rings=fact.dialled.device, may_go_on=True)
        if leg is None:
            return
        leg.dialled_by = dialling or leg.dialled_by
        if dialling is not None:
            self._menus.dialled(leg)
        leg.number = fact.number or leg.number
        leg.rung_from = leg.rung_from if fact.dialling is None else fact.dialling.place
        leg.rung, leg.asked_for, leg.began_at = True, fact.asked_for or leg.asked_for, leg.began_at or fact.at
        self._milestones.dialled(leg, fact.at)
        self._endings.dialled(leg)
        self._handling.judge_ringing(leg)

    def _answered(self, fact: LegAnswered) -> None:
        dialling = None if fact.dialling is None else self._open.party(fact.dialling, fact.at)
        if fact.dialling is not None and fact.dialling.leg != fact.dialled.leg:
            self._picks_up(fact.dialled.leg)
        leg = self._open.party(fact.dialled, fact.at)
        if leg is None:
            return
        elsewhere = fact.dialling is not None and fact.dialling.call != fact.dialled.call
        if dialling is not None and elsewhere and leg.rung and not leg.began_call:
            self._endings.handed_over(leg)  # who rang it has put a caller into the own place since
            self._open.join(leg, dialling.call, fact.at)
        self._milestones.taken(leg, leg.call if dialling is None else dialling.call, fact.at)

    def _bridged(self, fact: LegBridged) -> None:
        leg = self._open.party(fact.party, fact.at)
        if leg is not None:
            self._talks(leg, fact.at)
            self._menus.leave(leg, fact.at, may_go_on=True)
            self._milestones.judge_answer(leg, fact.at)

    def _talks(self, leg: Leg, at: datetime | None) -> None:
        leg.bridged = True
        self._endings.connected(leg, at)
        self._handling.talks(leg)

    def _paired(self, fact: LocalPaired) -> None:
        one, two = self._open.party(fact.one, fact.at), self._open.party(fact.two, fact.at)
        if one is not None and two is not None:
            one.pair, two.pair = two, one
            two.on_behalf_of = fact.on_behalf_of

    def _destination_told(self, fact: DestinationTold) -> None:
        leg = self._open.leg(fact.leg, fact.call, fact.at)
        if leg is not None and leg is leg.call.origin:
            self._milestones.destination_told(leg.call, fact.number, fact.at)
            self._handling.judge_waiting(leg.call)

    def _announce(self, call: Call, at: datetime | None) -> None:
        waited = call.unannounced
        self._milestones.announce(call, at)
        if waited:
            self._handling.judge_waiting(call)

    # -- what only extra events need ------------------------------------------------------
    def _of_leg(self, leg: Leg, fact: LegRinging | LegUp | QueueJoined | MessageLeft | LegRecorded) -> None:
        match fact:
            case LegRinging():
                self._handling.rings(leg, fact.at)
            case LegUp():
                self._endings.connected(leg, fact.at)
            case QueueJoined():
                self._handling.joined_queue(leg.call, fact.queue)
            case MessageLeft():
                self._handling.message_left(leg, fact)
            case LegRecorded():
                self._handling.recorded(leg, fact.file)

    def _forwarded(self, fact: LegForwarded) -> None:
        by = self._open.party(fact.by, fact.at)
        if by is not None:
            self._endings.forwards(by, fact.number)

    def _picks_up(self, leg_id: str) -> None:
        """Somebody who called takes another's call: to be known before that leg joins it, and its own call ends."""
        leg = self._open.legs.get(leg_id)
        if leg is not None and leg.began_call and not leg.called:
            leg.picked_up = True

    # -- menus and transfers -----------------------------------------------------------
    def _place_reached(self, fact: PlaceReached) -> None:
        leg = self._open.leg(fact.leg, fact.call, fact.at, passing=True)
        if leg is not None:
            self._menus.place_reached(leg, fact)

    def _menu_told(self, fact: MenuEntered | OptionChosen) -> None:
        leg = self._open.leg(fact.leg, fact.call, fact.at)
        if leg is None:
            return
        if isinstance(fact, MenuEntered):
            self._menus.menu_entered(leg, fact)
        else:
            self._menus.option_chosen(leg, fact)

    def _transferred(self, fact: Transferred) -> None:
        transferee = None if fact.transferee is None else self._open.party(fact.transferee, fact.at)
        second = None if fact.second is None else self._open.party(fact.second, fact.at)
        transferer = self._open.legs.get(fact.transferer.leg)
        if (moved := transferee or transferer) is not None:
            transferer = transferer or moved.call.past_legs.get(fact.transferer.leg)
            self._handling.transferred(transferer, moved, second, fact)
        if fact.kind is TransferKind.BLIND or transferee is None or second is None or fact.second is None:
            return
        target = None if fact.target is None else self._open.party(fact.target, fact.at)
        if transferee is not second:
            self._menus.take_over(transferee, second, fact.second.place, fact.at)
        if target is not None:
            if second is transferer:  # by a feature code
                self._menus.put_through(target, fact.at)
            self._open.join(target, transferee.call, fact.at)
