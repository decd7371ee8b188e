"""What is remembered of an open call, as JSON: enough for a successor engine to go on where this one stopped.

It is stored with each accepted Event, so what was told and what is remembered never part ways.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from switchhook.domain.call import Call, HeldMenu, Leg, Visit
from switchhook.domain.disposition import Disposition
from switchhook.domain.facts import Cause, Direction, LegStarted, Party
from switchhook.domain.profile import Profile

_CALL_TEXTS = ("source", "destination", "dialled", "extension", "trunk", "queue", "taken_by", "transferred_by",
               "tenant", "account_code", "claimed_at")
_CALL_FLAGS = ("partial", "unannounced", "answered", "taken", "reached_pbx", "message_left", "lost_sight")
_CALL_LISTS = ("placed", "called", "rang", "recordings")
_CALL_MOMENTS = ("touched_at", "heard_at", "taken_at", "ended_at")
_LEG_TEXTS = ("device", "home", "dialled", "number", "rung_from", "on_behalf_of", "left_menu", "asked_for",
              "forwarded_by", "user", "came_from")
_LEG_FLAGS = ("local", "began_call", "called", "bridged", "heard_menu", "rung", "rings", "ring_judged", "connected",
              "picked_up", "pickup_told", "put_through")
_BEGINNING_TEXTS = ("dialled", "caller_number", "tenant", "account_code")
_LEG_MOMENTS = ("began_at", "rings_at", "connected_at", "ended_at")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A call that was remembered. `unclaimed`: what one began with that no service had claimed yet."""

    call: Call
    unclaimed: LegStarted | None


def remember(call: Call, unclaimed: LegStarted | None = None) -> str:
    """The call as JSON; "" for one that no service claimed, unless one may still: then with what it began."""
    if call.profile is not None:
        whose: dict[str, Any] = {
            "service_id": str(call.profile.service_id), "account_id": str(call.profile.account_id)}
    elif unclaimed is not None:
        whose = {"unclaimed": _beginning_to(unclaimed)}
    else:
        return ""
    return json.dumps({
        "version": 1, **whose,
        "uuid": str(call.uuid), "began_ms": call.began_ms, "sequence": call.sequence, "direction": call.direction,
        "extra_sequence": call.extra_sequence, "furthest": call.furthest,
        **_values(call, _CALL_TEXTS + _CALL_FLAGS + _CALL_LISTS, _CALL_MOMENTS),
        "origin": None if call.origin is None else _leg_to(call.origin), "first_rung": _id(call.first_rung),
        "legs": [_leg_to(leg) for leg in call.legs.values()],
        "trunk_legs": [_leg_to(leg) for leg in call.trunk_legs.values()],
    }, separators=(",", ":"))


def recall(call_id: str, memory: str, claim: Callable[[LegStarted], Profile | None]) -> Recalled | None:
    """The call that was remembered. How it is read is what its service says today; None: not readable."""
    try:
        data = json.loads(memory)
        call = Call(id=call_id, uuid=UUID(data["uuid"]), began_ms=int(data["began_ms"]), profile=None,
                    sequence=int(data["sequence"]), direction=Direction(data["direction"]),
                    extra_sequence=int(data.get("extra_sequence", 0)))
        _fill(call, data, _CALL_TEXTS, _CALL_FLAGS, _CALL_LISTS, _CALL_MOMENTS)
        call.heard_at = call.heard_at or call.touched_at
        call.furthest = Disposition(data["furthest"]) if data.get("furthest") else None
        for one in data.get("trunk_legs", ()):
            leg = _leg_from(call, one)
            call.trunk_legs[leg.id] = leg
        for one in data["legs"]:
            leg = _leg_from(call, one)
            call.legs[leg.id] = leg
        for one in data["legs"]:
            leg = call.legs[one["id"]]
            leg.dialled_by, leg.pair = call.legs.get(one["dialled_by"]), call.legs.get(one["pair"])
            leg.answers = call if one["answers"] else None
        if (origin := data["origin"]) is not None:  # it may be over: what it was is still of use
            call.origin = call.legs.get(origin["id"]) or _leg_from(call, origin)
        call.first_rung = call.legs.get(data["first_rung"])
        unclaimed = _beginning_from(call, data["unclaimed"]) if "unclaimed" in data else None
        if unclaimed is None:
            call.profile = _profile(call, data, claim)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Recalled(call, unclaimed)


def _profile(call: Call, data: dict[str, Any], claim: Callable[[LegStarted], Profile | None]) -> Profile:
    """As the service would read the call today; a service that claims it no more leaves it its own ids."""
    service_id, account_id = UUID(data["service_id"]), UUID(data["account_id"])
    began = datetime.fromtimestamp(call.began_ms / 1000, UTC)
    for leg in (call.origin, *call.legs.values()):
        if leg is None:
            continue
        party = Party(leg=leg.id, call=call.id, device=leg.device, local=leg.local, began_call=leg.began_call,
                      place=call.claimed_at or leg.home)
        profile = claim(LegStarted(at=None, party=party, called=leg.called, dialled=leg.dialled,
                                   caller_number=call.source, call_began_at=began, tenant=call.tenant,
                                   account_code=call.account_code))
        if profile is not None and profile.service_id == service_id:
            return profile
    return Profile(service_id=service_id, account_id=account_id)


def _beginning_to(began: LegStarted) -> dict[str, Any]:
    party = began.party
    return {
        **_values(party, ("leg", "device", "place", "local", "began_call"), ()),
        **_values(began, (*_BEGINNING_TEXTS, "called"), ("at", "call_began_at")),
        "call_uuid": None if began.call_uuid is None else str(began.call_uuid), "direction": began.direction,
    }


def _beginning_from(call: Call, data: dict[str, Any]) -> LegStarted:
    party = Party(leg=str(data["leg"]), call=call.id, device=str(data.get("device", "")), local=bool(data.get("local")),
                  began_call=bool(data.get("began_call")), place=str(data.get("place", "")))
    return LegStarted(
        at=_moment(data.get("at")), party=party, called=bool(data.get("called")),
        call_began_at=_moment(data.get("call_began_at")),
        call_uuid=UUID(data["call_uuid"]) if data["call_uuid"] else None,
        direction=Direction(data["direction"]) if data["direction"] else None,
        **{name: str(data.get(name, "")) for name in _BEGINNING_TEXTS})


def _leg_to(leg: Leg) -> dict[str, Any]:
    visit = leg.visit
    return {
        "id": leg.id, **_values(leg, (*_LEG_TEXTS, *_LEG_FLAGS, "recordings", "cause"), _LEG_MOMENTS),
        "dialled_by": _id(leg.dialled_by), "pair": _id(leg.pair), "answers": leg.answers is leg.call,
        "visit": None if visit is None else [visit.menus, visit.current, visit.quiet_places],
        "held": [] if visit is None else [
            [held.menu, None if held.at is None else held.at.isoformat()] for held in visit.held],
    }


def _leg_from(call: Call, data: dict[str, Any]) -> Leg:
    visit = data["visit"]
    leg = Leg(id=str(data["id"]), call=call, cause=Cause(data.get("cause", Cause.OTHER)))
    _fill(leg, data, _LEG_TEXTS, _LEG_FLAGS, ("recordings",), _LEG_MOMENTS)
    if visit is not None:
        menus, current, quiet_places = visit
        leg.visit = Visit(menus=[str(one) for one in menus], current=str(current),
                          quiet_places=[str(one) for one in quiet_places],
                          held=[HeldMenu(menu=str(menu), at=_moment(at))
                                for menu, at in data.get("held", ())])
    return leg


def _values(
    source: Call | Leg | Party | LegStarted, names: tuple[str, ...], moments: tuple[str, ...],
) -> dict[str, Any]:
    """What is remembered of it; what is nothing is left out."""
    told = {name: value for name in names if (value := getattr(source, name))}
    return told | {name: moment.isoformat() for name in moments if (moment := getattr(source, name)) is not None}


def _fill(
    target: Call | Leg, data: dict[str, Any], texts: tuple[str, ...], flags: tuple[str, ...], lists: tuple[str, ...],
    moments: tuple[str, ...],
) -> None:
    for name in texts:
        setattr(target, name, str(data.get(name, "")))
    for name in flags:
        setattr(target, name, bool(data.get(name)))
    for name in lists:
        setattr(target, name, [str(one) for one in data.get(name, ())])
    for name in moments:
        setattr(target, name, _moment(data.get(name)))


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _id(leg: Leg | None) -> str:
    return "" if leg is None else leg.id
