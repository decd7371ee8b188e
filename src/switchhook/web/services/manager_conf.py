"""The least rights that Asterisk must give us, as text to paste into manager.conf.

The event filter keeps a busy PBX from sending what nobody reads; its syntax is known from Asterisk
18.26, 20.11, 21.6 and 22.1 on. `write=reporting` permits reading alone: no call can be placed, nothing
be restarted.
"""

from __future__ import annotations

from collections.abc import Sequence

from switchhook.web.models import Connection

_EVENTS = (
    "FullyBooted", "Shutdown", "Reload", "Newchannel", "Hangup", "DialBegin", "DialEnd", "BridgeEnter", "LocalBridge",
    "Pickup", "BlindTransfer", "AttendedTransfer", "UserEvent", "QueueCallerJoin", "AgentConnect",
)


def manager_conf(connection: Connection, menu_contexts: Sequence[str] = ("ivr-*",)) -> str:
    """The paragraph for this connection. Menus' contexts are globs; the filter knows beginnings only."""
    beginnings = sorted({context.split("*")[0].split("?")[0].split("[")[0] for context in menu_contexts} - {""})
    lines = [
        f"[{connection.username or 'switchhook'}]",
        "secret=CHANGE-ME",
        "deny=0.0.0.0/0.0.0.0",
        "permit=192.0.2.10/255.255.255.255",
        "read=call,user,agent,dialplan,system",
        "write=reporting",
        *(f"eventfilter(action(include),name({name})) =" for name in _EVENTS),
        *(f"eventfilter(action(include),name(Newexten),header(Context),method(starts_with)) = {beginning}"
          for beginning in beginnings),
        "eventfilter(action(include),name(Newstate),header(ChannelState),method(regex)) = ^[56]$",
        "eventfilter(action(include),name(VarSet),header(Variable),method(regex)) = "
        "^(__FROM_DID|MIXMONITOR_FILENAME|VM_MESSAGEFILE)$",
    ]
    return "\n".join(lines)
