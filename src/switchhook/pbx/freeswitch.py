"""FreeSWITCH (and FusionPBX): events of the Event Socket to Facts.

FreeSWITCH says less than Asterisk of what was chosen in a menu (only that the menu was entered and left), so the
digits keyed in are gathered here until the menu goes on, and forgotten then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from switchhook.domain.facts import (
    Connected,
    Direction,
    Fact,
    LegAnswered,
    LegBridged,
    LegDialled,
    LegEnded,
    LegPresent,
    LegStarted,
    LegUp,
    MenuEntered,
    OptionChosen,
    Party,
    PbxStopped,
    SnapshotEnded,
)
from switchhook.pbx.freeswitch_handling import cause_of, handled, rang
from switchhook.pbx.freeswitch_transfers import Transfers
from switchhook.pbx.freeswitch_words import (
    TRUNK_CONTEXT,
    TRUNK_PROFILE,
    Event,
    channels,
    leg_of,
    moment_of,
    number_of,
    rung_by,
    tenant_of,
    uuid_of,
)

_MOST_LEGS = 100_000  # their ends may never come
_MOST_ENDED = 10_000
_BETWEEN_DIGITS = timedelta(seconds=2)  # after so long a pause a menu takes the next digit for a new choice
_HOLD_AT_MOST = timedelta(seconds=5)  # so long a call that came in may wait for its tenant
_TALKS = frozenset({"ACTIVE", "HELD", "UNHELD"})


@dataclass(slots=True)
class _Leg:
    """What is known of a leg: its call and device do not change, whatever later events say."""

    party: Party
    called: bool
    trunk: bool
    menus: list[str] = field(default_factory=list)
    listed_menu: str = ""  # a snapshot found the leg there, perhaps before the menu's own word of it
    digits: str = ""
    digit_at: datetime | None = None


class FreeSwitchReader:
    """Reads the events of one connection, in order."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}
        self._held: dict[str, LegStarted] = {}  # calls that came in, until the dialplan has told whose they are
        self._ended: dict[str, None] = {}  # a snapshot may list them still
        self._transfers = Transfers()

    def begin(self, at: datetime | None) -> list[Fact]:
        """A connection begins."""
        return [Connected(at=at)]

    def facts(self, event: Event, at: datetime | None = None) -> list[Fact]:
        """What an event tells. `at` is when it came, used where it carries no time."""
        at = moment_of(event.get("Event-Date-Timestamp", "")) or at
        name, leg_id = event.get("Event-Name", ""), leg_of(event)
        found = self._release_overdue(at)
        if name == "SHUTDOWN":
            self._legs.clear()
            self._transfers = Transfers()
            return [*found, PbxStopped(at=at)]
        if name == "CHANNEL_CREATE":
            return found + self._created(event, at)
        leg = self._legs.get(leg_id)
        if leg is None:
            return found + self._unknown(event, name, at)
        if name != "CHANNEL_EXECUTE" or "variable_domain_name" in event:
            found += self._release(leg_id, event)
        found += rang(leg.party, leg.called, event) + self._transfers.said(leg_id, event, at)
        match name:
            case "CHANNEL_BRIDGE":
                return found + self._bridged(leg, event, at)
            case "CHANNEL_HANGUP_COMPLETE":
                return [*found, *self._transfers.ended(leg_id, event, at),
                        self._end(leg_id, leg.party.call, event, at)]
            case _:
                return found + self._in_menu(leg, event, name, at) + handled(leg.party, leg.called, event, at)

    def snapshot(self, listing: bytes, at: datetime | None) -> list[Fact]:
        """What `show channels as json` tells. A rung leg that does not say whose call it is of is left as it was."""
        found: list[Fact] = []
        listed = channels(listing)
        if listed is None:
            return found
        present = [event for event in listed if event["Unique-ID"] and event["Unique-ID"] not in self._ended]
        for event in sorted(present, key=lambda event: event["Call-Direction"] == "outbound"):  # callers first
            told = event["Unique-ID"] in self._legs
            if not told and (event["Channel-Call-UUID"] or event["Call-Direction"] != "outbound"):
                found.append(self._present(event, at))
        connected = (event["Unique-ID"] for event in present if event["Channel-Call-State"] in _TALKS)
        found += [_up(self._legs[leg_id], at) for leg_id in connected if leg_id in self._legs]
        return [*found, SnapshotEnded(at=at, legs=frozenset(event["Unique-ID"] for event in present))]

    # -- legs ------------------------------------------------------------------------
    def _created(self, event: Event, at: datetime | None) -> list[Fact]:
        leg_id = event.get("Unique-ID", "")
        if not leg_id or leg_id in self._legs:
            return []
        leg, by = self._know(leg_id, event), rung_by(event)
        found, started = self._begins(leg, event, by, at), _started(leg, event, at)
        if leg.trunk and not leg.called and not started.tenant:
            self._held[leg_id] = started
            return []
        found += [*self._release(by, event), started]
        if leg.called:
            dialling = self._legs.get(by)
            if dialling is not None:
                found += self._chosen(dialling, at)
            found.append(LegDialled(at=at, dialling=None if dialling is None else dialling.party, dialled=leg.party,
                                    number=event.get("Caller-Destination-Number", "") if leg.trunk else "",
                                    asked_for=event.get("Other-Leg-Destination-Number", "")))
        return found

    def _begins(self, leg: _Leg, event: Event, by: str, at: datetime | None) -> list[Fact]:
        number = event.get("Caller-Destination-Number", "")
        return self._transfers.began(
            leg.party, dialled=leg.party.device if leg.called and not leg.trunk else number, is_trunk=leg.trunk,
            dialled_by=by if leg.called else "", at=at)

    def _know(self, leg_id: str, event: Event) -> _Leg:
        leg = self._legs[leg_id] = _leg(event, leg_id)
        if len(self._legs) > _MOST_LEGS:
            oldest = next(iter(self._legs))
            del self._legs[oldest]
            self._held.pop(oldest, None)
        return leg

    def _end(self, leg_id: str, call: str, event: Event, at: datetime | None) -> Fact:
        self._legs.pop(leg_id, None)
        self._ended[leg_id] = None
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        return LegEnded(at=at, leg=leg_id, call=call, cause=cause_of(event))

    def _unknown(self, event: Event, name: str, at: datetime | None) -> list[Fact]:
        """A leg that began before we listened, and that no snapshot told us all about."""
        leg_id = event.get("Unique-ID", "")
        if name == "CHANNEL_HANGUP_COMPLETE" and leg_id:
            return [self._end(leg_id, event.get("Channel-Call-UUID") or leg_id, event, at)]
        if name not in ("CHANNEL_ANSWER", "CHANNEL_BRIDGE") or not leg_id or leg_id in self._ended:
            return []
        found = [*self._release(event.get("Channel-Call-UUID", ""), event), self._present(event, at)]
        leg = self._legs[leg_id]
        return found + (self._bridged(leg, event, at) if name == "CHANNEL_BRIDGE" else [_up(leg, at)])

    def _present(self, event: Event, at: datetime | None) -> Fact:
        """A leg that began before we listened. Where it began is not known of a trunk that was rung."""
        listed = "Event-Name" not in event
        if not listed:  # by now the dialplan may have sent it elsewhere
            first = event.get("variable_sip_req_user") or event.get("Caller-Destination-Number", "")
            event = {**event, "Caller-Destination-Number": first}
        leg = self._know(event["Unique-ID"], event)
        self._begins(leg, event, rung_by(event), at)
        if leg.trunk and leg.called:
            leg.party = replace(leg.party, place="")
        if listed and event.get("Menu-Name"):
            leg.menus.append(event["Menu-Name"])
            leg.listed_menu = event["Menu-Name"]
        talking = listed and leg.called and event.get("Channel-Call-State", "") in _TALKS
        return LegPresent(at=at, started=_started(leg, event, at), talking=talking)

    def _release(self, leg_id: str, event: Event) -> list[Fact]:
        """The begin of a call that was held back, now that more is known of it. FusionPBX may say that it is a
        user's: a phone, then, that calls by the trunks' door."""
        started = self._held.pop(leg_id, None)
        if started is None:
            return []
        leg = self._legs.get(leg_id)
        if leg is not None and event.get("variable_call_direction") == "local":
            leg.trunk = False
            leg.party = replace(leg.party, device=started.caller_number or leg.party.device)
            started = replace(started, party=leg.party, direction=None)
        return [replace(started, tenant=tenant_of(event), account_code=event.get("variable_accountcode", ""))]

    def _release_overdue(self, at: datetime | None) -> list[Fact]:
        """Calls of which the dialplan told nothing for so long are told of as they are."""
        found: list[Fact] = []
        while self._held and at is not None:
            leg_id, started = next(iter(self._held.items()))
            if started.at is None or at - started.at < _HOLD_AT_MOST:
                break
            found += self._release(leg_id, {})
        return found

    def _bridged(self, leg: _Leg, event: Event, at: datetime | None) -> list[Fact]:
        """Two legs are joined. Who took the call is the one that was rung or, in a pickup, the one that called in."""
        other = self._legs.get(event.get("Other-Leg-Unique-ID", ""))
        joined = [one for one in (leg, other) if one is not None]
        found = self._transfers.joined(leg.party.leg, event.get("Other-Leg-Unique-ID", ""), at)
        if other is not None:
            taker, caller = (leg, other) if (leg.called, other.trunk) > (other.called, leg.trunk) else (other, leg)
            found.append(LegAnswered(at=at, dialling=caller.party, dialled=taker.party))
        return [*found, *(LegBridged(at=at, party=one.party, bridge=leg.party.leg) for one in joined)]

    # -- menus -----------------------------------------------------------------------
    def _in_menu(self, leg: _Leg, event: Event, name: str, at: datetime | None) -> list[Fact]:
        match name, event.get("Event-Subclass", ""):
            case "DTMF", _:
                self._digit(leg, event.get("DTMF-Digit", ""), at)
            case "CHANNEL_EXECUTE", _:
                return self._chosen(leg, at)
            case "CUSTOM", "menu::enter":
                return self._menu_entered(leg, event.get("Menu-Name", ""), at)
            case "CUSTOM", "menu::exit":
                return self._menu_left(leg, event, at)
            case "CUSTOM", "switchhook::menu" | "switchhook::option":
                return _told_by_dialplan(leg, event, at)
        return []

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
            if menu != leg.listed_menu:
                return found
            leg.listed_menu = ""
        else:
            leg.menus.append(menu)
        return [*found, MenuEntered(at=at, leg=leg.party.leg, call=leg.party.call, menu=menu)]

    def _menu_left(self, leg: _Leg, event: Event, at: datetime | None) -> list[Fact]:
        found = [] if event.get("Hangup-Cause") else self._chosen(leg, at)
        leg.digits = ""
        menu = event.get("Menu-Name", "")
        if menu in leg.menus:
            del leg.menus[leg.menus.index(menu) :]
        return found


def _told_by_dialplan(leg: _Leg, event: Event, at: datetime | None) -> list[Fact]:
    """What the dialplan itself tells with the application `event`, where its menus are none of FreeSWITCH's own."""
    menu, digits = event.get("Menu-Name", ""), event.get("Option", "")
    if not menu:
        return []
    if event.get("Event-Subclass") == "switchhook::menu":
        return [MenuEntered(at=at, leg=leg.party.leg, call=leg.party.call, menu=menu)]
    return [OptionChosen(at=at, leg=leg.party.leg, call=leg.party.call, menu=menu, digits=digits)]


def _leg(event: Event, leg_id: str) -> _Leg:
    call = event.get("variable_cc_member_session_uuid") or event.get("Channel-Call-UUID") or leg_id
    called = event.get("Call-Direction") == "outbound"
    gateway, profile = event.get("variable_sip_gateway_name", ""), event.get("variable_sofia_profile_name", "")
    context, local = event.get("Caller-Context", ""), event.get("Channel-Name", "").startswith("loopback/")
    dialled_user = event.get("variable_dialed_user", "")
    if called:
        trunk = bool(gateway) or (profile == TRUNK_PROFILE and not dialled_user)
    else:
        told, user_called = event.get("variable_call_direction", ""), "variable_user_name" in event
        outside = told == "inbound" or context == TRUNK_CONTEXT or (profile == TRUNK_PROFILE and not user_called)
        trunk = outside and told != "local"
    user = dialled_user or event.get("Caller-Destination-Number", "") if called else event.get("Caller-Username", "")
    device = (gateway or profile or "trunk") if trunk else user
    party = Party(leg=leg_id, call=call, device=device, local=local, began_call=leg_id == call, place=context)
    return _Leg(party=party, called=called, trunk=trunk and not local)


def _up(leg: _Leg, at: datetime | None) -> LegUp:
    return LegUp(at=at, leg=leg.party.leg, call=leg.party.call)


def _started(leg: _Leg, event: Event, at: datetime | None) -> LegStarted:
    """How the leg began, by the event that first told of it."""
    return LegStarted(
        at=at, party=leg.party, called=leg.called,
        dialled="" if leg.called else event.get("Caller-Destination-Number", ""),
        caller_number=number_of(event.get("Caller-Caller-ID-Number", "")),
        call_began_at=moment_of(event.get("Caller-Channel-Created-Time", "")), call_uuid=uuid_of(leg.party.call),
        direction=Direction.INBOUND if leg.trunk and not leg.called else None, tenant=tenant_of(event),
        account_code=event.get("variable_accountcode", ""))
