"""Claims: whose the open calls of a Connection are.

Many tenants share a trunk, and a call over it does not show at once whose it is: only the dialplan of the number
dialled, or the phone that is rung, does. So whose a call is that no Service claims is asked again as more is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from switchhook.domain.call import Call
from switchhook.domain.event import asterisk_call_uuid
from switchhook.domain.facts import Fact, LegDialled, LegPresent, LegStarted, Party, PlaceReached, TenantTold
from switchhook.domain.profile import Profile

#: Which Service, if any, a call belongs to: asked with a leg of it, the first one that is known.
Claim = Callable[[LegStarted], Profile | None]

_NO_SERVICE = UUID(int=0)


@dataclass(slots=True, kw_only=True)
class _Unclaimed:
    """A call that no Service claims yet: what it began with, and with what was asked whose it is."""

    call: Call
    began: LegStarted
    asked: set[tuple[str, str, str]]


class Claims:
    """Asks of each call. `unclaimed` counts those that no Service claims, or claimed to their end."""

    def __init__(self, claim: Claim) -> None:
        self.unclaimed = 0
        self._claim = claim
        self._open: dict[str, _Unclaimed] = {}

    def ask(self, call: Call, leg: LegStarted) -> None:
        """Whose is a call of which this leg is known?"""
        before = self._open.pop(call.id, None)
        self._put(call, leg)
        if call.profile is None:
            began = before.began if before is not None and not leg.party.began_call else leg
            self._open[call.id] = _Unclaimed(call=call, began=began, asked={_tenancy(leg)})
        self.unclaimed += (call.profile is None) - (before is not None)

    def ask_again(self, fact: Fact) -> LegStarted | None:
        """What a call began with, if the Fact says so much more of whose it is that a Service claims it now."""
        told = _of_tenant(fact) if self._open else None
        waiting = None if told is None else self._open.get(told.call)
        if told is None or waiting is None:
            return None
        waiting.began = replace(
            waiting.began, tenant=told.tenant or waiting.began.tenant,
            account_code=told.account_code or waiting.began.account_code)
        place = told.place or waiting.began.party.place
        known = replace(waiting.began, party=replace(waiting.began.party, place=place))
        if _tenancy(known) in waiting.asked:
            return None
        waiting.asked.add(_tenancy(known))
        self._put(waiting.call, known)
        if waiting.call.profile is None:
            return None
        self.unclaimed -= 1
        del self._open[told.call]
        return waiting.began

    def forget(self, call: Call) -> None:
        """The call is over."""
        self._open.pop(call.id, None)

    def _put(self, call: Call, leg: LegStarted) -> None:
        call.profile = self._claim(leg)
        call.tenant, call.account_code, call.claimed_at = leg.tenant, leg.account_code, leg.party.place
        service = _NO_SERVICE if call.profile is None else call.profile.service_id
        call.uuid = leg.call_uuid or asterisk_call_uuid(service, call.id)


def _tenancy(leg: LegStarted) -> tuple[str, str, str]:
    return leg.tenant, leg.account_code, leg.party.place


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
