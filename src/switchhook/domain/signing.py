"""Signing: Standard Webhooks, `v1` (HMAC-SHA256), so that a receiver knows who sent a request and that it is whole.

What is signed is `id.timestamp.payload`. The payload is the body; where there is no body it is the
query string exactly as sent, without its question mark.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

#: A signature older or newer than this is refused (Standard Webhooks, and its libraries).
TOLERANCE_SECONDS = 300

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


class Verification(StrEnum):
    """Whether a signature is good; each value says it in words, and what to look at."""

    GOOD = "The signature is good."
    MISSING = ("The request is not signed: webhook-id, webhook-timestamp and webhook-signature are not all there. "
               "Give the integration a signing secret.")
    MALFORMED = ("The signature headers are malformed: webhook-timestamp must be seconds since 1970, "
                 "webhook-signature a list like v1,BASE64.")
    TOO_OLD = ("The signature is good but older than 5 minutes: the request was held up or sent again by somebody "
               "else, or the receiver's clock is ahead.")
    TOO_NEW = "The signature is good but from the future: the receiver's clock is behind."
    NO_MATCH = ("The signature does not fit: it was made with another secret, or the body was changed on the way "
                "(check it over the bytes as received, before any parsing; without a body, over the query string).")
    UNCHECKED = "There is no signing secret to check with."


def new_secret(random_bytes: bytes) -> str:
    """A signing secret `whsec_…` of 24 to 64 random bytes. Raises ValueError for another length."""
    if len(random_bytes) not in _KEY_BYTES:
        raise ValueError("a signing secret is made of 24 to 64 random bytes")
    return _PREFIX + b64encode(random_bytes).decode()


def is_secret(text: str) -> bool:
    """Whether it is a signing secret that we can sign with."""
    try:
        return len(_key(text)) in _KEY_BYTES
    except ValueError:
        return False


def signature(secret: str, *, message_id: str, timestamp: int, payload: bytes) -> str:
    """One signature, `v1,BASE64`. `timestamp`: seconds since 1970. Raises ValueError for what is no secret."""
    signed = f"{message_id}.{timestamp}.".encode() + payload
    # not hmac.digest: that lets other threads in, and in a busy engine coming back takes longer than the hash
    mac = _begun(secret).copy()
    mac.update(signed)
    return "v1," + b64encode(mac.digest()).decode()


def signatures(secrets: Iterable[str], *, message_id: str, timestamp: int, payload: bytes) -> str:
    """The value of `webhook-signature`: one signature for each secret (two while rotating), newest first."""
    return " ".join(signature(each, message_id=message_id, timestamp=timestamp, payload=payload) for each in secrets)


def verify(
    secrets: Sequence[str], headers: Iterable[tuple[str, str]], payload: bytes, *, now: float,
) -> Verification:
    """Whether the request is signed with one of `secrets`, and if not, why. `now`: seconds since 1970."""
    values = {name.lower(): value.strip() for name, value in headers}
    message_id, stamp, given = (values.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (message_id and stamp and given):
        return Verification.MISSING
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and "v1," in given):
        return Verification.MALFORMED
    if not secrets:
        return Verification.UNCHECKED
    good = signatures(filter(is_secret, secrets), message_id=message_id, timestamp=int(stamp), payload=payload).split()
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in good for other in given.split()):
        return Verification.NO_MATCH
    if int(stamp) < now - TOLERANCE_SECONDS:
        return Verification.TOO_OLD
    if int(stamp) > now + TOLERANCE_SECONDS:
        return Verification.TOO_NEW
    return Verification.GOOD


@lru_cache(maxsize=4096)  # each attempt of an integration begins with the same key
def _begun(secret: str) -> hmac.HMAC:
    """A signature that has read nothing but its key: to be copied."""
    return hmac.new(_key(secret), digestmod=sha256)


@lru_cache(maxsize=4096)
def _key(secret: str) -> bytes:
    """The bytes of a signing secret."""
    if not secret.startswith(_PREFIX):
        raise ValueError(f"a signing secret begins with {_PREFIX}")
    return b64decode(secret.removeprefix(_PREFIX).encode(), validate=True)
