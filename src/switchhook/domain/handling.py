"""What happens to a call besides its being answered: a phone rings, it is transferred, waits, leaves a message. Extra
events, each told once enough is known, in whatever order that comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from switchhook.domain.call import Call, Leg
from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction, MessageLeft, TransferKind, Transferred
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Acquaintance, Kind, Profile

_RINGING = EventType.RINGING


class Handling:
    """Judges what users and callers did. `kind` says what is behind a leg."""

    def __init__(self, telling: Telling, known: Acquaintance, kind: Callable[[Leg, Profile], Kind]) -> None:
        self._telling = telling
        self._known = known
        self._kind = kind

    # -- ringing -------------------------------------------------------------------
    def rings(self, leg: Leg, at: datetime | None) -> None:
        """The party that is called hears of it."""
        if not leg.rings:
            leg.rings, leg.rings_at = True, at
            self.judge_ringing(leg)

    def judge_waiting(self, call: Call) -> None:
        """More is known of the call: whom of those that ring may be told of now?"""
        for leg in (*call.legs.values(), *call.past_legs.values()):
            self.judge_ringing(leg)

    def judge_ringing(self, leg: Leg) -> None:
        """Does a user's phone ring? Waits until the leg's place in its call, and the call's numbers, are known."""
        call, profile = leg.call, leg.call.profile
        if not (leg.rings and leg.rung) or leg.ring_judged or profile is None or call.origin is None:
            return
        if call.unannounced or leg.local or self._kind(leg, profile) is not Kind.PHONE:
            return
        leg.ring_judged = True
        extension = self._known.extension(profile, leg.device)
        if leg.began_call or (call.origin.local and leg is call.first_rung):
            self._telling.withhold(call, _RINGING, leg.rings_at, f"{extension} rings to place a call of its own")
        elif extension not in call.rang:
            call.rang.append(extension)
            source = call.source or self._who_placed(call, profile)
            self._telling.tell(call, _RINGING, leg.rings_at, f"the phone of {extension} rings", extension,
                               extension_number=extension, source_number=source or None)

    def _who_placed(self, call: Call, profile: Profile) -> str:
        """Of a call that the PBX was asked to place: the user whose phone was rung first."""
        placed_for = call.first_rung if call.origin is not None and call.origin.local else None
        return "" if placed_for is None else self._known.extension(profile, placed_for.device)

    # -- handing on ------------------------------------------------------------------
    def transferred(self, transferer: Leg | None, moved: Leg, second: Leg | None, fact: Transferred) -> None:
        """A user sent the call on; `moved` is the party that is elsewhere now."""
        call, profile = moved.call, moved.call.profile
        if profile is None:
            return
        by = ""
        if transferer is not None and not transferer.local and self._kind(transferer, profile) is Kind.PHONE:
            by = self._known.extension(profile, transferer.device)
        to = fact.extension
        if fact.kind is TransferKind.ATTENDED and transferer is not None and second is transferer:
            to = self._consulted(call, by)
        elif fact.kind is TransferKind.ATTENDED and second is not None:
            to = second.dialled or to
        call.transferred_by = by or call.transferred_by
        who = by or "a party outside"
        text = f"{who} transferred the call to {to}" if to else f"{who} transferred the call"
        if fact.kind is TransferKind.ATTENDED:
            text = f"{text} after calling there"
        if not self._telling.is_wanted(call, EventType.TRANSFERRED):  # else the event says so
            self._telling.note(call, fact.at, text)
        if second is not None and second.call is not call:
            number = call.destination if call.direction is Direction.OUTBOUND else call.source
            with_whom = number or "a withheld number"
            self._telling.note(second.call, fact.at, f"{who} transferred the call with {with_whom} to here: that "
                                                     "call's page tells how it went on")
        what = (fact.transferer.leg, moved.id, to) if second is None else (fact.transferer.leg, moved.id, second.id)
        self._telling.tell(
            call, EventType.TRANSFERRED, fact.at, text, *what,
            extension_number=by or None, transferred_to=to or None, transfer_kind=fact.kind.value)

    def _consulted(self, call: Call, by: str) -> str:
        """The number that the user asked before, by a feature code: the PBX dialled it on the user's behalf."""
        legs = (*call.past_legs.values(), *call.legs.values())
        return next((leg.dialled for leg in reversed(legs) if leg.local and by and leg.on_behalf_of == by), "")

    # -- waiting, leaving a message, being recorded ----------------------------------------
    def joined_queue(self, call: Call, queue: str) -> None:
        """The caller waits."""
        if call.queue != queue:
            call.queue = queue

    def message_left(self, leg: Leg, fact: MessageLeft) -> None:
        """The caller has left a message."""
        call = leg.call
        call.message_left = True
        where = f"in the box {fact.mailbox}" if fact.mailbox else "in a voicemail box"
        self._telling.tell(call, EventType.VOICEMAIL_LEFT, fact.at, f"the caller left a message {where}", leg.id,
                           fact.message, extension_number=fact.mailbox or None, mailbox=fact.mailbox or None)

    def recorded(self, leg: Leg, file: str) -> None:
        """The leg's talking is recorded."""
        if file not in leg.recordings:
            leg.recordings.append(file)
            self._keep_recordings(leg)

    def talks(self, leg: Leg) -> None:
        """The leg is joined with another: what is recorded of it is worth having from now on."""
        self._keep_recordings(leg)

    def _keep_recordings(self, leg: Leg) -> None:
        if leg.bridged:
            leg.call.recordings += [file for file in leg.recordings if file not in leg.call.recordings]
