"""The webhook: is it signed by those who know a secret, and what does its body say? Pure.

The signature is Standard Webhooks (https://www.standardwebhooks.com). Its libraries do the same in one line; by
hand it is short enough to be read.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from billing.ended import Ended, Unreadable, ended_of

TOLERANCE_SECONDS = 300
EVENTS = {"call.ended": "Call Ended", "call.leg_ended": "Call Leg Ended"}


class Unsigned(Exception):
    """The request is not signed as it must be; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Secret:
    """An integration's signing secret, and the account that is billed for what it signs."""

    account: str
    key: bytes


def check_signature(secrets: Sequence[Secret], headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The account whose secret signed the request. `now`: seconds since 1970. Raises Unsigned."""
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
    good = [(secret.account, base64.b64encode(hmac.digest(secret.key, signed, sha256))) for secret in secrets]
    for one in given.split():
        version, _, value = one.partition(",")
        for account, right in good:
            if version == "v1" and hmac.compare_digest(right, value.encode()):
                return account
    raise Unsigned("the signature does not fit: another secret, or a changed body")


def key_of(secret: str) -> bytes:
    """The bytes of a signing secret `whsec_…`. Raises ValueError for what is none."""
    key = base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    if not secret.startswith("whsec_") or len(key) < 16:
        raise ValueError("a signing secret begins with whsec_")
    return key


def read_ended(event: str, body: bytes, account: str) -> Ended:
    """What a request says; `event` is its header Switchhook-Event, or empty. Raises Unreadable."""
    if event and event not in EVENTS:
        raise Unreadable(f"it is {event}: the Trigger Event must be {' or '.join(EVENTS.values())}")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is no JSON: the integration's Format must be JSON") from error
    if not isinstance(told, dict):
        raise Unreadable("the body is no JSON object")
    return ended_of(told, account, of_leg=event == "call.leg_ended" or (not event and "leg_id" in told))
