"""Transfers on a FreeSWITCH, found out from who talked with whom: it tells of none unless it is configured to.

A *blind* one sends the party that a user talked with on in the dialplan, and ends the user's leg. That it ended so, its
last event says (`BLIND_TRANSFER`, as the cause or as what the phone asked for); where to, the other party's next event,
or the next leg that is rung for it. A dialplan's own `transfer` looks the same but for the user's leg: that decides.

An *attended* one joins two parties that both talked with one user: by a phone's REFER with Replaces, by `att_xfer`,
or from an operator's panel. Where the user had only dialled (a menu, or a phone that rings yet), the end of that leg
says it (`ATTENDED_TRANSFER`). All of it as FreeSWITCH 1.10's source has it; no stream of a transfer was recorded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.facts import Fact, Party, TransferKind, Transferred
from switchhook.pbx.freeswitch_words import Event

_MOST_LEGS = 100_000  # their ends may never come
_SENT_ON = re.compile(r"(\d{1,11}):[^:]*:bl_xfer:([^/]*)/[^/]*/(?!inline)", re.IGNORECASE)  # when:who:how:extension/…
_NUMBER = re.compile(r"[\w*#+.-]{1,64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talker:
    """A leg that may talk, and the number that it dialled or that was dialled for it. `place`: it is the n-th."""

    party: Party
    dialled: str
    is_trunk: bool
    place: int = 0

    def is_line_of(self, other: Talker) -> bool:
        """Whether both are a user's, and the same user's."""
        return not self.is_trunk and not other.is_trunk and self.party.device == other.party.device != ""


@dataclass(slots=True)
class _Talk:
    """A leg's last conversation. `other`: with whom, `since` when. `sent_by`: the leg that sent it on, when it is not
    known yet where to. `sent`: out of the conversation with which leg it was sent where. `told`: the leg whose transfer
    was told."""

    me: Talker
    dialled_by: Talker | None = None
    other: Talker | None = None
    sent_by: Talker | None = None
    since: datetime | None = None
    sent: tuple[str, str] = ("", "")
    source: str = ""
    told: str = ""

    @property
    def through(self) -> Talker | None:
        """Whom it is connected with, or was rung by."""
        return self.other or self.dialled_by


class Transfers:
    """Follows the legs of one connection; told of each event before its own facts are made."""

    def __init__(self) -> None:
        self._talks: dict[str, _Talk] = {}
        self._place = 0

    def began(self, party: Party, *, dialled: str, is_trunk: bool, dialled_by: str, at: datetime | None) -> list[Fact]:
        """A leg begins, rung for another, perhaps."""
        self._place += 1
        by = self._talks.get(dialled_by)
        me = Talker(party=party, dialled=dialled, is_trunk=is_trunk, place=self._place)
        self._talks[party.leg] = _Talk(me, dialled_by=None if by is None else by.me)
        if len(self._talks) > _MOST_LEGS:
            del self._talks[next(iter(self._talks))]
        return [] if by is None else self._sent(by, dialled, at)

    def said(self, leg: str, event: Event, at: datetime | None) -> list[Fact]:
        """Any event of a leg: it may say where it was sent."""
        talk = self._talks.get(leg)
        source = event.get("variable_transfer_source") or event.get("Caller-Transfer-Source") or ""
        if talk is None or source in ("", talk.source):
            return []
        talk.source = source
        sent = _SENT_ON.match(source)
        if sent is None or (talk.since is not None and int(sent[1]) < int(talk.since.timestamp())):
            return []  # before it talked
        return self._sent(talk, sent[2], at)

    def joined(self, one: str, other: str, at: datetime | None) -> list[Fact]:
        """Two legs talk from now on. If both talked with the same user before, that user has brought them together."""
        first, second = self._talks.get(one), self._talks.get(other)
        if first is None or second is None:
            return []
        found = self._brought_together(first, second, at)
        for talk, with_ in ((first, second.me), (second, first.me)):
            if talk.sent_by is not None:
                found += self._blind(talk.sent_by, talk, with_.dialled, at)
            if talk.other is None or talk.other.party.leg != with_.party.leg:
                talk.other, talk.since = with_, at
        return found

    def ended(self, leg: str, event: Event, at: datetime | None) -> list[Fact]:
        """A leg is over: perhaps because its user has sent the other party on."""
        talk = self._talks.pop(leg, None)
        if talk is None:
            return []
        how = {event.get("Hangup-Cause", ""), event.get("variable_endpoint_disposition", "")}
        if "ATTENDED_TRANSFER" in how and talk.other is None:
            return self._sent_to_where_i_was(talk.me, at)
        if "BLIND_TRANSFER" in how and talk.other is not None:
            moved = self._talks.get(talk.other.party.leg)
            if moved is not None:
                moved.sent_by = talk.me
                return self._blind(talk.me, moved, moved.sent[1], at) if moved.sent[0] == leg else []
        return [] if talk.sent_by is None else self._blind(talk.sent_by, talk, "", at)  # it went nowhere we know of

    def _sent(self, talk: _Talk, to: str, at: datetime | None) -> list[Fact]:
        if talk.other is None or not _NUMBER.match(to):
            return []
        talk.sent = (talk.other.party.leg, to)
        return [] if talk.sent_by is None else self._blind(talk.sent_by, talk, to, at)

    def _brought_together(self, first: _Talk, second: _Talk, at: datetime | None) -> list[Fact]:
        one, two = first.through, second.through
        if one is None or two is None or not one.is_line_of(two):
            return []
        if {one.party.leg, two.party.leg} & {first.me.party.leg, second.me.party.leg}:
            return []  # a party and its own user
        if (two.place, second.me.place) < (one.place, first.me.place):  # who was there first is moved
            first, second, one, two = second, first, two, one
        same = one.party.leg == two.party.leg  # by att_xfer the user rings the second party out of the first call
        return self._attended(one, None if same else two, first, second.me.dialled if same else two.dialled, at)

    def _sent_to_where_i_was(self, me: Talker, at: datetime | None) -> list[Fact]:
        """The user's leg that had only dialled: the party that they talked with on another is there now."""
        for moved in self._talks.values():
            if moved.other is not None and moved.other.is_line_of(me) and moved.other.party.leg != me.party.leg:
                return self._attended(moved.other, me, moved, me.dialled, at)
        return []

    def _blind(self, by: Talker, moved: _Talk, to: str, at: datetime | None) -> list[Fact]:
        return self._transferred(TransferKind.BLIND, by, None, moved, to, at)

    def _attended(self, by: Talker, second: Talker | None, moved: _Talk, to: str, at: datetime | None) -> list[Fact]:
        return self._transferred(TransferKind.ATTENDED, by, second, moved, to, at)

    def _transferred(
        self, kind: TransferKind, by: Talker, second: Talker | None, moved: _Talk, to: str, at: datetime | None
    ) -> list[Fact]:
        """Told once, by whatever tells it first."""
        moved.sent_by = None
        if moved.told == by.party.leg:
            return []
        moved.told = by.party.leg
        return [Transferred(at=at, kind=kind, transferer=by.party, second=None if second is None else second.party,
                            transferee=moved.me.party, extension=to)]
