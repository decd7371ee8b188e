"""The webhook: is it signed by those who know the secret, and what did the caller choose? Pure.

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
from hashlib import sha256

TOLERANCE_SECONDS = 300
KEPT_CHARACTERS = 200


class Unsigned(Exception):
    """The request is not signed as it must be; the text says what is wrong."""


class Unreadable(Exception):
    """The request is signed, but its body is not what the integration should send; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A caller chose an option in a menu. What was withheld or is not known is an empty text."""

    webhook_id: str
    is_test: bool
    menu: str
    option: str
    call_uuid: str
    source: str
    destination: str
    at: datetime
    user: str
    extension: str


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
    signed = f"{id_}.{stamp}.".encode() + body
    good = [hmac.digest(key_of(secret), signed, sha256) for secret in secrets]
    for one in given.split():
        version, _, value = one.partition(",")
        if version == "v1" and any(hmac.compare_digest(base64.b64encode(each), value.encode()) for each in good):
            return id_
    raise Unsigned("the signature does not fit: another secret, or a changed body")


def key_of(secret: str) -> bytes:
    """The bytes of a signing secret `whsec_…`. Raises ValueError for what is none."""
    key = base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    if not secret.startswith("whsec_") or len(key) < 16:
        raise ValueError("a signing secret begins with whsec_")
    return key


def read_choice(webhook_id: str, body: bytes, *, is_test: bool) -> Choice:
    """What the body says, under the keys that the README lists. Raises Unreadable."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is no JSON: the integration's Format must be JSON") from error
    if not isinstance(told, dict):
        raise Unreadable("the body is no JSON object")
    missing = [key for key in ("ivr_name", "option_selected", "call_uuid", "date_time") if key not in told]
    if missing:
        raise Unreadable(f"the body lacks {', '.join(missing)}: see Body Keys in the README")
    try:
        at = datetime.fromisoformat(str(told["date_time"]))
    except ValueError as error:
        raise Unreadable("date_time is no date and time") from error
    if at.tzinfo is None:
        raise Unreadable("date_time has no offset")
    if not 1970 <= at.year < 9999:
        raise Unreadable("date_time is out of range")
    return Choice(
        webhook_id=webhook_id,
        is_test=is_test,
        at=at,
        menu=_text(told, "ivr_name"),
        option=_text(told, "option_selected"),
        call_uuid=_text(told, "call_uuid"),
        source=_text(told, "source_number"),
        destination=_text(told, "destination_number"),
        user=_text(told, "name"),
        extension=_text(told, "extension_number"),
    )


def _text(told: Mapping[str, object], key: str) -> str:
    """A value as text, without anything that could break a line or that a database would refuse."""
    value = told.get(key)
    text = "" if value is None else " ".join(str(value).split())[:KEPT_CHARACTERS]
    return text.encode(errors="replace").decode()
