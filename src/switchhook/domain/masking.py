"""Masking: what we sent as a secret, taken out of what came back, in whatever spelling (as far as we know them).

Receivers do say back what they get: echo services, error pages, a redirect to a login. Pure.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from html import escape
from typing import assert_never
from urllib.parse import quote, quote_plus

from switchhook.domain.delivery import Answer, NoAnswer, Request, Responded

MASK = "••••"
SHORTEST_SECRET = 6  # what is shorter would be masked in the middle of ordinary words


def without_secrets(answer: Answer, request: Request) -> Answer:
    """The answer, as anybody may read it, and judge by it."""
    values = tuple(value for name, value in request.headers if name.lower() in request.secret_headers)
    spellings = _spellings(values) if values else ()
    if not spellings:
        return answer
    match answer:
        case Responded():
            headers = tuple((_masked(name, spellings), _masked(value, spellings)) for name, value in answer.headers)
            body = answer.body
            for one in spellings:
                body = body.replace(one.encode("utf-8", "surrogatepass"), MASK.encode())
            if answer.body_truncated:
                body = _without_begun(body, spellings)
            return replace(answer, headers=headers, body=body)
        case NoAnswer():
            return replace(answer, detail=_masked(answer.detail, spellings))
        case _:
            assert_never(answer)


def _without_begun(body: bytes, spellings: tuple[str, ...]) -> bytes:
    """A body that was cut in the middle of a secret."""
    for one in spellings:
        spelled = one.encode("utf-8", "surrogatepass")
        for length in range(len(spelled) - 1, SHORTEST_SECRET - 1, -1):
            if body.endswith(spelled[:length]):
                return body[:-length] + MASK.encode()
    return body


def _masked(text: str, spellings: tuple[str, ...]) -> str:
    for one in spellings:
        text = text.replace(one, MASK)
    return text


@lru_cache(maxsize=1024)
def _spellings(values: tuple[str, ...]) -> tuple[str, ...]:
    """All spellings of all that is secret in those header values, the longest first."""
    secrets = {part for value in values for part in _parts(value) if len(part) >= SHORTEST_SECRET}
    return tuple(sorted({one for secret in secrets for one in _spelled(secret)}, key=lambda one: (-len(one), one)))


def _parts(value: str) -> Iterator[str]:
    """A header's value, what stands behind its scheme, and what that is when it is `user:password`."""
    yield value
    scheme, _, credentials = value.partition(" ")
    yield credentials
    if scheme.lower() == "basic":
        try:
            pair = b64decode(credentials, validate=True).decode()
        except ValueError:
            return
        yield pair
        yield pair.partition(":")[2]


def _spelled(secret: str) -> Iterator[str]:
    encoded = b64encode(secret.encode("utf-8", "surrogatepass")).decode()
    in_json = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    plain = secret.encode("utf-8", "replace").decode()
    in_urls = (quote(plain), quote(plain, safe=""), quote_plus(plain))
    yield from (secret, encoded.rstrip("="), escape(secret), *in_json, *in_urls)
    yield from (one.replace("/", "\\/") for one in in_json)  # as PHP writes JSON
    yield from (_in_small_letters(one) for one in in_urls)


def _in_small_letters(quoted: str) -> str:
    """%C3 as %c3."""
    head, *rest = quoted.split("%")
    return "%".join([head, *(one[:2].lower() + one[2:] for one in rest)])
