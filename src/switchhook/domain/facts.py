"""Facts: what any PBX can tell, in words of no PBX.

`pbx/` turns the messages of one PBX into these, and the tracker turns these into Events. A Fact says
what happened and decides nothing: whether a place is a menu, a leg a trunk or an answer the first one
is the tracker's to judge. `at` is None where the stream has no time and none was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Direction(StrEnum):
    """Where a call comes from and goes to, seen from the PBX."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One leg as a Fact names it.

    `call` and `leg` are the PBX's own ids; after a transfer a leg may name another call than before.
    `device` is what the leg belongs to (a phone's or a trunk's name). `local`: nobody is behind it, it
    only joins two places of the PBX. `began_call`: the call began with this leg. `place` is where in the
    dialplan it is.
    """

    leg: str
    call: str
    device: str = ""
    local: bool = False
    began_call: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection to the PBX begins: what was known before may be out of date, until a snapshot says."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxStopped:
    """The PBX shuts down: no leg outlives it."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStarted:
    """A leg begins.

    `called`: the PBX calls the party (else the party calls). `dialled`: the number that the party called,
    "" when there is none or the PBX has yet to find it out. `caller_number` "": withheld or unknown.
    `call_began_at` is the same for every observer. `call_uuid` and `direction` only where the PBX itself
    tells them. `tenant` and `account_code` tell Services apart that share a Connection.
    """

    at: datetime | None
    party: Party
    called: bool = False
    dialled: str = ""
    caller_number: str = ""
    call_began_at: datetime | None = None
    call_uuid: UUID | None = None
    direction: Direction | None = None
    tenant: str = ""
    account_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPresent:
    """A snapshot found this leg. `talking`: it is joined with another; `dialled` as first dialled, if still known."""

    at: datetime | None
    started: LegStarted
    talking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEnded:
    """The snapshot is complete: a leg from before the connection that is not in `legs` is gone."""

    at: datetime | None
    legs: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationTold:
    """The number that this leg's caller dialled, told after the leg began."""

    at: datetime | None
    leg: str
    call: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantTold:
    """Whose this leg's call is shows, or changed, after the leg began: the dialplan of a number says so. `place` as in
    Party."""

    at: datetime | None
    leg: str
    call: str
    tenant: str = ""
    account_code: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDialled:
    """The PBX rings `dialled` for `dialling` (None: for nobody yet, as click-to-call begins).

    `number` is the number sent to it, when one is sent: "" when a phone is simply rung. `asked_for` is the number that
    led there, as the dialplan has it now: the extension that is forwarded, perhaps.
    """

    at: datetime | None
    dialling: Party | None
    dialled: Party
    number: str = ""
    asked_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRinging:
    """The party that is called is told of it: a phone rings."""

    at: datetime | None
    leg: str
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegUp:
    """A leg is connected: of a party that called, with the PBX itself or with somebody."""

    at: datetime | None
    leg: str
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegForwarded:
    """A phone that was rung sends the call on by itself, to `number`."""

    at: datetime | None
    by: Party
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered:
    """`dialled` took the call that was offered for `dialling`."""

    at: datetime | None
    dialling: Party | None
    dialled: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class LegBridged:
    """A leg is joined with others, in `bridge`."""

    at: datetime | None
    party: Party
    bridge: str


class Cause(StrEnum):
    """Why a leg is over, as far as it says what became of a call that nobody took. It proves nothing of who did."""

    OTHER = "other"
    BUSY = "busy"
    DECLINED = "declined"
    FAILED = "failed"  # the network refused it, or there is no such number


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded:
    """A leg is over."""

    at: datetime | None
    leg: str
    call: str
    cause: Cause = Cause.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPaired:
    """Two local legs are the two ends of one joint; the dialplan runs on `two`, `on_behalf_of` a caller's number."""

    at: datetime | None
    one: Party
    two: Party
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPickedUp:
    """`picker` took a call that was ringing at `target`."""

    at: datetime | None
    picker: Party
    target: Party


class TransferKind(StrEnum):
    """Whether the transferring user spoke with the target before."""

    BLIND = "blind"
    ATTENDED = "attended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """A user sent `transferee` on: to `extension` (blind), or to where the user's `second` leg was (attended), which
    talked with `target`."""

    at: datetime | None
    kind: TransferKind
    transferer: Party
    second: Party | None = None
    transferee: Party | None = None
    target: Party | None = None
    extension: str = ""


class Point(StrEnum):
    """What a point of the dialplan would be, if its place were a menu."""

    ENTRANCE = "entrance"
    CHOICE = "choice"  # what the caller keyed in leads here
    INSIDE = "inside"  # a wrong key, a time-out, a step after the first
    ENDING = "ending"  # what the dialplan does once the leg is over


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReached:
    """A leg is at a point of the dialplan. Whether `place` is a menu, a service's Reading says.

    `digits`: what a CHOICE stands for. `may_return`: the step calls another place as a subroutine.
    `rings`: the devices that the step is about to ring.
    """

    at: datetime | None
    leg: str
    call: str
    place: str
    point: Point
    digits: str = ""
    may_return: bool = False
    rings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntered:
    """The dialplan itself says that the leg reached a menu."""

    at: datetime | None
    leg: str
    call: str
    menu: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionChosen:
    """The dialplan itself says that the leg's caller chose an option. `keyed`: it only says what was keyed in, which
    may be an extension instead."""

    at: datetime | None
    leg: str
    call: str
    menu: str
    digits: str
    place: str = ""
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueJoined:
    """A leg's caller waits in a queue."""

    at: datetime | None
    leg: str
    call: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLeft:
    """A leg's caller has left a message in `mailbox` ("" when the PBX does not say which); `message` is its file."""

    at: datetime | None
    leg: str
    call: str
    mailbox: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRecorded:
    """What is spoken on a leg goes into `file`, as the PBX names it, once it talks with another."""

    at: datetime | None
    leg: str
    call: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionKnown:
    """The PBX has this extension, and it rings these devices."""

    at: datetime | None
    extension: str
    devices: tuple[str, ...] = ()


Fact = (
    Connected | PbxStopped | LegStarted | LegPresent | SnapshotEnded | DestinationTold | LegDialled | LegAnswered
    | LegBridged | LegEnded | LocalPaired | CallPickedUp | Transferred | PlaceReached | MenuEntered | OptionChosen
    | ExtensionKnown | LegRinging | LegUp | LegForwarded | QueueJoined | MessageLeft | LegRecorded | TenantTold
)
