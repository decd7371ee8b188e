"""The board: the calls of this moment, and which of them each extension's page shows. Pure; in memory only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from crm.contacts import Contact, PhoneNumber
from crm.hook import Happening, Kind

KEPT_CALLS = 1000
LATE = timedelta(minutes=2)


class Stage(IntEnum):
    """How far a call is. It only goes on: what is heard late changes nothing."""

    RINGING = 1
    ANSWERED = 2
    MISSED = 3
    OVER = 4


STAGES = {
    Kind.RECEIVED: Stage.RINGING,
    Kind.RINGING: Stage.RINGING,
    Kind.ANSWERED: Stage.ANSWERED,
    Kind.MISSED: Stage.MISSED,
    Kind.ENDED: Stage.OVER,
}


@dataclass(slots=True, kw_only=True)
class Call:
    """An inbound call, and what we know of its caller."""

    uuid: str
    number: PhoneNumber
    at: datetime
    is_test: bool
    stage: Stage = Stage.RINGING
    answered_by: str = ""
    answered_at_extension: str = ""
    looked_up: bool = False
    contact: Contact | None = None
    problem: str = ""


class Board:
    """The last calls; for each extension the newest that rang there or was answered there."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._shown: dict[str, Call] = {}

    def take(self, happening: Happening, *, now: datetime) -> Call | None:
        """What happened in an inbound call. The call, when it is new to us and its caller is to be looked up."""
        if happening.direction in ("outbound", "internal") or happening.kind is Kind.USER_CREATED:
            return None
        known = self._calls.get(happening.call_uuid)
        if known is None and (happening.kind in (Kind.MISSED, Kind.ENDED) or now - happening.at > LATE):
            return None  # nobody waits for it any more
        call = known or self._new(happening)
        call.stage = max(call.stage, STAGES[happening.kind])
        if happening.kind is Kind.ANSWERED:
            call.answered_by = happening.name or happening.extension
            call.answered_at_extension = happening.extension
        if happening.kind in (Kind.RINGING, Kind.ANSWERED) and happening.extension:
            self._show(happening.extension, call)
        return None if known else call

    def shown(self, extension: str) -> Call | None:
        """The call that an extension's page shows."""
        return self._shown.get(extension)

    def _new(self, happening: Happening) -> Call:
        call = Call(uuid=happening.call_uuid, number=happening.number, at=happening.at, is_test=happening.is_test)
        self._calls[call.uuid] = call
        if len(self._calls) > KEPT_CALLS:
            _, oldest = self._calls.popitem(last=False)
            self._shown = {extension: one for extension, one in self._shown.items() if one is not oldest}
        return call

    def _show(self, extension: str, call: Call) -> None:
        shown = self._shown.get(extension)
        if shown is None or shown.at <= call.at:  # a repeat of an older call does not take the page away
            self._shown[extension] = call
