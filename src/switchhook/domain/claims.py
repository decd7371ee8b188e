"""Claims: whose the open calls of a Connection are.

Many tenants share a trunk, and a call over it does not show at once whose it is: only the dialplan of the number
dialled, or the phone that is rung, does. So whose a call is that no Service claims is asked again as more is known; and
who takes the rest has such a call when it is served (rung, answered, in a menu), is over, or has said nothing for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from switchhook.domain.call import Call
from switchhook.domain.event import asterisk_call_uuid
from switchhook.domain.facts import (
    DestinationTold,
    Fact,
    LegBridged,
    LegDialled,
    LegEnded,
    LegPresent,
    LegRinging,
    LegStarted,
    LegUp,
    MenuEntered,
    OptionChosen,
    Party,
    PlaceReached,
    QueueJoined,
    TenantTold,
)
from switchhook.domain.profile import Profile, fits

#: Which Service, if any, a call belongs to: asked with a leg of it, the first one that is known.
Claim = Callable[[LegStarted], Profile | None]

_NO_SERVICE = UUID(int=0)
_REST_WAITS = timedelta(seconds=5)
_REMEMBERED_AFTER = timedelta(seconds=1)  # whose most calls are shows at once: they need no memory before


@dataclass(slots=True, kw_only=True)
class _Unclaimed:
    """A call that no Service claims yet: what it began with, and with what was asked whose it is. `rest`: who takes it
    when nobody else does."""

    call: Call
    rest: Profile | None
    began: LegStarted
    asked: set[tuple[str, str, str]]
    remembered: bool = False


class Claims:
    """Asks of each call. `unclaimed` counts those that no Service claims, or claimed to their end."""

    def __init__(self, claim: Claim) -> None:
        self.unclaimed = 0
        self._claim = claim
        self._open: dict[str, _Unclaimed] = {}

    def ask(self, call: Call, leg: LegStarted) -> None:
        """Whose is a call of which this leg is known?"""
        before, profile = self._open.pop(call.id, None), self._claim(leg)
        rest = _rest(leg, profile)
        self._give(call, leg, None if rest is not None else profile)
        if call.profile is None:
            began = before.began if before is not None and not leg.party.began_call else leg
            self._open[call.id] = _Unclaimed(call=call, rest=rest, began=began, asked={_tenancy(leg)})
        self.unclaimed += (call.profile is None) - (before is not None)

    def ask_again(self, fact: Fact) -> LegStarted | None:
        """What a call began with, if a Service claims it now that the Fact says more, or takes it with the rest."""
        waiting = self._open.get(_call_of(fact)) if self._open else None
        if waiting is None:
            return None
        told = _of_tenant(fact)
        if told is not None:
            self._ask_with(waiting, told)
        if isinstance(fact, DestinationTold) and fact.leg == waiting.began.party.leg and not waiting.began.dialled:
            waiting.began, waiting.remembered = replace(waiting.began, dialled=fact.number), False
        rest = waiting.rest
        if waiting.call.profile is None and rest is not None and _shows_no_more(fact, waiting.began, rest):
            return self.give_rest(waiting.call)
        return None if waiting.call.profile is None else self._claimed(waiting)

    def waits_long(self, fact: Fact) -> Call | None:
        """The call that the Fact is of, if it waits for so long that a successor should know of it, or more of it."""
        waiting = self._open.get(_call_of(fact)) if self._open else None
        if waiting is None or waiting.remembered or fact.at is None or waiting.began.at is None:
            return None
        waiting.remembered = fact.at - waiting.began.at > _REMEMBERED_AFTER
        return waiting.call if waiting.remembered else None

    def beginning(self, call: Call) -> LegStarted | None:
        """What a call began with that waits; None when it does not."""
        waiting = self._open.get(call.id)
        return None if waiting is None else waiting.began

    def adopt(self, call: Call, began: LegStarted) -> None:
        """A call waits as a predecessor left it: who claims it now is asked with the next Fact of it."""
        self._open[call.id] = _Unclaimed(call=call, rest=_rest(began, self._claim(began)), began=began, asked=set())
        self.unclaimed += 1

    def give_rest(self, call: Call) -> LegStarted | None:
        """What a call began with, if it is given now to who takes the rest: nothing more will be heard of it."""
        waiting = self._open.get(call.id)
        if waiting is None or waiting.rest is None:
            return None
        self._give(call, waiting.began, waiting.rest)
        return self._claimed(waiting)

    def _claimed(self, waiting: _Unclaimed) -> LegStarted:
        self.unclaimed -= 1
        del self._open[waiting.call.id]
        return waiting.began

    def _ask_with(self, waiting: _Unclaimed, told: TenantTold) -> None:
        began = waiting.began = replace(
            waiting.began, tenant=told.tenant or waiting.began.tenant,
            account_code=told.account_code or waiting.began.account_code)
        known = replace(began, party=replace(began.party, place=told.place or began.party.place))
        if _tenancy(known) not in waiting.asked:
            waiting.asked.add(_tenancy(known))
            waiting.remembered = False
            profile = self._claim(known)
            waits = profile is not None and profile.takes_rest and waiting.rest is not None
            self._give(waiting.call, known, None if waits else profile)

    def forget(self, call: Call) -> None:
        """The call is over."""
        self._open.pop(call.id, None)

    @staticmethod
    def _give(call: Call, leg: LegStarted, profile: Profile | None) -> None:
        call.profile = profile
        call.tenant, call.account_code, call.claimed_at = leg.tenant, leg.account_code, leg.party.place
        service = _NO_SERVICE if profile is None else profile.service_id
        call.uuid = leg.call_uuid or asterisk_call_uuid(service, call.id)


def _tenancy(leg: LegStarted) -> tuple[str, str, str]:
    return leg.tenant, leg.account_code, leg.party.place


def _rest(leg: LegStarted, profile: Profile | None) -> Profile | None:
    """Who has the call if nobody else claims it."""
    return profile if profile is not None and profile.takes_rest and _came_in(leg, profile) else None


def _came_in(leg: LegStarted, profile: Profile) -> bool:
    """Does the call come in over a trunk, as that service is read?"""
    at_trunk = fits(leg.party.device, profile.reading.trunks) or fits(leg.party.place, profile.reading.trunk_contexts)
    return at_trunk and leg.party.began_call and not leg.called


def _call_of(fact: Fact) -> str:
    """The call that the Fact is of, if it can say whose that is or which number it dialled, or that nothing more
    will."""
    match fact:
        case LegStarted(party=party) | LegPresent(started=LegStarted(party=party)) | LegBridged(party=party):
            return party.call
        case LegDialled(dialling=Party() as party):
            return party.call
        case (TenantTold() | DestinationTold() | PlaceReached() | LegUp() | LegRinging() | LegEnded() | MenuEntered()
              | OptionChosen() | QueueJoined()):
            return fact.call
        case _:
            return ""


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


def _shows_no_more(fact: Fact, began: LegStarted, rest: Profile) -> bool:
    """Is the call served, or over, or so long under way that nothing else will say whose it is?"""
    if fact.at is not None and began.at is not None and fact.at - began.at > _REST_WAITS:
        return True
    match fact:
        case LegStarted(party=party):
            return party.leg != began.party.leg and not party.local
        case PlaceReached():
            return rest.menu_at(fact.place) is not None
        case _:
            return not isinstance(fact, TenantTold | DestinationTold | LegDialled | LegPresent)
