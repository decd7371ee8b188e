"""The least rights that Asterisk must give us, as text to paste into manager.conf.

The event filter keeps a busy PBX from sending what nobody reads, and is made from the menus and events in use. It can
be said in two ways: by names, from Asterisk 18.26, 20.11, 21.6 and 22.1 on, or by regular expressions, which any
version knows and which cost it more. `write=reporting` permits reading alone: no call can be placed, nothing be
restarted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from switchhook.web.models import Connection, Integration, Service

_ALWAYS = (
    "FullyBooted", "Shutdown", "Reload", "Newchannel", "Hangup", "DialBegin", "DialEnd", "BridgeEnter", "LocalBridge",
    "Pickup", "BlindTransfer", "AttendedTransfer", "UserEvent", "QueueCallerJoin", "AgentConnect",
)
_VARIABLES = ("__FROM_DID", "_FROM_DID", "FROM_DID")
#: The variables that only some event types need: the recording's file, and the message that a caller left.
_FOR_SOME = {
    "recording.ready": ("MIXMONITOR_FILENAME",), "voicemail.left": ("VM_MESSAGEFILE",),
    "call.missed": ("VM_MESSAGEFILE",), "call.ended": ("MIXMONITOR_FILENAME", "VM_MESSAGEFILE"),
}
_STATES = "[56]"  # of Newstate: it rings, it is up


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be heard. `places`: the beginnings of contexts that are menus; "": of any."""

    events: tuple[str, ...]
    places: tuple[str, ...]
    variables: tuple[str, ...]


def wanted_of(services: Sequence[Service]) -> Wanted:
    """What the services of a connection and their integrations need; all there is while there are none."""
    used = set(Integration.objects.filter(service__in=services, enabled=True).values_list("event_type", flat=True))
    if any(service.recordings_root for service in services):
        used.add("recording.ready")
    return wanted([context for service in services for context, _ in service.menus] if services else ["ivr-*"],
                  used or _FOR_SOME.keys())


def wanted(menu_contexts: Sequence[str], event_types: Collection[str]) -> Wanted:
    """What menus in these contexts (globs) and events of these types need."""
    more = tuple(dict.fromkeys(name for type_, names in _FOR_SOME.items() if type_ in event_types for name in names))
    beginnings = sorted({re.split(r"[*?\[]", context)[0] for context in menu_contexts})
    return Wanted(events=_ALWAYS, places=("",) if "" in beginnings else tuple(beginnings),
                  variables=_VARIABLES + more)


def manager_conf(connection: Connection, what: Wanted, *, by_names: bool = True) -> str:
    """The paragraph for this connection, with the filter by names or by regular expressions."""
    return "\n".join([
        f"[{connection.username or 'switchhook'}]",
        "secret=CHANGE-ME",
        "deny=0.0.0.0/0.0.0.0",
        "permit=192.0.2.10/255.255.255.255",
        "read=call,user,agent,dialplan,system",
        "write=reporting",
        *(_by_names(what) if by_names else _by_expressions(what)),
    ])


def _by_names(what: Wanted) -> Iterator[str]:
    yield from (f"eventfilter(action(include),name({name})) =" for name in what.events)
    for place in what.places:
        narrow = ",header(Context),method(starts_with)" if place else ""
        yield f"eventfilter(action(include),name(Newexten){narrow}) = {place}".rstrip(" ")
    yield f"eventfilter(action(include),name(Newstate),header(ChannelState),method(regex)) = ^{_STATES}$"
    yield ("eventfilter(action(include),name(VarSet),header(Variable),method(regex)) = "
           f"^({'|'.join(what.variables)})$")


def _by_expressions(what: Wanted) -> Iterator[str]:
    """Each is tried on the whole text of an event; a dot stands for a line's end, too."""
    yield f"eventfilter=^Event: ({'|'.join(what.events)})[[:space:]]"
    for place in what.places:
        narrow = f".*Context: {re.escape(place)}" if place else ""
        yield f"eventfilter=^Event: Newexten[[:space:]]{narrow}"
    yield f"eventfilter=^Event: Newstate[[:space:]].*ChannelState: {_STATES}[[:space:]]"
    yield f"eventfilter=^Event: VarSet[[:space:]].*Variable: ({'|'.join(what.variables)})[[:space:]]"
