"""What ended: a call, or one of its legs over a trunk, as an event of Switchhook tells it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import sha256

KEPT_CHARACTERS = 200
MOST_SECONDS = 366 * 24 * 3600
NEEDED_OF_CALL = ("call_uuid", "date_time", "disposition")
NEEDED_OF_LEG = (*NEEDED_OF_CALL, "leg_id", "direction", "destination_number", "billable_seconds", "extension_number")


class Unreadable(Exception):
    """An event is not what the integration should send; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A call that ended, or a leg of it. What was withheld or is not known is an empty text, or None.

    A later event may tell of the same thing with other values. Then the newest counts: by `at_ms`, then `sequence`.
    """

    call_uuid: str
    leg_id: str  # empty: the call itself
    at_ms: int  # Date/Time, milliseconds since 1970
    sequence: int
    event_id: str
    account: str
    service_uuid: str
    service: str
    direction: str
    trunk: str
    source: str
    destination: str
    number: str  # what is rated: the destination in E.164, or as dialled when it is no telephone number
    extension: str  # of the responsible user
    user_name: str
    answered_at: str
    ended_at: str
    duration: int | None
    billable_seconds: int | None
    disposition: str

    @property
    def key(self) -> tuple[str, str]:
        """The same in every version."""
        return self.call_uuid, self.leg_id

    @property
    def age(self) -> tuple[int, int]:
        """The greater, the newer."""
        return self.at_ms, self.sequence

    @property
    def digest(self) -> str:
        """The same for the same content."""
        return sha256(json.dumps(astuple(self)).encode()).hexdigest()[:32]


def ended_of(told: Mapping[str, object], account: str, *, of_leg: bool) -> Ended:
    """What an event's fields say, under their own names. Raises Unreadable."""
    missing = [key for key in (NEEDED_OF_LEG if of_leg else NEEDED_OF_CALL) if key not in told]
    if missing:
        raise Unreadable(f"the body lacks {', '.join(missing)}: see Body Keys in the README")
    empty = [key for key in ("call_uuid", "leg_id")[: 1 + of_leg] if not _text(told, key)]
    if empty:
        raise Unreadable(f"{empty[0]} is empty")
    return Ended(
        call_uuid=_text(told, "call_uuid"),
        leg_id=_text(told, "leg_id") if of_leg else "",
        at_ms=_milliseconds(told, "date_time"),
        sequence=_whole(told, "sequence", 2**31 - 1) or 0,
        event_id=_text(told, "event_id"),
        account=account,
        service_uuid=_text(told, "service_uuid"),
        service=_text(told, "service_friendly_name") or _text(told, "service_name"),
        direction=_text(told, "direction"),
        trunk=_text(told, "trunk"),
        source=_text(told, "source_number"),
        destination=_text(told, "destination_number"),
        number=_text(told, "destination_e164") or _text(told, "destination_number"),
        extension=_text(told, "extension_number"),
        user_name=_text(told, "name"),
        answered_at=_text(told, "answered_at"),
        ended_at=_text(told, "ended_at"),
        duration=_whole(told, "duration", MOST_SECONDS),
        billable_seconds=_whole(told, "billable_seconds", MOST_SECONDS),
        disposition=_text(told, "disposition"),
    )


def _text(told: Mapping[str, object], key: str) -> str:
    """A value as text, without anything that could break a line or that a database would refuse."""
    value = told.get(key)
    text = "" if value is None else " ".join(str(value).replace("\0", " ").split())[:KEPT_CHARACTERS]
    return text.encode(errors="replace").decode()


def _whole(told: Mapping[str, object], key: str, most: int) -> int | None:
    """A whole number that is not negative; None when it is not known."""
    value = told.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Unreadable(f"{key} is {str(value)[:40]!r}: a whole number from 0 to {most} is expected")
    return value


def _milliseconds(told: Mapping[str, object], key: str) -> int:
    try:
        at = datetime.fromisoformat(str(told[key]))
    except ValueError as error:
        raise Unreadable(f"{key} is no date and time") from error
    if at.tzinfo is None:
        raise Unreadable(f"{key} has no offset")
    return round(at.timestamp() * 1000)
