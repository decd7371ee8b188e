"""Whose an Asterisk channel is, where that shows only after it began: the dialplan of a number sets its tenant."""

from __future__ import annotations

from datetime import datetime

from switchhook.domain.facts import TenantTold
from switchhook.pbx.ami import Message

_MOST_CHANNELS = 100_000  # their ends may never come


class TenantWatch:
    """Remembers of each channel what it last said of its tenant; where there are none, nothing is remembered."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, str]] = {}

    def begin(self) -> None:
        """A connection begins: the channels of before are listed anew."""
        self._last.clear()

    def hear(self, message: Message, at: datetime | None) -> TenantTold | None:
        """What is new of whose the message's channel is."""
        first = message.first
        tenant, account_code = first.get("Tenantid", ""), first.get("AccountCode", "")
        leg = first.get("Uniqueid", "")
        if not (tenant or account_code) or not leg:
            return None
        event = first.get("Event")
        if event == "Hangup":
            self._last.pop(leg, None)
            return None
        if self._last.get(leg) == (tenant, account_code):
            return None
        if len(self._last) >= _MOST_CHANNELS:
            self._last.clear()
        self._last[leg] = (tenant, account_code)
        if event == "Newchannel":  # which says so itself
            return None
        return TenantTold(at=at, leg=leg, call=first.get("Linkedid", ""), tenant=tenant, account_code=account_code,
                          place=first.get("Context", ""))
