"""The open calls of one PBX and their legs: beginning, moving to another call, ending. Bounded."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from switchhook.domain.call import Call, Leg
from switchhook.domain.event import asterisk_call_uuid
from switchhook.domain.facts import Fact, LegDialled, LegPresent, LegStarted, Party, PlaceReached, TenantTold
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Profile

#: Which Service, if any, a call belongs to: asked with the first leg that is known of it.
Claim = Callable[[LegStarted], Profile | None]

MOST_CALLS = 50_000  # open at once; beyond it the oldest is given up
_ENDED_LEGS = 10_000  # remembered, so that a late Fact does not bring one back
_PAST_LEGS = 50  # of one call: a queue rings and rings
_NO_SERVICE = UUID(int=0)


@dataclass(slots=True, kw_only=True)
class _Unclaimed:
    """An open call that no service claims yet: what it began with, and with what was asked whose it is."""

    began: LegStarted
    asked: set[tuple[str, str, str]]


def _tenancy(leg: LegStarted) -> tuple[str, str, str]:
    return leg.tenant, leg.account_code, leg.party.place


class OpenCalls:
    """Calls and legs by the PBX's ids. `unclaimed` counts calls that no Service claimed, `unknown` Facts that
    name a leg or call of which we know nothing."""

    def __init__(self, claim: Claim, telling: Telling, over: Callable[[Call], None]) -> None:
        """`over` is called when a call is, while all is known of it."""
        self.unclaimed = 0
        self.unknown = 0
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self._unclaimed: dict[str, _Unclaimed] = {}
        self._claim = claim
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
            self._claim_for(call, fact)
            self.unclaimed += call.profile is None
            if len(self.calls) > MOST_CALLS:
                self.give_up(next(iter(self.calls.values())))
        elif call.profile is None and party.began_call and call.origin is None:
            self._claim_for(call, fact)
            self.unclaimed -= call.profile is not None
        if call.profile is None and party.began_call:
            self._unclaimed.setdefault(call.id, _Unclaimed(began=fact, asked={_tenancy(fact)}))
        return call

    def claimed_by(self, fact: Fact) -> LegStarted | None:
        """What a call began with that a service claims now, since the Fact says more of whose it is: many tenants
        share a trunk, and only the dialplan of the number dialled, or the phone that is rung, shows which."""
        told = _of_tenant(fact) if self._unclaimed else None
        waiting = None if told is None else self._unclaimed.get(told.call)
        if told is None or waiting is None:
            return None
        began = waiting.began
        waiting.began = began = replace(
            began, tenant=told.tenant or began.tenant, account_code=told.account_code or began.account_code)
        known = replace(began, party=replace(began.party, place=told.place or began.party.place))
        if _tenancy(known) in waiting.asked:
            return None
        waiting.asked.add(_tenancy(known))
        call = self.calls[told.call]
        self._claim_for(call, known)
        if call.profile is None:
            return None
        self.unclaimed -= 1
        del self._unclaimed[call.id]
        return began

    def _claim_for(self, call: Call, fact: LegStarted) -> None:
        call.profile = self._claim(fact)
        call.tenant, call.account_code, call.claimed_at = fact.tenant, fact.account_code, fact.party.place
        service = _NO_SERVICE if call.profile is None else call.profile.service_id
        call.uuid = fact.call_uuid or asterisk_call_uuid(service, call.id)

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
        if not passing:
            self._telling.changed_for_extras(leg.call)
        return leg

    def _move(self, leg: Leg, call: Call, at: datetime | None) -> None:
        before, leg.call = leg.call, call
        del before.legs[leg.id]
        call.legs[leg.id] = leg
        before.ended_at = at or before.ended_at
        self._end_if_empty(before)

    def has_another_call(self, leg: Leg) -> bool:
        """Has the party of this leg another call, on the other line?"""
        return any(other.device == leg.device and other.call is not leg.call for other in self.legs.values())

    def join(self, leg: Leg, call: Call, at: datetime | None) -> None:
        """Another call has taken the place of the leg's own: after an attended transfer it talks with that caller. It
        is in that call from now on, whatever the PBX goes on calling it."""
        if leg.call is not call:
            leg.came_from = leg.call.id
            self._move(leg, call, at)

    def adopt(self, call: Call) -> None:
        """An open call as a predecessor left it: its legs are from before any connection of ours."""
        self.calls[call.id] = call
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
            self._unclaimed.pop(call.id, None)
            self._over(call)
            self._telling.ended(call)


def _of_tenant(fact: Fact) -> TenantTold | None:
    """What a Fact says of whose its call is."""
    match fact:
        case TenantTold():
            return fact
        case PlaceReached():
            return TenantTold(at=None, leg=fact.leg, call=fact.call, place=fact.place)
        case LegStarted() | LegPresent():
            started = fact.started if isinstance(fact, LegPresent) else fact
            return TenantTold(at=None, leg=started.party.leg, call=started.party.call, tenant=started.tenant,
                              account_code=started.account_code, place=started.party.place)
        case LegDialled(dialling=Party() as party):
            return TenantTold(at=None, leg=party.leg, call=party.call, place=party.place)
        case _:
            return None
