"""What FreeSWITCH tells of a leg besides its call's beginning, bridges and menus: it rings, is up, waits, is recorded.

Of these, the recorded streams have CHANNEL_ANSWER and hang-up causes; the others are made up for tests (synthetic).
"""

from __future__ import annotations

import re
from datetime import datetime

from switchhook.domain.facts import Cause, Fact, LegRecorded, LegRinging, LegUp, MessageLeft, Party, QueueJoined
from switchhook.pbx.freeswitch_words import Event, moment_of

_CAUSES = {"USER_BUSY": Cause.BUSY, "CALL_REJECTED": Cause.DECLINED} | dict.fromkeys((
    "UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "NO_ROUTE_TRANSIT_NET", "NUMBER_CHANGED", "INVALID_NUMBER_FORMAT",
    "NORMAL_CIRCUIT_CONGESTION", "NETWORK_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE", "SWITCH_CONGESTION",
    "REQUESTED_CHAN_UNAVAIL", "FACILITY_REJECTED", "FACILITY_NOT_SUBSCRIBED", "OUTGOING_CALL_BARRED",
    "BEARERCAPABILITY_NOTAUTH", "BEARERCAPABILITY_NOTAVAIL", "SERVICE_UNAVAILABLE", "INCOMPATIBLE_DESTINATION",
    "EXCHANGE_ROUTING_ERROR", "GATEWAY_DOWN", "INVALID_GATEWAY"), Cause.FAILED)


_FUSIONPBX_MESSAGE = re.compile(r"/voicemail/[^/]+/[^/]+/([0-9*#]{1,40})/msg_[^/]+\Z")
_SHORTEST_MESSAGE_SECONDS = 3


def cause_of(event: Event) -> Cause:
    """What a hang-up says of a call that nobody took."""
    return _CAUSES.get(event.get("Hangup-Cause", ""), Cause.OTHER)


def rang(party: Party, called: bool, event: Event) -> list[Fact]:
    """That a leg rang, and when, as later events of it still know."""
    at = moment_of(event.get("Caller-Channel-Progress-Time", "0")) if called else None
    return [] if at is None or not at.timestamp() else [LegRinging(at=at, leg=party.leg, call=party.call)]


def handled(party: Party, called: bool, event: Event, at: datetime | None) -> list[Fact]:
    """What the event tells of a leg that is known."""
    leg, call = party.leg, party.call
    match event.get("Event-Name", ""), event.get("Event-Subclass", ""):
        case ("CHANNEL_PROGRESS" | "CHANNEL_PROGRESS_MEDIA"), _ if called:
            return [LegRinging(at=at, leg=leg, call=call)]
        case "CHANNEL_ANSWER", _:
            return [LegUp(at=at, leg=leg, call=call)]
        case "RECORD_STOP", _ if file := event.get("Record-File-Path", ""):
            box = _fusionpbx_mailbox(event, file)
            return [MessageLeft(at=at, leg=leg, call=call, mailbox=box, message=file) if box else
                    LegRecorded(at=at, leg=leg, call=call, file=file)]
        case "CUSTOM", "fifo::info" if event.get("FIFO-Action") == "push":
            return _waits(party, event.get("FIFO-Name", ""), at)
        case "CUSTOM", "callcenter::info" if event.get("CC-Action") == "member-queue-start":
            return _waits(party, event.get("CC-Queue", ""), at)
        case "CUSTOM", "vm::maintenance" if event.get("VM-Action") == "leave-message":
            return [MessageLeft(at=at, leg=leg, call=call, mailbox=event.get("VM-User", ""),
                                message=event.get("VM-File-Path", ""))]
        case _:
            return []


def _waits(party: Party, queue: str, at: datetime | None) -> list[Fact]:
    name = queue.partition("@")[0]
    return [QueueJoined(at=at, leg=party.leg, call=party.call, queue=name)] if name else []


def _fusionpbx_mailbox(event: Event, file: str) -> str:
    """FusionPBX's voicemail is a script that tells of no message: it records one, and begins anew if that was short."""
    found = _FUSIONPBX_MESSAGE.search(file) if event.get("variable_domain_uuid") else None
    seconds = event.get("variable_record_seconds", "")
    too_short = seconds.isdecimal() and int(seconds) < _SHORTEST_MESSAGE_SECONDS
    return "" if found is None or too_short else found[1]
