"""FreeSWITCH (and FusionPBX): events of the Event Socket to Facts.

FreeSWITCH says less than Asterisk of what was chosen in a menu (only that the menu was entered and left), so the
digits keyed in are gathered here until the menu goes on, and forgotten then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from switchhook.domain.facts import (
    Connected,
    Direction,
    Fact,
    LegAnswered,
    LegBridged,
    LegDialled,
    LegEnded,
    LegStarted,
    MenuEntered,
    OptionChosen,
    Party,
    PbxStopped,
)

Event = Mapping[str, str]

_WITHHELD = frozenset({"", "anonymous", "unknown", "0000000000", "restricted", "unavailable", "private"})
_TRUNK_PROFILE, _TRUNK_CONTEXT = "external", "public"
_MOST_LEGS = 100_000  # their ends may never come
_BETWEEN_DIGITS = timedelta(seconds=2)  # after so long a pause a menu takes the next digit for a new choice


@dataclass(slots=True)
class _Leg:
    """What is known of a leg: its call and device do not change, whatever later events say."""

    party: Party
    called: bool
    trunk: bool
    menus: list[str] = field(default_factory=list)
    digits: str = ""
    digit_at: datetime | None = None


class FreeSwitchReader:
    """Reads the events of one connection, in order."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}
        self._held: dict[str, LegStarted] = {}  # calls that came in, until the dialplan has told whose they are

    def begin(self, at: datetime | None) -> list[Fact]:
        """A connection begins."""
        return [Connected(at=at)]

    def facts(self, event: Event, at: datetime | None = None) -> list[Fact]:
        """What an event tells. `at` is when it came, used where it carries no time."""
        at = _moment(event.get("Event-Date-Timestamp", "")) or at
        name, leg_id = event.get("Event-Name", ""), event.get("Unique-ID", "")
        if name == "SHUTDOWN":
            self._legs.clear()
            return [PbxStopped(at=at)]
        if name == "CHANNEL_CREATE":
            return self._created(event, at)
        leg = self._legs.get(leg_id)
        if leg is None:
            return []
        found = self._release(leg_id, event) if name != "CHANNEL_EXECUTE" or "variable_domain_name" in event else []
        match name, event.get("Event-Subclass", ""):
            case "DTMF", _:
                self._digit(leg, event.get("DTMF-Digit", ""), at)
            case "CHANNEL_EXECUTE", _:
                found += self._chosen(leg, at)
            case "CHANNEL_BRIDGE", _:
                found += self._bridged(leg, event, at)
            case "CHANNEL_HANGUP_COMPLETE", _:
                del self._legs[leg_id]
                found.append(LegEnded(at=at, leg=leg_id, call=leg.party.call))
            case "CUSTOM", "menu::enter":
                found += self._menu_entered(leg, event.get("Menu-Name", ""), at)
            case "CUSTOM", "menu::exit":
                found += self._menu_left(leg, event, at)
        return found

    # -- legs ------------------------------------------------------------------------
    def _created(self, event: Event, at: datetime | None) -> list[Fact]:
        leg_id = event.get("Unique-ID", "")
        if not leg_id or leg_id in self._legs:
            return []
        leg = self._legs[leg_id] = _leg(event, leg_id)
        if len(self._legs) > _MOST_LEGS:
            oldest = next(iter(self._legs))
            del self._legs[oldest]
            self._held.pop(oldest, None)
        number = event.get("Caller-Destination-Number", "")
        from_outside = leg.trunk and not leg.called
        started = LegStarted(
            at=at, party=leg.party, called=leg.called, dialled="" if leg.called else number,
            caller_number=_number(event.get("Caller-Caller-ID-Number", "")),
            call_began_at=_moment(event.get("Caller-Channel-Created-Time", "")), call_uuid=_uuid(leg.party.call),
            direction=Direction.INBOUND if from_outside else None, tenant=_tenant(event),
            account_code=event.get("variable_accountcode", ""))
        if from_outside and not started.tenant:
            self._held[leg_id] = started
            return []
        by = event.get("variable_originating_leg_uuid") or event.get("Other-Leg-Unique-ID") or ""
        found: list[Fact] = [*self._release(by, event), started]
        if leg.called:
            dialling = self._legs[by].party if by in self._legs else None
            found.append(LegDialled(at=at, dialling=dialling, dialled=leg.party, number=number if leg.trunk else ""))
        return found

    def _release(self, leg_id: str, event: Event) -> list[Fact]:
        """The begin of a call that was held back, now that more is known of it."""
        started = self._held.pop(leg_id, None)
        if started is None:
            return []
        return [LegStarted(
            at=started.at, party=started.party, dialled=started.dialled, caller_number=started.caller_number,
            call_began_at=started.call_began_at, call_uuid=started.call_uuid, direction=started.direction,
            tenant=_tenant(event), account_code=event.get("variable_accountcode", ""))]

    def _bridged(self, leg: _Leg, event: Event, at: datetime | None) -> list[Fact]:
        """Two legs are joined. Who took the call is the one that was rung or, in a pickup, the one that called in."""
        other = self._legs.get(event.get("Other-Leg-Unique-ID", ""))
        joined = [one for one in (leg, other) if one is not None]
        found: list[Fact] = []
        if other is not None:
            taker, caller = (leg, other) if (leg.called, other.trunk) > (other.called, leg.trunk) else (other, leg)
            found.append(LegAnswered(at=at, dialling=caller.party, dialled=taker.party))
        return [*found, *(LegBridged(at=at, party=one.party, bridge=leg.party.leg) for one in joined)]

    # -- menus -----------------------------------------------------------------------
    def _digit(self, leg: _Leg, digit: str, at: datetime | None) -> None:
        if not leg.menus:
            return
        paused = at is not None and leg.digit_at is not None and at - leg.digit_at > _BETWEEN_DIGITS
        leg.digits = (digit if paused else leg.digits + digit)[-20:]
        leg.digit_at = at

    def _chosen(self, leg: _Leg, at: datetime | None) -> list[Fact]:
        """The menu goes on: what was keyed in was an option."""
        if not leg.menus or not leg.digits:
            return []
        digits, leg.digits, leg.digit_at = leg.digits, "", None
        return [OptionChosen(at=at, leg=leg.party.leg, call=leg.party.call, menu=leg.menus[-1], digits=digits,
                             keyed=True)]

    def _menu_entered(self, leg: _Leg, menu: str, at: datetime | None) -> list[Fact]:
        if not menu:
            return []
        found = self._chosen(leg, at)
        if menu in leg.menus:  # FreeSWITCH enters a menu again when its sub-menu ends
            del leg.menus[leg.menus.index(menu) + 1 :]
            return found
        leg.menus.append(menu)
        return [*found, MenuEntered(at=at, leg=leg.party.leg, call=leg.party.call, menu=menu)]

    def _menu_left(self, leg: _Leg, event: Event, at: datetime | None) -> list[Fact]:
        found = [] if event.get("Hangup-Cause") else self._chosen(leg, at)
        leg.digits = ""
        menu = event.get("Menu-Name", "")
        if menu in leg.menus:
            del leg.menus[leg.menus.index(menu) :]
        return found


def _leg(event: Event, leg_id: str) -> _Leg:
    call = event.get("Channel-Call-UUID") or leg_id
    called = event.get("Call-Direction") == "outbound"
    gateway, profile = event.get("variable_sip_gateway_name", ""), event.get("variable_sofia_profile_name", "")
    context, local = event.get("Caller-Context", ""), event.get("Channel-Name", "").startswith("loopback/")
    dialled_user = event.get("variable_dialed_user", "")
    if called:
        trunk = bool(gateway) or (profile == _TRUNK_PROFILE and not dialled_user)
    else:
        trunk = profile == _TRUNK_PROFILE or context == _TRUNK_CONTEXT
    user = dialled_user or event.get("Caller-Destination-Number", "") if called else event.get("Caller-Username", "")
    device = (gateway or profile or "trunk") if trunk else user
    party = Party(leg=leg_id, call=call, device=device, local=local, began_call=leg_id == call, place=context)
    return _Leg(party=party, called=called, trunk=trunk and not local)


def _tenant(event: Event) -> str:
    """FusionPBX: the domain, which is also the context of what is no trunk."""
    context = event.get("Caller-Context", "")
    domain = event.get("variable_domain_name") or event.get("variable_dialed_domain") or ""
    return domain or (context if context not in ("", "default", _TRUNK_CONTEXT) else "")


def _number(told: str) -> str:
    return "" if told.strip().lower() in _WITHHELD else told.strip()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(microseconds: str) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
    except (ValueError, OverflowError):
        return None
