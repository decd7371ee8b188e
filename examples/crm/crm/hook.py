"""The webhook: is it signed by those who know the secret, and what happened? Pure.

The signature is Standard Webhooks (https://www.standardwebhooks.com). Its libraries do the same in one line; by
hand it is short enough to be read.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from crm.contacts import PhoneNumber

TOLERANCE_SECONDS = 300
KEPT_CHARACTERS = 200


class Unsigned(Exception):
    """The request is not signed as it must be; the text says what is wrong."""


class Unreadable(Exception):
    """The request is signed, but it is not what the integrations should send; the text says what is wrong."""


class Kind(StrEnum):
    """What can happen: the events to make integrations for, as the header Switchhook-Event names them."""

    USER_CREATED = "user.created"
    RECEIVED = "call.inbound_received"
    RINGING = "call.ringing"
    ANSWERED = "call.inbound_answered"
    MISSED = "call.missed"
    ENDED = "call.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something happened to a user or in a call. What was withheld or is not known is an empty text.

    `number` is the outside party's; for a user, the number that their calls show.
    """

    kind: Kind
    id: str
    is_test: bool
    at: datetime
    number: PhoneNumber
    extension: str
    name: str
    call_uuid: str
    direction: str
    disposition: str
    seconds: int
    pbx: str


def check_signature(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The webhook-id of a request signed with one of `secrets`. `now`: seconds since 1970. Raises Unsigned."""
    id_, stamp, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id_ and stamp and given):
        raise Unsigned("it has no signature: give the integration a signing secret")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        raise Unsigned("webhook-timestamp is no number of seconds")
    if not (id_ + given).isascii():
        raise Unsigned("webhook-id and webhook-signature are not as Switchhook writes them")
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise Unsigned("it is older than 5 minutes, or a clock is wrong")
    good = [sign(secret, id_, stamp, body) for secret in secrets]
    for one in given.split():
        if any(hmac.compare_digest(each.encode(), one.encode()) for each in good):
            return id_
    raise Unsigned("the signature does not fit: another secret, or a changed body")


def sign(secret: str, id_: str, stamp: str, body: bytes) -> str:
    """The signature of a request, `v1,…`."""
    digest = hmac.digest(key_of(secret), f"{id_}.{stamp}.".encode() + body, sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def key_of(secret: str) -> bytes:
    """The bytes of a signing secret `whsec_…`. Raises ValueError for what is none."""
    key = base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    if not secret.startswith("whsec_") or len(key) < 16:
        raise ValueError("a signing secret begins with whsec_")
    return key


def read_happening(webhook_id: str, event: str, body: bytes, *, is_test: bool) -> Happening:
    """What the request says, under the keys that the README lists. Raises Unreadable."""
    try:
        kind = Kind(event)
    except ValueError as error:
        raise Unreadable(f"the event {event or 'without a name'} is none of {', '.join(Kind)}") from error
    told = _object(body)
    needed = ["date_time", *(["extension_number"] if kind is Kind.USER_CREATED else ["call_uuid", "source_number"])]
    if missing := [key for key in needed if key not in told]:
        raise Unreadable(f"the body lacks {', '.join(missing)}: see Body Keys in the README")
    direction = _text(told, "direction")
    party = "destination" if direction == "outbound" else "source"
    number = (
        PhoneNumber("", _text(told, "outbound_phone_number"))
        if kind is Kind.USER_CREATED
        else PhoneNumber(_text(told, f"{party}_e164"), _text(told, f"{party}_number"))
    )
    return Happening(
        kind=kind,
        id=_text(told, "event_id") or webhook_id,
        is_test=is_test,
        at=_moment(_text(told, "date_time")),
        number=number,
        extension=_text(told, "extension_number"),
        name=_text(told, "name"),
        call_uuid=_text(told, "call_uuid"),
        direction=direction,
        disposition=_text(told, "disposition"),
        seconds=_whole(told, "billable_seconds"),
        pbx=_text(told, "service_friendly_name"),
    )


def _object(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is no JSON: the integration's Format must be JSON") from error
    if not isinstance(told, dict):
        raise Unreadable("the body is no JSON object")
    return told


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("date_time is no date and time") from error
    if at.tzinfo is None:
        raise Unreadable("date_time has no offset")
    return at


def _whole(told: Mapping[str, object], key: str) -> int:
    """A number of seconds: 0 when it is not known."""
    value = told.get(key)
    return value if isinstance(value, int) and value > 0 else 0


def _text(told: Mapping[str, object], key: str) -> str:
    """A value as text, without anything that could break a line or that a database would refuse."""
    value = told.get(key)
    text = "" if value is None else " ".join(str(value).split())[:KEPT_CHARACTERS]
    return text.encode(errors="replace").decode()
