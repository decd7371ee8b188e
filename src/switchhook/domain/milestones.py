"""When a call has come in, was answered by a user, or was placed by one: each once, in whatever order it is told."""

from __future__ import annotations

from datetime import datetime

from switchhook.domain.call import Call, Leg
from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction, LegStarted
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Acquaintance, Kind, Profile, same_number

_RECEIVED, _ANSWERED, _PLACED = EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED, EventType.OUTBOUND_PLACED


class Milestones:
    """Judges what legs did."""

    def __init__(self, telling: Telling, known: Acquaintance) -> None:
        self._telling = telling
        self._known = known

    def kind(self, leg: Leg, profile: Profile) -> Kind:
        """What is behind a leg."""
        if leg.local:
            return Kind.LOCAL
        return self._known.kind(profile, leg.device, leg.home, number=leg.number, rung_from=leg.rung_from)

    # -- received --------------------------------------------------------------
    def begun(self, call: Call, leg: Leg, fact: LegStarted) -> None:
        """The leg that the call begins with is known: where does the call come from, and which numbers has it?"""
        call.origin = leg
        profile = call.profile
        if profile is None:
            return
        kind = self.kind(leg, profile)
        from_outside = kind is Kind.TRUNK and not fact.called
        if fact.direction is not None:
            from_outside = fact.direction is Direction.INBOUND
        if from_outside:
            self._known.learn_trunk(leg.device)
            call.direction = Direction.INBOUND
            call.trunk = leg.device
            call.source = fact.caller_number
            call.destination = call.dialled = fact.dialled
            call.unannounced = True
            if call.partial:
                call.unannounced = False
                self._telling.withhold(call, _RECEIVED, fact.at, "the call came in while we were not listening")
            elif fact.dialled:
                self.announce(call, fact.at)
        elif kind is Kind.PHONE:
            call.source = call.extension = self._known.extension(profile, leg.device)
            call.destination = call.dialled = fact.dialled
            self._known.learn_phone(profile, leg.device)
            if not fact.called and not self._known.is_users(profile, leg.device):
                where = f", nor {leg.home} a context of trunks" if leg.home else ""
                self._telling.withhold(
                    call, _RECEIVED, fact.at, f"{leg.device} is not named as a trunk{where}: so the call was taken for "
                    "one of a user. Reading says which devices are trunks and extensions")

    def recalled(self, call: Call) -> None:
        """The call goes on as a predecessor left it: what its beginning showed is still known."""
        if call.direction is Direction.INBOUND and call.origin is not None:
            self._known.learn_trunk(call.origin.device)

    def destination_told(self, call: Call, number: str, at: datetime | None) -> None:
        """The number dialled is known now, after the call came in."""
        if call.unannounced and number:
            call.destination = call.dialled = number
            self.announce(call, at)

    def announce(self, call: Call, at: datetime | None) -> None:
        """Tell that the call came in, if that is yet to be told."""
        if call.unannounced:
            call.unannounced = False
            to = call.destination or "a number that the PBX does not tell"
            device = call.origin.device if call.origin is not None else ""
            self._telling.tell(call, _RECEIVED, at, f"a call came in over the trunk {device} to {to}")

    # -- answered --------------------------------------------------------------
    def taken(self, leg: Leg, call: Call, at: datetime | None) -> None:
        """The leg took the call. Whether a user answered shows when it is joined with another."""
        profile = call.profile
        if profile is None or leg.local:
            return
        if leg.began_call and (not leg.called or leg.call is call):
            if not leg.called:
                who = self._known.extension(profile, leg.device)
                by, told = who, f"{who} picked up the call"
                if leg.dialled.startswith("*"):  # a code: **201, *8
                    by, told = f"{who} with {leg.dialled}", f"{told} with {leg.dialled}"
                elif leg.dialled:
                    by, told = f"{who} by a key for {leg.dialled}", f"{told} by a key for {leg.dialled}"
                self._telling.withhold(call, _ANSWERED, at, f"picked up by {by}: not rung, so not answered")
                self._took(call, who, at)
                if not leg.call.picked_up_by:  # by a key: the PBX does not say more
                    self._telling.note(leg.call, at, told)
                call.picked_up_by = leg.call.picked_up_by = who
                if not leg.pickup_told:
                    leg.pickup_told = True
                    self._telling.tell(call, EventType.PICKED_UP, at, told, leg.id, extension_number=who)
            return
        leg.answers = call
        self.judge_answer(leg, at)

    def found(self, leg: Leg, at: datetime | None, *, talking: bool) -> None:
        """A snapshot found a leg that was rung. If it talks, now or soon, it answered; of a call that began
        while we were not listening, nobody knows who answered first."""
        call = leg.call
        if call.profile is not None and self.kind(leg, call.profile) is Kind.PHONE:
            call.first_rung = call.first_rung or leg
        if talking and call.partial:
            call.answered = True
        elif not call.answered:
            self.taken(leg, call, at)

    def judge_answer(self, leg: Leg, at: datetime | None) -> None:
        """Was the call that the leg took answered by a user? Waits until enough is known."""
        call = leg.answers
        if call is None or call.profile is None or not leg.bridged or call.origin is None:
            return
        leg.answers = None
        extension = self._known.extension(call.profile, leg.device)
        is_trunk = self.kind(leg, call.profile) is Kind.TRUNK
        places_call = call.origin.local and leg is call.first_rung
        if not places_call:
            self._took(call, "" if is_trunk else extension, at)
        reason = ""
        if is_trunk:
            if call.direction is not Direction.INBOUND:
                return  # the party that was called outside answers: nobody would expect Answered
            reason = f"answered outside, over the trunk {leg.device}: by no user"
        elif places_call:
            reason = f"{extension}'s own phone was rung to place the call"
        elif call.direction is not Direction.INBOUND:
            reason = f"answered by {extension}, but the call did not come in over a trunk"
        elif call.answered:
            reason = f"answered by {extension}, but it was answered before: once a call"
        if reason:
            self._telling.withhold(call, _ANSWERED, at, reason)
            return
        call.answered = True
        call.extension = extension
        self._telling.tell(call, _ANSWERED, at, f"{extension} was rung and answered")

    def _took(self, call: Call, by: str, at: datetime | None) -> None:
        """Somebody took the call: the first one counts."""
        if not call.taken:
            call.taken, call.taken_by, call.taken_at = True, by, at

    # -- placed ----------------------------------------------------------------
    def dialled(self, leg: Leg, at: datetime | None) -> None:
        """A leg was rung: a user's phone, or a trunk, and then perhaps because a user placed a call."""
        call, profile = leg.call, leg.call.profile
        if profile is None or leg.local:
            return
        if self.kind(leg, profile) is Kind.PHONE:
            self._known.learn_phone(profile, leg.device)
            call.first_rung = call.first_rung or leg
            extension = self._known.extension(profile, leg.device)
            if not leg.began_call and extension not in call.called:
                call.called.append(extension)
        else:
            self._judge_placing(call, profile, leg, at)

    def _judge_placing(self, call: Call, profile: Profile, trunk_leg: Leg, at: datetime | None) -> None:
        root = self.root(call, profile, trunk_leg)
        reason = self._why_not_placed(call, profile, trunk_leg, root)
        if root is None or reason:
            self._telling.withhold(call, _PLACED, at, f"{trunk_leg.number or 'a number'} over the trunk "
                                                      f"{trunk_leg.device}: {reason}")
            return
        extension = self._known.extension(profile, root.device)
        number, typed = trunk_leg.number or root.dialled, root.dialled
        call.placed.append(extension)
        call.trunk = call.trunk or trunk_leg.device
        if call.direction is Direction.INTERNAL:  # numbers are as first told: a call that came in keeps its own
            call.direction = Direction.OUTBOUND
            call.source = call.extension = extension
            call.destination, call.dialled = number, typed
        self._telling.tell(
            call, _PLACED, at, f"{extension} placed a call to {number} over the trunk {trunk_leg.device}", extension,
            source_number=extension, extension_number=extension, destination_number=number or None,
            dialled_number=typed or None, direction=Direction.OUTBOUND.value)

    def root(self, call: Call, profile: Profile, trunk_leg: Leg) -> Leg | None:
        """The leg for which, in the end, the trunk was rung."""
        *_, last = trunk_leg.path_to_root()
        if last is trunk_leg:
            return None
        if not last.local:
            return last
        behalf = last.on_behalf_of or (last.pair.on_behalf_of if last.pair is not None else "")
        for leg in call.legs.values():  # a user who consults by a feature code: Asterisk dials for the phone
            if behalf and not leg.local and self._known.extension(profile, leg.device) == behalf:
                return leg
        if call.origin is not None and not call.origin.local:
            return call.origin
        return call.first_rung  # click-to-call through a local leg: the phone that was rung first

    def _why_not_placed(self, call: Call, profile: Profile, trunk_leg: Leg, root: Leg | None) -> str:
        if root is None:
            return "nobody's phone asked for it"
        if self.kind(root, profile) is not Kind.PHONE:
            return "led on for a caller from outside, so no user placed it"
        if root.heard_menu:
            return "a menu led out, so no user placed it"
        if self._known.extension(profile, root.device) in call.placed:
            return "the call was already told as placed by this user"
        if root.dialled and self._was_forwarded(profile, trunk_leg, root):
            return f"the user called {root.dialled}, which was forwarded or followed outside"
        return ""

    def _was_forwarded(self, profile: Profile, trunk_leg: Leg, root: Leg) -> bool:
        """Did the user call somebody inside, who is then reached outside?"""
        if self._known.is_extension(profile, root.dialled):
            return True
        sent = [leg.number for leg in trunk_leg.path_to_root() if leg.number]
        through_local = any(leg.local for leg in trunk_leg.path_to_root())
        return through_local and not any(same_number(root.dialled, number) for number in sent)
