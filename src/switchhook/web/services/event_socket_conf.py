"""The least rights that FreeSWITCH must give us, as text to paste: a user of its directory who may listen to a few
events and list calls and users, and where its Event Socket listens.

That user can place no call and change nothing; the Event Socket's own password, with which everybody may do
everything, is not used. FreeSWITCH breaks off its answer to a login at 512 bytes, so the list is short.
"""

from __future__ import annotations

from switchhook.web.models import Connection

_EVENTS = (
    "CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE", "RECORD_STOP",
    "DTMF", "HEARTBEAT", "SHUTDOWN",
    "CUSTOM", "menu::enter", "menu::exit", "callcenter::info", "fifo::info", "vm::maintenance", "switchhook::menu",
    "switchhook::option",  # CUSTOM's own, after it
)


def directory_user(connection: Connection) -> str:
    """The user for this connection, as a file of FreeSWITCH's directory."""
    name = connection.username.partition("@")[0] or "switchhook"
    return "\n".join([
        "<include>",
        f'  <user id="{name}">',
        "    <params>",
        '      <param name="password" value="CHANGE-ME-TOO"/>',
        '      <param name="esl-password" value="CHANGE-ME"/>',
        f'      <param name="esl-allowed-events" value="{" ".join(_EVENTS)}"/>',
        '      <param name="esl-allowed-api" value="show list_users"/>',
        '      <param name="esl-allowed-log" value="false"/>',
        "    </params>",
        "  </user>",
        "</include>",
    ])


def event_socket_conf() -> str:
    """Where the Event Socket listens, and that its own password is another than the one that everybody knows."""
    return "\n".join([
        '<configuration name="event_socket.conf" description="Socket Client">',
        "  <settings>",
        '    <param name="listen-ip" value="127.0.0.1"/>',
        '    <param name="listen-port" value="8021"/>',
        '    <param name="password" value="ANOTHER-THAN-ClueCon"/>',
        '    <param name="apply-inbound-acl" value="loopback.auto"/>',
        "  </settings>",
        "</configuration>",
    ])
