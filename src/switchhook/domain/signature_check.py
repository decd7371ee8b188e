"""Why a signature fails, in plain words: a pasted request against the secrets that may have signed it, and against what
was sent under its webhook-id."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from switchhook.domain.pasted import Pasted
from switchhook.domain.request_url import encoded_value
from switchhook.domain.signing import TOLERANCE_SECONDS, is_secret, signature

_UNSIGNED = "This integration does not sign: tick Sign requests, and give the receiver the secret that is then shown."
_GOOD = ("The signature is good. If your receiver refuses it, it checks with another secret, or over other bytes than "
         "those that came in: what is signed is webhook-id.webhook-timestamp.body.")
_NEEDED = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecret:
    """A signing secret, and how to call it: `this integration's secret`."""

    name: str
    secret: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was really sent in an attempt: what its signature was made over. `body` None: there was none."""

    number: int
    timestamp: str
    signature: str
    query: str
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong, or that nothing is: a sentence, and what else there is to say."""

    good: bool
    said: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Payload:
    """Bytes that may have been signed; `changed` says what happened to them when they are not what was pasted."""

    data: bytes
    changed: str = ""


def diagnose(pasted: Pasted, secrets: Sequence[KnownSecret], sent: Sequence[Sent], *, now: float) -> Diagnosis:
    """Check the signature as the receiver has to. `now`: seconds since 1970."""
    missing = [name for name in _NEEDED if not pasted.header(name)]
    if missing:
        return _missing(missing, bool(secrets))
    stamp, given = pasted.header("webhook-timestamp"), pasted.header("webhook-signature").split()
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return _failed("webhook-timestamp is no time: it must be seconds since 1970, digits only, as we send it. Use "
                       "the header as it came, not a date made of it.")
    if not any(one.startswith("v1,") for one in given):
        return _failed("webhook-signature is malformed: it is a list like v1,BASE64, with spaces between. Something "
                       "has cut it or taken the v1, away.")
    if not secrets:
        return _failed(_UNSIGNED)
    for secret in secrets:
        for payload in _payloads(pasted, sent):
            if _signed(secret.secret, pasted, int(stamp), payload.data, given):
                return _matched(secret, payload, pasted, int(now - int(stamp)))
    return _unmatched(pasted, stamp, sent)


def _failed(said: str, *more: str) -> Diagnosis:
    return Diagnosis(good=False, said=said, more=more)


def _signed(secret: str, pasted: Pasted, stamp: int, data: bytes, given: Sequence[str]) -> bool:
    if not is_secret(secret):
        return False
    good = signature(secret, message_id=pasted.header("webhook-id"), timestamp=stamp, payload=data).encode()
    return any(hmac.compare_digest(good, one.encode()) for one in given)


def _payloads(pasted: Pasted, sent: Sequence[Sent]) -> Iterator[_Payload]:
    """What may have been signed, first as it was pasted, then as it may have been before something changed it."""
    body = pasted.body
    if body:
        yield _Payload(body.encode(errors="replace"))
        yield _Payload(body.rstrip("\n").encode(errors="replace"))  # the line break of pasting
        yield _Payload(body.replace("\n", "\r\n").encode(errors="replace"))
        if (compact := _compact(body)) is not None:
            yield _Payload(compact, "The body was changed on the way: it is the same JSON, but written differently "
                                    "(other spaces or escapes). Check the signature over the bytes as they came in, "
                                    "before any parsing; frameworks call them the raw body.")
    yield _Payload(pasted.query.encode(errors="replace"))
    if pasted.query:
        encoded = "&".join(f"{encoded_value(key)}={encoded_value(value)}" for key, value in _pairs(pasted.query))
        yield _Payload(encoded.encode(), "The query string was changed on the way: it was decoded or encoded anew. "
                                         "Check the signature over the query string exactly as it came in, without "
                                         "its question mark.")
    for one in sent:
        data = one.query.encode() if one.body is None else one.body
        yield _Payload(data, _difference(pasted, one))


def _matched(secret: KnownSecret, payload: _Payload, pasted: Pasted, age_seconds: int) -> Diagnosis:
    more = []
    if not payload.data or (pasted.query and payload.data == pasted.query.encode()):
        more.append("There is no body, so the query string is what is signed (without its question mark).")
    if age_seconds > TOLERANCE_SECONDS:
        more.append(f"It was made {_span(age_seconds)} ago. A receiver refuses what is older than 5 minutes: that is "
                    "right for a request checked again now. If it was refused when it came in, the receiver's clock is "
                    "ahead, or something held the request up.")
    elif age_seconds < -TOLERANCE_SECONDS:
        more.append(f"Its time is {_span(-age_seconds)} ahead: the clock of who looks at it is behind.")
    if payload.changed:
        return _failed(payload.changed, *more)
    if not secret.is_current:
        return _failed(f"It is signed with {secret.name}. The receiver must check with that one, or get its requests "
                       "from this integration.", *more)
    return Diagnosis(good=True, said=_GOOD, more=tuple(more))


def _missing(missing: Sequence[str], is_signing: bool) -> Diagnosis:
    if missing == ["webhook-signature"] and not is_signing:
        return _failed(_UNSIGNED)
    return _failed(
        f"{missing[0]} is missing in what you pasted." if len(missing) == 1
        else f"{', '.join(missing)} are missing in what you pasted.",
        "We send all three with every signed request. A proxy may drop them, or your framework calls them otherwise "
        "(HTTP_WEBHOOK_ID): paste all headers.")


def _unmatched(pasted: Pasted, stamp: str, sent: Sequence[Sent]) -> Diagnosis:
    if not sent:
        return _failed(
            "The signature fits none of the secrets of this account, over the body as you pasted it.",
            "Either the body was changed on the way beyond recognition: paste it as it came in, byte for byte.",
            "Or somebody else signed it: another account, or an integration that was deleted.",
            "We sent nothing under this webhook-id to compare it with, or keep it no more.")
    if stamp not in [one.timestamp for one in sent]:
        times = ", ".join(one.timestamp for one in sent)
        return _failed(f"webhook-timestamp was changed: what we sent under this webhook-id had {times}. Use the "
                       "header of the same request as the body.")
    if pasted.header("webhook-signature") in [one.signature for one in sent]:
        return _failed("It is signed with a secret of this integration that has been replaced since. Check a newer "
                       "request, with the secret of today.")
    return _failed("webhook-signature was changed, or is of another request: what we sent under this webhook-id has "
                   "another signature.")


def _difference(pasted: Pasted, sent: Sent) -> str:
    """How what was pasted differs from what was sent."""
    begin = f"The body was changed on the way: it is not what we sent in attempt {sent.number}."
    if sent.body is None:
        return (f"What is signed is the query string exactly as we sent it in attempt {sent.number}; there is no body. "
                "What you pasted has another query string, or none: paste the whole URL as it came in.")
    if not pasted.body:
        return (f"The body is missing in what you pasted: in attempt {sent.number} we sent one, "
                "and it is what is signed.")
    try:
        same = json.loads(pasted.body) == json.loads(sent.body)
    except ValueError:
        same = False
    if same:
        return (f"{begin} It is the same JSON, but written anew, with its keys in another order or with other spaces. "
                "Check the signature over the bytes as they came in, before any parsing.")
    ours, theirs = sent.body.decode(errors="replace"), pasted.body
    place = next((at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
                 min(len(ours), len(theirs)))
    return f"{begin} They differ from character {place + 1} on: we sent “{ours[place:place + 40]}”, you pasted " \
           f"“{theirs[place:place + 40]}”."


def _compact(body: str) -> bytes | None:
    """JSON as we write it; None when it is none."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    except (ValueError, RecursionError):
        return None


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True)
    except ValueError:
        return []


def _span(seconds: int) -> str:
    if seconds < 7200:
        return f"{seconds // 60} minutes"
    return f"{seconds // 3600} hours" if seconds < 172_800 else f"{seconds // 86_400} days"
