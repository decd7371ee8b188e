"""The open calls of one PBX and their legs: beginning, moving to another call, ending. Bounded."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from switchhook.domain.call import Call, Leg
from switchhook.domain.claims import Claim, Claims
from switchhook.domain.facts import LegStarted, Party
from switchhook.domain.outcome import Telling

MOST_CALLS = 50_000  # open at once; beyond it the oldest is given up
_ENDED_LEGS = 10_000  # remembered, so that a late Fact does not bring one back
_PAST_LEGS = 50  # of one call: a queue rings and rings
_NO_SERVICE = UUID(int=0)


class OpenCalls:
    """Calls and legs by the PBX's ids. `unknown` counts Facts that name a leg or call of which we know nothing."""

    def __init__(self, claim: Claim, telling: Telling, over: Callable[[Call], None]) -> None:
        """`over` is called when a call is, while all is known of it."""
        self.claims = Claims(claim)
        self.unknown = 0
        self.heard_at: datetime | None = None  # the Fact that is taken in now; None: no other clock than the PBX's
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self._telling = telling
        self._over = over
        self._ended: dict[str, None] = {}
        self._contact = 0

    def begin_contact(self) -> None:
        """A connection begins: until a Fact tells of a leg again, it is not known to be there still."""
        self._contact += 1

    def out_of_contact(self, present: Collection[str]) -> list[Leg]:
        """The legs from before the present connection that are not among those present."""
        return [leg for leg in self.legs.values() if leg.contact != self._contact and leg.id not in present]

    def begin(self, fact: LegStarted, *, partial: bool = False) -> Call | None:
        """The call of the leg, begun with it unless it is open already. None: the leg is over."""
        party = fact.party
        if party.leg in self._ended:
            return None
        call = self.calls.get(party.call)
        if call is None:
            began = fact.call_began_at or fact.at
            call = self.calls[party.call] = Call(
                id=party.call, uuid=_NO_SERVICE, profile=None, partial=partial,
                began_ms=0 if began is None else round(began.timestamp() * 1000))
            self.claims.ask(call, fact)
            if len(self.calls) > MOST_CALLS:
                self.give_up(next(iter(self.calls.values())))
        elif call.profile is None and party.began_call and call.origin is None:
            self.claims.ask(call, fact)
        return call

    def leg(self, leg_id: str, call_id: str, at: datetime | None, *, passing: bool = False) -> Leg | None:
        """A leg that is known, in the call that the Fact names: after a transfer another than before. `passing`: it
        just went on in the dialplan, which happens so often that a successor need not know."""
        leg = self.legs.get(leg_id)
        if leg is None:
            self.unknown += 1
            return None
        return self._seen(leg, call_id, at, passing=passing)

    def party(self, party: Party, at: datetime | None) -> Leg | None:
        """The leg of a party, made known in its call when it was not; also one that is over, while its call is open.
        None: neither leg nor call is known."""
        leg = self.legs.get(party.leg)
        if leg is None:
            call = self.calls.get(party.call)
            if call is None or party.leg in self._ended:
                self.unknown += 1
                return None if call is None else call.past_legs.get(party.leg)
            leg = Leg(id=party.leg, call=call, device=party.device, local=party.local, began_call=party.began_call,
                      home=party.place)
            self.legs[leg.id] = call.legs[leg.id] = leg
        return self._seen(leg, party.call, at)

    def _seen(self, leg: Leg, call_id: str, at: datetime | None, *, passing: bool = False) -> Leg:
        leg.contact = self._contact
        if call_id not in (leg.call.id, leg.came_from) and (call := self.calls.get(call_id)) is not None:
            self._move(leg, call, at)
        leg.call.touched_at = at or leg.call.touched_at
        leg.call.heard_at = self.heard_at or at or leg.call.heard_at
        if not passing:
            self._telling.changed_for_extras(leg.call)
        return leg

    def _move(self, leg: Leg, call: Call, at: datetime | None) -> None:
        before, leg.call = leg.call, call
        del before.legs[leg.id]
        call.legs[leg.id] = leg
        before.ended_at = at or before.ended_at
        for one in (before, call):  # what is remembered of either would have the leg in the wrong one
            self._telling.changed(one)
        self._end_if_empty(before)

    def has_another_call(self, leg: Leg) -> bool:
        """Has the party of this leg another call, on the other line?"""
        return bool(leg.device) and any(
            other.device == leg.device and other.call is not leg.call for other in self.legs.values())

    def join(self, leg: Leg, call: Call, at: datetime | None) -> None:
        """Another call has taken the place of the leg's own: after an attended transfer it talks with that caller. It
        is in that call from now on, whatever the PBX goes on calling it."""
        if leg.call is not call:
            leg.came_from = leg.call.id
            self._move(leg, call, at)

    def adopt(self, call: Call, unclaimed: LegStarted | None) -> None:
        """An open call as a predecessor left it: its legs are from before any connection of ours. `unclaimed`: what one
        began with that no Service claimed yet."""
        self.calls[call.id] = call
        if unclaimed is not None:
            self.claims.adopt(call, unclaimed)
        for leg in call.legs.values():
            leg.contact = -1
            self.legs[leg.id] = leg

    def end(self, leg: Leg) -> None:
        """A leg is over; with its last leg the call is."""
        self._ended[leg.id] = None
        if len(self._ended) > _ENDED_LEGS:
            del self._ended[next(iter(self._ended))]
        self.legs.pop(leg.id, None)
        leg.call.legs.pop(leg.id, None)
        leg.call.past_legs[leg.id] = leg
        if len(leg.call.past_legs) > _PAST_LEGS:
            del leg.call.past_legs[next(iter(leg.call.past_legs))]
        self._end_if_empty(leg.call)

    def give_up(self, call: Call) -> None:
        """End a call whose legs' ends never came."""
        call.given_up = True
        for leg in list(call.legs.values()):
            self.end(leg)
        self._end_if_empty(call)

    def _end_if_empty(self, call: Call) -> None:
        if not call.legs and self.calls.pop(call.id, None) is not None:
            self.claims.forget(call)
            self._over(call)
            self._telling.ended(call)
