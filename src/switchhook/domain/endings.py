"""What a call and its legs came to, told when the call is over: extra events for billing and for calling back.

Legs' ends come in any order, and who answered may come to light after a leg is gone. So nothing is told before the
last of them, and then all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from switchhook.domain.call import Call, Leg
from switchhook.domain.catalogue import EventType, Value
from switchhook.domain.disposition import Disposition, furthest, of_calling_leg, of_rung_leg
from switchhook.domain.facts import Cause, Direction
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Acquaintance, Kind, Profile

_MOST_TRUNK_LEGS = 200  # of one call: somebody may dial on and on
_AT_THE_END = (EventType.LEG_ENDED, EventType.MISSED, EventType.ENDED)


class Endings:
    """Keeps account of legs that are over, and tells of the call once it is. `kind` says what is behind a leg, `root`
    for which leg, in the end, a trunk was rung."""

    def __init__(
        self, telling: Telling, known: Acquaintance, kind: Callable[[Leg, Profile], Kind],
        root: Callable[[Call, Profile, Leg], Leg | None],
    ) -> None:
        self._telling = telling
        self._known = known
        self._kind = kind
        self._root = root

    def dialled(self, leg: Leg) -> None:
        """A leg is rung. Over a trunk: because of whom? As far as is known now; a successor may not see so far back."""
        self._find_forwarder(leg)
        profile = leg.call.profile
        if profile is not None and not leg.local and self._kind(leg, profile) is Kind.TRUNK:
            leg.forwarded_by = self._sent_on_by(profile, leg, self._root(leg.call, profile, leg))
            leg.user = self._responsible(leg.call, profile, leg)

    def forwards(self, leg: Leg, number: str) -> None:
        """The phone that is rung sends the call on by itself: the PBX rings that number for it, before or after this is
        told."""
        leg.forwards_to = number
        for other in leg.call.legs.values():
            self._find_forwarder(other)

    def _find_forwarder(self, leg: Leg) -> None:
        call, profile = leg.call, leg.call.profile
        if profile is None or not leg.rung or leg.forwarded_by:
            return
        for other in (*call.legs.values(), *call.past_legs.values()):
            to = other.forwards_to
            if to and to in (leg.number, leg.device) and other.dialled_by is leg.dialled_by:
                leg.forwarded_by = self._known.extension(profile, other.device)

    def connected(self, leg: Leg, at: datetime | None) -> None:
        """The leg is up: of a caller's, perhaps only with the PBX itself."""
        if leg.connected or leg.local:
            return
        leg.connected, leg.connected_at = True, at
        if leg is leg.call.origin or leg.began_call:
            leg.call.reached_pbx = True

    def handed_over(self, leg: Leg) -> None:
        """The leg rang for its call, and answers another."""
        profile = leg.call.profile
        if profile is not None:
            outside = self._kind(leg, profile) is Kind.TRUNK
            became = of_rung_leg(answered=False, rang=leg.rings, outside=outside, cause=Cause.OTHER)
            leg.call.furthest = furthest(leg.call.furthest, became)

    def ended(self, leg: Leg, at: datetime | None, cause: Cause, *, seen: bool) -> None:
        """A leg is over; when, nobody knows if it was not `seen`."""
        call, profile = leg.call, leg.call.profile
        leg.ended_at, leg.cause = at if seen else None, cause
        call.lost_sight = call.lost_sight or not seen
        if at is not None and (call.ended_at is None or call.ended_at < at):
            call.ended_at = at
        if profile is None or leg.local:
            return
        kind = self._kind(leg, profile)
        if leg.rung and not leg.began_call and not leg.bridged:
            became = of_rung_leg(answered=False, rang=leg.rings, outside=kind is Kind.TRUNK, cause=cause)
            call.furthest = furthest(call.furthest, became)
        if kind is Kind.TRUNK and len(call.trunk_legs) < _MOST_TRUNK_LEGS:
            self._look_up(call, profile, leg)
            call.trunk_legs[leg.id] = leg

    def over(self, call: Call) -> None:
        """The last leg is gone: tell what it all came to."""
        profile = call.profile
        if profile is None or not profile.extras:
            return
        if call.partial or call.given_up:
            why = "it began while we were not listening" if call.partial else "nothing was heard of it any more"
            for kind in _AT_THE_END:
                self._telling.withhold(call, kind, call.ended_at, f"what the call came to is not known: {why}")
            return
        if call.origin is not None and call.origin.picked_up:
            self._telling.withhold(call, EventType.ENDED, call.ended_at,
                                   "the call was made to pick up another, and is part of that one")
            return
        for leg in sorted(call.trunk_legs.values(), key=lambda leg: leg.id):
            self._tell_leg(call, profile, leg)
        disposition = self._disposition(call)
        self._tell_missed(call, disposition)
        self._tell_ended(call, disposition)
        for file in call.recordings:
            self._telling.tell(call, EventType.RECORDING_READY, call.ended_at, f"the recording {file} is ready", file,
                               extension_number=self._user(call), recording_file=file)

    # -- legs --------------------------------------------------------------------------
    def _tell_leg(self, call: Call, profile: Profile, leg: Leg) -> None:
        self._look_up(call, profile, leg)
        came_in = not leg.rung
        if came_in:
            disposition = of_calling_leg(connected=leg.connected or leg.bridged, cause=leg.cause)
        else:
            disposition = of_rung_leg(
                answered=leg.connected or leg.bridged, rang=leg.rings, outside=True, cause=leg.cause)
        answered_at = leg.connected_at if disposition is Disposition.ANSWERED else None
        number = leg.number or leg.dialled or call.destination
        source = call.source if came_in else leg.user or call.source
        who = leg.user or "no user"
        self._telling.tell(
            call, EventType.LEG_ENDED, leg.ended_at or call.ended_at,
            f"the leg from the trunk {leg.device} is over; responsible for it: {who}" if came_in
            else f"the leg to {number} over the trunk {leg.device} is over; responsible for it: {who}", leg.id,
            leg_id=leg.id, trunk=leg.device, extension_number=leg.user or None, source_number=source or None,
            destination_number=(call.destination if came_in else number) or None,
            direction=(Direction.INBOUND if came_in else Direction.OUTBOUND).value,
            **_times(leg.began_at, answered_at, leg.ended_at, disposition))

    def _look_up(self, call: Call, profile: Profile, leg: Leg) -> None:
        if leg.dialled_by is not None or not leg.rung:  # else a predecessor knew better
            leg.user = self._responsible(call, profile, leg) or leg.user

    def _responsible(self, call: Call, profile: Profile, leg: Leg) -> str:
        """The user who is to be asked about a trunk's leg: who took a call that came in, or because of whom one went
        out: by a phone that forwards, an extension that is forwarded, dialling, or a transfer."""
        only_called = call.called[0] if len(call.called) == 1 else ""
        if not leg.rung:
            sent_on = {self._sent_on_by(profile, other) for other in call.trunk_legs.values() if other.rung} - {""}
            return call.taken_by or (sent_on.pop() if len(sent_on) == 1 else only_called)
        root = self._root(call, profile, leg)
        placed_by = ""
        if root is not None and not root.local and self._kind(root, profile) is Kind.PHONE:
            placed_by = self._known.extension(profile, root.device)
        return self._sent_on_by(profile, leg, root) or placed_by or call.transferred_by or only_called

    def _sent_on_by(self, profile: Profile, trunk_leg: Leg, root: Leg | None = None) -> str:
        """The user who was called and is reached over the trunk: by a phone's own forward, or by the PBX's."""
        steps = [step for leg in trunk_leg.path_to_root() for step in (leg, leg.pair) if step is not None]
        forwarder = next((step.forwarded_by for step in steps if step.forwarded_by), "")
        asked_for = [step.asked_for for step in steps] + ([root.dialled] if root is not None else [])
        return forwarder or next((number for number in asked_for if self._known.is_extension(profile, number)), "")

    # -- the call ------------------------------------------------------------------------
    @staticmethod
    def _disposition(call: Call) -> Disposition:
        if call.taken:
            return Disposition.ANSWERED
        if call.message_left:
            return Disposition.VOICEMAIL
        if call.furthest is not None:
            return call.furthest
        if call.queue:
            return Disposition.MISSED
        return Disposition.MENU if call.reached_pbx else Disposition.FAILED

    def _tell_missed(self, call: Call, disposition: Disposition) -> None:
        if call.taken or call.direction is not Direction.INBOUND or not (call.called or call.queue):
            return
        only_called = call.called[0] if len(call.called) == 1 else None
        times = _times(_began(call), None, _ended(call), disposition)
        self._telling.tell(
            call, EventType.MISSED, call.ended_at, f"nobody took the call ({disposition.value})",
            extension_number=only_called, disposition=disposition.value, ended_at=times["ended_at"],
            duration=times["duration"])

    def _tell_ended(self, call: Call, disposition: Disposition) -> None:
        taken_at = call.taken_at if call.taken else None
        self._telling.tell(
            call, EventType.ENDED, call.ended_at, f"the call is over ({disposition.value})",
            extension_number=self._user(call), recording_file=call.recordings[0] if call.recordings else None,
            **_times(_began(call), taken_at, _ended(call), disposition))

    @staticmethod
    def _user(call: Call) -> str | None:
        """The call's user: who placed it, or else who took it."""
        return (call.extension if call.direction is Direction.OUTBOUND else call.taken_by) or None


def _began(call: Call) -> datetime | None:
    if call.origin is not None and call.origin.began_at is not None:
        return call.origin.began_at
    return datetime.fromtimestamp(call.began_ms / 1000, UTC) if call.began_ms else None


def _ended(call: Call) -> datetime | None:
    return None if call.lost_sight else call.ended_at


def _times(
    began_at: datetime | None, answered_at: datetime | None, ended_at: datetime | None, disposition: Disposition,
) -> dict[str, Value]:
    """The fields of an ending. Seconds are whole ones that have passed; what is not known is null."""
    answered = disposition is Disposition.ANSWERED
    return {
        "disposition": disposition.value,
        "answered_at": answered_at.isoformat() if answered_at is not None else None,
        "ended_at": ended_at.isoformat() if ended_at is not None else None,
        "duration": _seconds(began_at, ended_at),
        "billable_seconds": _seconds(answered_at, ended_at) if answered else 0,
    }


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return None if begin is None or end is None else max(0, int((end - begin).total_seconds()))
