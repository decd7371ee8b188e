"""Call and Leg: what the tracker knows of a call that is open. Mutable, unlike almost all else in the domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from switchhook.domain.disposition import Disposition
from switchhook.domain.facts import Cause, Direction
from switchhook.domain.profile import Profile


@dataclass(slots=True, kw_only=True)
class PendingOption:
    """Digits chosen in a menu that may yet turn out to be an extension dialled directly."""

    menu: str
    digits: str
    at: datetime | None
    called_place: bool = False  # the choice called another place as a subroutine, and has not returned


@dataclass(slots=True, kw_only=True)
class HeldMenu:
    """A menu that a user reached who has another call on the other line: perhaps only to put the caller there."""

    menu: str
    at: datetime | None


@dataclass(slots=True, kw_only=True)
class Visit:
    """A leg's stay in menus, from the first one until it leaves for something that is no menu.

    `menus` were reached in this visit, `current` is the last. `quiet_places` are where the dialplan itself told of
    a menu: being there is not leaving. `awaiting_twin` has options told by one way (place or dialplan) that the
    other may tell again. `held` were reached, and are yet to be told.
    """

    menus: list[str] = field(default_factory=list)
    current: str = ""
    quiet_places: list[str] = field(default_factory=list)
    in_subroutine: bool = False
    pending: PendingOption | None = None
    awaiting_twin: dict[tuple[str, str], str] = field(default_factory=dict)
    held: list[HeldMenu] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """One party's side of a call. `answers` is the call that it took, until that is judged."""

    id: str
    call: Call
    device: str = ""
    local: bool = False
    began_call: bool = False
    called: bool = False
    home: str = ""  # where in the dialplan it began
    dialled: str = ""
    number: str = ""  # what was sent to it when it was rung
    rung_from: str = ""
    asked_for: str = ""  # the number that led to ringing it
    forwards_to: str = ""  # the number that the phone sends the call on to, by itself
    forwarded_by: str = ""  # the user whose phone sent the call on to it
    came_from: str = ""  # the call that it rang for, when another took that call's place and it answered
    dialled_by: Leg | None = field(default=None, repr=False)
    pair: Leg | None = field(default=None, repr=False)
    on_behalf_of: str = ""
    answers: Call | None = field(default=None, repr=False)
    bridged: bool = False
    rung: bool = False
    rings: bool = False
    ring_judged: bool = False
    connected: bool = False
    put_through: bool = False  # a user who asked here by a feature code has put the caller here
    picked_up: bool = False  # it called, and took a call that rang elsewhere
    pickup_told: bool = False
    began_at: datetime | None = None
    rings_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause = Cause.OTHER
    user: str = ""  # of a trunk's: the extension that is responsible for it
    recordings: list[str] = field(default_factory=list)  # files, of what it talks
    heard_menu: bool = False
    entered: str = ""  # the last place that it came into by its entrance, and that is no menu
    left_menu: str = ""  # left by ringing or talking, so that the menu's dialplan may go on afterwards
    visit: Visit | None = None
    last_visit: Visit | None = None
    contact: int = 0  # the connection that last told of it

    def path_to_root(self) -> Iterator[Leg]:
        """This leg, then the one that dialled it (a local leg's other end counts as itself), up to the first."""
        seen: set[str] = set()
        leg: Leg | None = self
        while leg is not None and leg.id not in seen:
            seen.add(leg.id)
            yield leg
            leg = leg.dialled_by or (leg.pair.dialled_by if leg.pair is not None else None)


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """What a person calls a call. Numbers are as first told, and stay.

    `profile` None: no service claimed it; else by `tenant`, `account_code` or the place where it was, `claimed_at`.
    `partial`: it began while we were not listening. `origin` is the leg it began with. `unannounced`: it came in, and
    the number dialled is not known yet. `answered`: told, or too late to know. `placed`: the extensions whose outbound
    call was told.

    What extra events need: `called` are the extensions whose phones were tried, `rang` those of which that was told.
    `taken`: somebody took it, `taken_by` that user, if it was one. `furthest` is how far it came while nobody did.
    """

    id: str
    uuid: UUID
    began_ms: int
    profile: Profile | None
    tenant: str = ""
    account_code: str = ""
    claimed_at: str = ""
    partial: bool = False
    direction: Direction = Direction.INTERNAL
    source: str = ""
    destination: str = ""
    dialled: str = ""
    extension: str = ""
    sequence: int = 0
    unannounced: bool = False
    answered: bool = False
    placed: list[str] = field(default_factory=list)
    extra_sequence: int = 0
    trunk: str = ""
    queue: str = ""
    called: list[str] = field(default_factory=list)
    rang: list[str] = field(default_factory=list)
    taken: bool = False
    taken_by: str = ""
    taken_at: datetime | None = None
    furthest: Disposition | None = None
    reached_pbx: bool = False  # the PBX itself took it: a menu, an announcement
    message_left: bool = False
    transferred_by: str = ""
    recordings: list[str] = field(default_factory=list)
    trunk_legs: dict[str, Leg] = field(default_factory=dict, repr=False)  # those that are over
    ended_at: datetime | None = None  # the last of its legs so far
    given_up: bool = False  # nothing was heard of it for so long
    lost_sight: bool = False  # a leg ended while we were not listening: nobody knows when
    origin: Leg | None = field(default=None, repr=False)
    first_rung: Leg | None = field(default=None, repr=False)
    legs: dict[str, Leg] = field(default_factory=dict, repr=False)
    past_legs: dict[str, Leg] = field(default_factory=dict, repr=False)  # over, but a late Fact may name them
    touched_at: datetime | None = None  # by the PBX's clock
    heard_at: datetime | None = None  # by that of whoever listens: a PBX's may be hours off
    rung: str = ""  # the first extension that rang; this and what follows is for people, nothing is decided by it
    picked_up_by: str = ""
    facts_noted: int = 0
    notes: int = 0
    last_note: str = field(default="", repr=False)
