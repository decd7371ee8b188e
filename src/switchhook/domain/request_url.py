"""The Request URL: read, checked, and written as it goes over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urlsplit

import idna

from switchhook.domain.errors import CannotRender

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_PATH_SAFE = "/:@!$&'()*+,;=%"
_QUERY_SAFE = _PATH_SAFE + "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUrl:
    """A Request URL in its parts, each encoded for the wire. `host` is punycode, or an address (IPv6 in brackets)."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: what no path argument and no value can change."""
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")


@lru_cache(maxsize=4096)  # every attempt reads its integration's
def parse_request_url(text: str) -> RequestUrl:
    """Read a Request URL. Raises CannotRender with a sentence that says what to write instead."""
    text = text.strip()
    if not text:
        raise CannotRender("There is no Request URL: write where to send, like https://crm.example.com/hook.")
    if has_control(text):
        raise CannotRender("The Request URL has a line break or another control character in it: remove it.")
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError as error:
        raise CannotRender("The Request URL cannot be read: write it like https://crm.example.com/hook.") from error
    _check(split)
    if port == 0:
        raise CannotRender("The Request URL has port 0: write a port from 1 to 65535, or none.")
    return RequestUrl(
        scheme=split.scheme, host=_host(split.hostname or ""), port=port,
        path=encoded_path(split.path), query=encoded_query(split.query), fragment=split.fragment)


def _check(split: SplitResult) -> None:
    if split.scheme not in ("http", "https"):
        raise CannotRender("The Request URL must begin with https:// (or http://).")
    if "@" in split.netloc:
        raise CannotRender("The Request URL must not hold a user name or password: "
                           "choose Basic Auth as the Authentication Type and write them there.")
    if not split.hostname:
        raise CannotRender("The Request URL has no host name: write it like https://crm.example.com/hook.")


def _host(host: str) -> str:
    """The host as it goes over the wire. What some resolver could take for an IPv4 address must be one."""
    try:
        if ":" in host and "%" not in host:  # %: an interface of this machine
            return f"[{IPv6Address(host).compressed}]"
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode("ascii")
        host = host.lower().removesuffix(".")
        if _ENDS_IN_A_NUMBER.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError as error:  # of all three
        raise CannotRender(f"{host!r} in the Request URL is neither a host name nor an address.") from error
    if not _HOST.fullmatch(host):
        raise CannotRender(f"{host!r} in the Request URL is not a valid host name.")
    return host


def has_control(text: str) -> bool:
    """Whether there is a line break or another control character."""
    return _CONTROL.search(text) is not None


def without_lone_surrogates(text: str) -> str:
    """The text with U+FFFD for what no encoding can carry."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def encoded_value(text: str) -> str:
    """Percent-encoded so that it stays in its place: a path segment, a query key or value."""
    return quote(without_lone_surrogates(text), safe="")


def encoded_path(text: str) -> str:
    """A path that somebody wrote: what is encoded stays, what must be encoded becomes so."""
    return quote(_BARE_PERCENT.sub("%25", without_lone_surrogates(text)), safe=_PATH_SAFE)


def encoded_query(text: str) -> str:
    """A query string that somebody wrote: what is encoded stays, what must be encoded becomes so."""
    return quote(_BARE_PERCENT.sub("%25", without_lone_surrogates(text)), safe=_QUERY_SAFE)
