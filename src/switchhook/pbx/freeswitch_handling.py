"""What FreeSWITCH tells of a leg besides its call's beginning, bridges and menus: it rings, is up, waits, is recorded.

Of these, the recorded streams have CHANNEL_ANSWER and hang-up causes; the others are made up for tests (synthetic).
"""

from __future__ import annotations

from datetime import datetime

from switchhook.domain.facts import Cause, Fact, LegRecorded, LegRinging, LegUp, MessageLeft, Party, QueueJoined
from switchhook.pbx.freeswitch_words import Event, moment_of

_CAUSES = {"USER_BUSY": Cause.BUSY, "CALL_REJECTED": Cause.DECLINED} | dict.fromkeys((
    "UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "NO_ROUTE_TRANSIT_NET", "NUMBER_CHANGED", "INVALID_NUMBER_FORMAT",
    "NORMAL_CIRCUIT_CONGESTION", "NETWORK_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE", "SWITCH_CONGESTION",
    "REQUESTED_CHAN_UNAVAIL", "FACILITY_REJECTED", "FACILITY_NOT_SUBSCRIBED", "OUTGOING_CALL_BARRED",
    "BEARERCAPABILITY_NOTAUTH", "BEARERCAPABILITY_NOTAVAIL", "SERVICE_UNAVAILABLE", "INCOMPATIBLE_DESTINATION",
    "EXCHANGE_ROUTING_ERROR", "GATEWAY_DOWN", "INVALID_GATEWAY"), Cause.FAILED)


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
            return [LegRecorded(at=at, leg=leg, call=call, file=file)]
        case "CUSTOM", "callcenter::info" if event.get("CC-Action") == "member-queue-start":
            queue = event.get("CC-Queue", "").partition("@")[0]
            return [QueueJoined(at=at, leg=leg, call=call, queue=queue)] if queue else []
        case "CUSTOM", "vm::maintenance" if event.get("VM-Action") == "leave-message":
            return [MessageLeft(at=at, leg=leg, call=call, mailbox=event.get("VM-User", ""),
                                message=event.get("VM-File-Path", ""))]
        case _:
            return []
