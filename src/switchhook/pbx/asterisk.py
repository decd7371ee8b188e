"""Asterisk 16 to 22: Messages to Facts, of the live stream and of the snapshot after (re)connecting.

What a channel, a Linkedid or a Newexten is stays in here. Nothing is decided: see the tracker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from switchhook.domain.facts import (
    CallPickedUp,
    Connected,
    DestinationTold,
    Direction,
    ExtensionKnown,
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
    PbxStopped,
    PlaceReached,
    Point,
    QueueJoined,
    SnapshotEnded,
    TransferKind,
    Transferred,
)
from switchhook.pbx.ami import AmiCodec, Message
from switchhook.pbx.asterisk_tenants import TenantWatch
from switchhook.pbx.asterisk_words import (
    call_began,
    caller_number,
    cause_of,
    device_of,
    devices_rung,
    dialled_number,
    hinted_devices,
    mailbox_of,
    moment,
    number_sent,
)

_DIGITS = re.compile(r"[0-9*#A-D]+\Z")
_ENTRANCES = frozenset({"s", "return"})  # `return`: FreePBX comes back to a menu through it
_SUBROUTINES = frozenset({"Gosub", "GosubIf", "Macro", "MacroIf", "MacroExclusive"})
_MENU_ENTERED = frozenset({"ivrreceived", "ivrenter", "ivrentered", "ivrcallreceived"})
_OPTION_CHOSEN = frozenset({"ivroption", "ivroptionselected"})
_PBX_CALLS = frozenset({"0", "1"})  # ChannelState Down, Rsrvd: Asterisk made the channel to call with it


class AsteriskReader:
    """Reads the messages of one connection, in order."""

    def __init__(self) -> None:
        self._listed: dict[str, set[str]] = {"Status": set(), "CoreShowChannel": set()}
        self._halves: dict[str, LegPresent] = {}  # of local channels, by their name without ;1 or ;2
        self._tenants = TenantWatch()

    def begin(self, at: datetime | None) -> list[Fact]:
        """A connection begins."""
        for legs in self._listed.values():
            legs.clear()
        self._halves.clear()
        self._tenants.begin()
        return [Connected(at=at)]

    def snapshot_actions(self, codec: AmiCodec) -> list[bytes]:
        """What to ask on a new connection: which channels there are."""
        return [codec.action("Status", ActionID="snapshot", Variables="FROM_DID,MIXMONITOR_FILENAME")]

    def facts(self, message: Message, at: datetime | None = None) -> list[Fact]:
        """What a message tells. `at` is when it came, used where Asterisk itself tells no time."""
        read = _READ.get(message.first.get("Event", ""))
        if read is not None:
            if "Timestamp" in message.first:
                at = moment(message.get("Timestamp")) or at
            fact, tenant = read(message, at), self._tenants.hear(message, at)
            return [one for one in (tenant, fact) if one is not None]
        if "Banner" in message.first:
            return self.begin(at)
        return self._snapshot(message, at)

    def _snapshot(self, message: Message, at: datetime | None) -> list[Fact]:
        event = message.get("Event")
        if event in self._listed:
            fact = _present(message, at)
            if fact is None:
                return []
            self._listed[event].add(fact.started.party.leg)
            return [fact, *_up(message, at), *_recording(message, fact), *self._paired(message.get("Channel"), fact)]
        kind = {"StatusComplete": "Status", "CoreShowChannelsComplete": "CoreShowChannel"}.get(event)
        if kind is None:
            return []
        legs = frozenset(self._listed[kind])
        self._listed[kind].clear()
        self._halves.clear()
        return [SnapshotEnded(at=at, legs=legs)]

    def _paired(self, channel: str, half: LegPresent) -> list[LocalPaired]:
        """A listing does not say which local channels belong together, but their names do."""
        name, _, number = channel.rpartition(";")
        if not name or number not in ("1", "2"):
            return []
        other = self._halves.pop(name, None)
        if other is None:
            self._halves[name] = half
            return []
        one, two = (half, other) if number == "1" else (other, half)
        return [LocalPaired(at=half.at, one=one.started.party, two=two.started.party,
                            on_behalf_of=two.started.caller_number)]


def wants(event: bytes) -> bool:
    """Is a raw event worth taking apart? Most of an unfiltered stream is not."""
    name = event[7 : event.find(b"\n", 7)].rstrip(b"\r")
    return name in _WANTED and (name != b"VarSet" or any(variable in event for variable in _VARIABLES))


def _party(message: Message, prefix: str = "") -> Party | None:
    """The channel that the headers with this prefix describe; None when there is none."""
    first = message.first
    leg, call = first.get(prefix + "Uniqueid", ""), first.get(prefix + "Linkedid", "")
    if not leg or not call:
        return None
    device, local = device_of(first.get(prefix + "Channel", ""))
    return Party(leg=leg, call=call, device=device, local=local, began_call=leg == call,
                 place=first.get(prefix + "Context", ""))


def _started(message: Message, at: datetime | None) -> LegStarted | None:
    party = _party(message)
    if party is None:
        return None
    return LegStarted(
        at=at, party=party, called=message.get("ChannelState") in _PBX_CALLS,
        dialled=dialled_number(message.get("Exten")),
        caller_number=caller_number(message.get("CallerIDNum")), call_began_at=call_began(party.call),
        tenant=message.get("Tenantid"), account_code=message.get("AccountCode"))


def _present(message: Message, at: datetime | None) -> LegPresent | None:
    party = _party(message)
    if party is None:
        return None
    did = dialled_number(_variables(message).get("FROM_DID", ""))
    if not message.get("Application").startswith("AppDial"):  # a caller's channel has gone on from where it began
        party = Party(leg=party.leg, call=party.call, device=party.device, local=party.local,
                      began_call=party.began_call)
    started = LegStarted(
        at=at, party=party, dialled=did or dialled_number(message.get("DNID")),
        caller_number=caller_number(message.get("CallerIDNum")), call_began_at=call_began(party.call),
        direction=Direction.INBOUND if did and party.began_call else None,
        tenant=message.get("Tenantid"), account_code=message.get("AccountCode"))
    return LegPresent(at=at, started=started, talking=bool(message.get("BridgeID") or message.get("BridgeId")))


def _variables(listed: Message) -> dict[str, str]:
    """Those that the channel has: of another Asterisk says that it is `(null)`."""
    named = (one.partition("=")[::2] for one in listed.all("Variable"))
    return {name: value for name, value in named if value != "(null)"}


def _recording(listed: Message, present: LegPresent) -> list[LegRecorded]:
    file, party = _variables(listed).get("MIXMONITOR_FILENAME", ""), present.started.party
    return [LegRecorded(at=present.at, leg=party.leg, call=party.call, file=file)] if file else []


def _dialled(message: Message, at: datetime | None) -> LegDialled | None:
    dialled = _party(message, "Dest")
    if dialled is None:
        return None
    return LegDialled(at=at, dialling=_party(message), dialled=dialled,
                      number=number_sent(dialled.device, message.get("DialString")),
                      asked_for=dialled_number(message.get("Exten")))


def _answered(message: Message, at: datetime | None) -> LegAnswered | LegForwarded | None:
    dialled, forward = _party(message, "Dest"), message.get("Forward")
    if dialled is not None and forward:
        return LegForwarded(at=at, by=dialled, number=forward.rpartition("/")[2].partition("@")[0])
    if dialled is None or message.get("DialStatus") != "ANSWER":
        return None
    return LegAnswered(at=at, dialling=_party(message), dialled=dialled)


def _bridged(message: Message, at: datetime | None) -> LegBridged | None:
    party = _party(message)
    return None if party is None else LegBridged(at=at, party=party, bridge=message.get("BridgeUniqueid"))


def _ended(message: Message, at: datetime | None) -> LegEnded | None:
    leg = message.get("Uniqueid")
    return LegEnded(at=at, leg=leg, call=message.get("Linkedid"), cause=cause_of(message.get("Cause"))) if leg else None


def _state(message: Message, at: datetime | None) -> LegRinging | LegUp | None:
    leg, call = message.get("Uniqueid"), message.get("Linkedid")
    match message.get("ChannelState") if leg and call else "":
        case "5":
            return LegRinging(at=at, leg=leg, call=call)
        case "6":
            return LegUp(at=at, leg=leg, call=call)
        case _:
            return None


def _up(listed: Message, at: datetime | None) -> list[LegUp]:
    """A listed leg may have been connected while nobody listened."""
    state = _state(listed, at)
    return [state] if isinstance(state, LegUp) else []


def _queued(message: Message, at: datetime | None) -> QueueJoined | None:
    leg, call, queue = message.get("Uniqueid"), message.get("Linkedid"), message.get("Queue")
    return QueueJoined(at=at, leg=leg, call=call, queue=queue) if leg and call and queue else None


def _paired(message: Message, at: datetime | None) -> LocalPaired | None:
    one, two = _party(message, "LocalOne"), _party(message, "LocalTwo")
    if one is None or two is None:
        return None
    return LocalPaired(at=at, one=one, two=two, on_behalf_of=caller_number(message.get("LocalTwoCallerIDNum")))


def _picked_up(message: Message, at: datetime | None) -> CallPickedUp | None:
    picker, target = _party(message), _party(message, "Target")
    return None if picker is None or target is None else CallPickedUp(at=at, picker=picker, target=target)


def _blind_transfer(message: Message, at: datetime | None) -> Transferred | None:
    transferer = _party(message, "Transferer")
    if transferer is None or message.get("Result") != "Success":
        return None
    return Transferred(at=at, kind=TransferKind.BLIND, transferer=transferer, transferee=_party(message, "Transferee"),
                       extension=message.get("Extension"))


def _attended_transfer(message: Message, at: datetime | None) -> Transferred | None:
    transferer = _party(message, "OrigTransferer")
    if transferer is None or message.get("Result") != "Success":
        return None
    return Transferred(at=at, kind=TransferKind.ATTENDED, transferer=transferer,
                       second=_party(message, "SecondTransferer"), transferee=_party(message, "Transferee"),
                       target=_party(message, "TransferTarget"))


def _place_reached(message: Message, at: datetime | None) -> PlaceReached | None:
    first = message.first
    leg, exten, application = first.get("Uniqueid", ""), first.get("Exten", ""), first.get("Application", "")
    if not leg or application.startswith(("AppDial", "AppQueue")):  # the channel that is rung runs no dialplan
        return None
    arguments = first.get("AppData", "")
    point, digits = Point.INSIDE, ""
    if exten == "h":
        point = Point.ENDING
    elif first.get("Priority") == "1":
        if exten in _ENTRANCES:
            point = Point.ENTRANCE
        elif _DIGITS.match(exten):
            point, digits = Point.CHOICE, exten
    may_return = application in _SUBROUTINES or (
        application == "ExecIf" and ("Gosub(" in arguments or "Macro(" in arguments))
    return PlaceReached(at=at, leg=leg, call=first.get("Linkedid", ""), place=first.get("Context", ""), point=point,
                        digits=digits, may_return=may_return,
                        rings=devices_rung(arguments) if application in ("Dial", "RetryDial") else ())


def _user_event(message: Message, at: datetime | None) -> MenuEntered | OptionChosen | None:
    name = "".join(char for char in message.get("UserEvent").lower() if char.isalnum())
    leg, call = message.get("Uniqueid"), message.get("Linkedid")
    menu = message.any_case("IVRName", "Ivr", "Menu").strip()
    if not leg or not call or not menu:
        return None
    if name in _MENU_ENTERED:
        return MenuEntered(at=at, leg=leg, call=call, menu=menu, place=message.get("Context"))
    if name in _OPTION_CHOSEN:
        digits = message.any_case("Option", "OptionSelected").strip()
        return OptionChosen(at=at, leg=leg, call=call, menu=menu, digits=digits, place=message.get("Context"))
    return None


def _variable(message: Message, at: datetime | None) -> DestinationTold | LegRecorded | MessageLeft | None:
    leg, call, value = message.get("Uniqueid"), message.get("Linkedid"), message.get("Value")
    if not leg or not call or not value:
        return None
    match message.get("Variable").lstrip("_"):
        case "FROM_DID" if number := dialled_number(value):
            return DestinationTold(at=at, leg=leg, call=call, number=number)
        case "MIXMONITOR_FILENAME":
            return LegRecorded(at=at, leg=leg, call=call, file=value)
        case "VM_MESSAGEFILE":
            return MessageLeft(at=at, leg=leg, call=call, mailbox=mailbox_of(value), message=value)
        case _:
            return None


def _hint(message: Message, at: datetime | None) -> ExtensionKnown | None:
    extension, devices = message.get("Exten"), hinted_devices(message.get("Hint"))
    if not extension.isdigit() or not devices:
        return None
    return ExtensionKnown(at=at, extension=extension, devices=devices)


def _shutdown(_: Message, at: datetime | None) -> PbxStopped:
    return PbxStopped(at=at)


_READ: dict[str, Callable[[Message, datetime | None], Fact | None]] = {
    "Newexten": _place_reached, "Newchannel": _started, "DialBegin": _dialled, "DialEnd": _answered,
    "BridgeEnter": _bridged, "Hangup": _ended, "LocalBridge": _paired, "Pickup": _picked_up,
    "BlindTransfer": _blind_transfer, "AttendedTransfer": _attended_transfer, "UserEvent": _user_event,
    "VarSet": _variable, "Newstate": _state, "QueueCallerJoin": _queued, "ExtensionStatus": _hint,
    "Shutdown": _shutdown,
}
_VARIABLES = (b"FROM_DID", b"MIXMONITOR_FILENAME", b"VM_MESSAGEFILE")
_WANTED = frozenset(name.encode() for name in (
    *_READ, "Status", "StatusComplete", "CoreShowChannel", "CoreShowChannelsComplete", "FullyBooted", "Reload"))
