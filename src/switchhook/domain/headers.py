"""Header names and values: which an integration may set, and how any text stands in one safely."""

from __future__ import annotations

import re
from string import ascii_letters, digits, punctuation
from urllib.parse import quote

from switchhook.domain.request_url import without_lone_surrogates

#: Headers (lower case) that an integration may not set: hop-by-hop ones, and those that we set or that frame the body.
FORBIDDEN = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length", "content-type", "content-encoding", "expect",
    "user-agent",
})
#: What ours begin with; an integration may not set these either.
OUR_PREFIXES = ("webhook-", "switchhook-")
#: Headers (lower case) whose value is a secret whether or not somebody ticked it.
ALWAYS_SECRET = frozenset({"authorization", "cookie", "x-api-key"})

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_PRINTABLE = ascii_letters + digits + punctuation + " "


def is_header_name(name: str) -> bool:
    """Whether it can be a header's name at all (RFC 9110, token)."""
    return _NAME.fullmatch(name) is not None


def is_forbidden(name: str) -> bool:
    """Whether an integration may not set this header."""
    return name.lower() in FORBIDDEN or name.lower().startswith(OUR_PREFIXES)


def is_plain(text: str) -> bool:
    """Whether the text can stand in a header just as it is: printable ASCII."""
    return _PLAIN.fullmatch(text) is not None


def header_value(text: str) -> str:
    """The text as it can stand in a header, whatever it is, and can start no new one.

    Line breaks and other control characters become spaces; what is not ASCII is percent-encoded
    (UTF-8), because receivers do not agree on any other reading. Spaces at the ends are dropped.
    """
    return quote(_CONTROL.sub(" ", without_lone_surrogates(text)), safe=_PRINTABLE).strip()
