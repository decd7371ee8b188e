"""A made-up PBX (synthetic): tells a tracker, in facts, what a short story says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from switchhook.domain.catalogue import EventType, Field, Value
from switchhook.domain.event import Event
from switchhook.domain.facts import (
    Cause,
    Connected,
    Fact,
    LegAnswered,
    LegBridged,
    LegDialled,
    LegEnded,
    LegForwarded,
    LegPresent,
    LegRecorded,
    LegRinging,
    LegStarted,
    LegUp,
    LocalPaired,
    MenuEntered,
    MessageLeft,
    OptionChosen,
    Party,
    PlaceReached,
    Point,
    QueueJoined,
    SnapshotEnded,
    TransferKind,
    Transferred,
)
from switchhook.domain.outcome import Decision, Outcome
from switchhook.domain.profile import Profile
from switchhook.domain.service import Reading
from switchhook.domain.tracker import Tracker

SERVICE, ACCOUNT = UUID(int=7), UUID(int=8)
BEGAN = datetime(2026, 3, 4, 0, 41, 50, tzinfo=UTC)
CALLER, DID, MOBILE = "12025550171", "12025550101", "12025550188"

RECEIVED, ANSWERED, PLACED = EventType.INBOUND_RECEIVED, EventType.INBOUND_ANSWERED, EventType.OUTBOUND_PLACED
IVR, OPTION = EventType.IVR_RECEIVED, EventType.IVR_OPTION


def a_profile(
    *, extensions: frozenset[str] = frozenset(), extras: frozenset[EventType] = frozenset(), **reading: object
) -> Profile:
    """How a made-up service reads its calls."""
    return Profile(service_id=SERVICE, account_id=ACCOUNT, extensions=extensions, extras=extras,
                   reading=Reading(**reading))  # type: ignore[arg-type]


class MadeUpPbx:
    """Legs are named by the test. Every fact is a second after the one before, from `BEGAN` on."""

    def __init__(
        self, profile: Profile | None = None, claim: Callable[[LegStarted], Profile | None] | None = None
    ) -> None:
        given = profile or a_profile()
        self.tracker = Tracker(claim or (lambda _: given))
        self.events: list[Event] = []
        self.decisions: list[Decision] = []
        self.outcome = Outcome()
        self.now = BEGAN
        self._parties: dict[str, Party] = {}

    def feed(self, fact: Fact) -> Outcome:
        """One fact."""
        self.outcome = self.tracker.feed(fact)
        self.events += self.outcome.events
        self.decisions += self.outcome.decisions
        self.now += timedelta(seconds=1)
        return self.outcome

    # -- what was told -------------------------------------------------------------
    @property
    def told(self) -> list[EventType]:
        """The types of the events so far."""
        return [event.type for event in self.events]

    @property
    def last(self) -> dict[Field, Value]:
        """The last event's fields."""
        return dict(self.events[-1].fields)

    @property
    def options(self) -> list[tuple[Value, Value]]:
        """Menu and digits of every option told."""
        return [(event.fields[Field.IVR_NAME], event.fields[Field.OPTION_SELECTED])
                for event in self.events if event.type is OPTION]

    @property
    def menus(self) -> list[Value]:
        """The menus that were told as reached."""
        return [event.fields[Field.IVR_NAME] for event in self.events if event.type is IVR]

    def why_not(self, kind: EventType) -> str:
        """The last reason for which an event of this type was not told."""
        return next((one.reason for one in reversed(self.decisions) if one.type is kind and not one.told), "")

    # -- legs ------------------------------------------------------------------------
    def comes_in(self, leg: str = "in", to: str = DID, caller: str = CALLER, **more: object) -> None:
        """A call comes in over a trunk."""
        self._start(leg, leg, "trunk-provider", "from-trunk", dialled=to, caller_number=caller, **more)

    def dials(self, leg: str, phone: str, number: str, **more: object) -> None:
        """A phone dials a number."""
        self._start(leg, leg, phone, "from-internal", dialled=number, caller_number=phone, **more)

    def rings(self, by: str | None, leg: str, device: str, *, number: str = "", home: str = "", call: str = "",
              place: str = "", local: bool = False, asked_for: str = "") -> None:
        """The PBX makes a leg to a device and rings it."""
        belongs = call or (self._parties[by].call if by is not None else leg)
        home = home or ("from-trunk" if "trunk" in device else "from-internal")
        self._start(leg, belongs, device, home, called=True, local=local)
        dialling = None if by is None else self._at(by, place or "macro-dial-one")
        self.feed(LegDialled(at=self.now, dialling=dialling, dialled=self._parties[leg], number=number,
                             asked_for=asked_for))

    def pairs(self, one: str, two: str, call: str, *, on_behalf_of: str = "") -> None:
        """A joint of two local legs."""
        for leg in (one, two):
            if leg not in self._parties:
                self._start(leg, call, "x@from-internal", "from-internal", called=True, local=True)
        self.feed(LocalPaired(at=self.now, one=self._parties[one], two=self._parties[two], on_behalf_of=on_behalf_of))

    def takes(self, leg: str, of: str | None) -> None:
        """A leg takes the call that was offered for another."""
        dialling = None if of is None else self._parties[of]
        self.feed(LegAnswered(at=self.now, dialling=dialling, dialled=self._parties[leg]))

    def talks(self, *legs: str) -> None:
        """Legs are joined."""
        for leg in legs:
            self.feed(LegBridged(at=self.now, party=self._parties[leg], bridge="b"))

    def answers(self, leg: str, of: str) -> None:
        """A leg that was rung takes the call and talks."""
        self.takes(leg, of)
        self.talks(leg, of)

    def ends(self, *legs: str, cause: Cause = Cause.OTHER) -> None:
        """Legs are over."""
        for leg in legs:
            self.feed(LegEnded(at=self.now, leg=leg, call=self._parties[leg].call, cause=cause))

    def hears(self, *legs: str) -> None:
        """Phones that are rung do ring."""
        for leg in legs:
            self.feed(LegRinging(at=self.now, leg=leg, call=self._parties[leg].call))

    def is_up(self, leg: str) -> None:
        """A leg is connected."""
        self.feed(LegUp(at=self.now, leg=leg, call=self._parties[leg].call))

    def is_found_talking(self, *legs: str) -> None:
        """Whoever listens comes back: these legs are still there, and talk."""
        self.feed(Connected(at=self.now))
        for leg in legs:
            started = LegStarted(at=self.now, party=self._parties[leg])
            self.feed(LegPresent(at=self.now, started=started, talking=True))
        self.feed(SnapshotEnded(at=self.now, legs=frozenset(legs)))

    def forwards(self, leg: str, to: str) -> None:
        """A phone that is rung sends the call on by itself, to a number."""
        self.feed(LegForwarded(at=self.now, by=self._parties[leg], number=to))

    def waits(self, leg: str, queue: str) -> None:
        """A caller waits in a queue."""
        self.feed(QueueJoined(at=self.now, leg=leg, call=self._parties[leg].call, queue=queue))

    def leaves_message(self, leg: str, mailbox: str, message: str = "msg0000") -> None:
        """A caller leaves a message."""
        self.feed(MessageLeft(at=self.now, leg=leg, call=self._parties[leg].call, mailbox=mailbox, message=message))

    def is_recorded(self, leg: str, file: str) -> None:
        """What is spoken on a leg goes into a file."""
        self.feed(LegRecorded(at=self.now, leg=leg, call=self._parties[leg].call, file=file))

    def _start(self, leg: str, call: str, device: str, home: str, *, local: bool = False, **more: object) -> None:
        party = Party(leg=leg, call=call, device=device, local=local, began_call=leg == call, place=home)
        self._parties[leg] = party
        self.feed(LegStarted(at=self.now, party=party, call_began_at=BEGAN, **more))  # type: ignore[arg-type]

    def _at(self, leg: str, place: str) -> Party:
        known = self._parties[leg]
        return Party(leg=leg, call=known.call, device=known.device, local=known.local, began_call=known.began_call,
                     place=place)

    # -- dialplan ----------------------------------------------------------------------
    def enters(self, leg: str, place: str) -> None:
        """A leg is at the entrance of a place."""
        self._reach(leg, place, Point.ENTRANCE)

    def chooses(self, leg: str, place: str, digits: str, **more: object) -> None:
        """A leg is where these digits lead to."""
        self._reach(leg, place, Point.CHOICE, digits=digits, **more)

    def steps(self, leg: str, place: str, **more: object) -> None:
        """A leg takes a further step at a place."""
        self._reach(leg, place, Point.INSIDE, **more)

    def _reach(self, leg: str, place: str, point: Point, **more: object) -> None:
        self.feed(PlaceReached(at=self.now, leg=leg, call=self._parties[leg].call, place=place, point=point,
                               **more))  # type: ignore[arg-type]

    def says_menu(self, leg: str, menu: str, place: str = "survey") -> None:
        """The dialplan itself says that a menu was reached."""
        self.feed(MenuEntered(at=self.now, leg=leg, call=self._parties[leg].call, menu=menu, place=place))

    def says_option(self, leg: str, menu: str, digits: str, place: str = "survey") -> None:
        """The dialplan itself says that an option was chosen."""
        self.feed(OptionChosen(at=self.now, leg=leg, call=self._parties[leg].call, menu=menu, digits=digits,
                               place=place))

    def sends_on(self, by: str, leg: str, extension: str) -> None:
        """A blind transfer."""
        self.feed(Transferred(at=self.now, kind=TransferKind.BLIND, transferer=self._parties[by],
                              transferee=self._parties[leg], extension=extension))

    def joins(self, by: str, second: str, leg: str, place: str = "", target: str = "") -> None:
        """An attended transfer: `leg` goes to where the user's second leg is, which talks with `target`."""
        self.feed(Transferred(at=self.now, kind=TransferKind.ATTENDED, transferer=self._parties[by],
                              second=self._at(second, place), transferee=self._parties[leg],
                              target=self._parties.get(target)))
