"""Recording links: URLs by which whoever has one may listen to one recording, until it expires. No login.

A link is signed (HMAC-SHA256 under a key derived from the installation's), so nobody makes one up or prolongs one. It
names the call and, by a fingerprint, the file: a call's list of files may still grow when the link is made.
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SIGNED = struct.Struct(">16s8sQ")  # call, fingerprint of the file, seconds since 1970
_SIGNATURE_BYTES = sha256().digest_size


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to, and until when (seconds since 1970)."""

    call_uuid: UUID
    fingerprint: bytes
    expires_s: int

    def leads_to(self, file: str) -> bool:
        """Whether it is the file that is meant, as the PBX names it."""
        return hmac.compare_digest(_fingerprint(file), self.fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLinks:
    """Makes links. `portal_url`: how others reach the portal; `keys`: the installation's, newest first."""

    portal_url: str
    keys: Sequence[str]
    valid: timedelta

    def url(self, call_uuid: UUID, file: str, at: datetime) -> str:
        """The link to a file of a call. The same every time: it is valid from `at` on, whenever it is made."""
        signed = _SIGNED.pack(call_uuid.bytes, _fingerprint(file), int((at + self.valid).timestamp()))
        token = urlsafe_b64encode(signed + _signature(self.keys[0], signed)).decode().rstrip("=")
        return f"{self.portal_url.rstrip('/')}/recordings/{token}"


def read_link(token: str, keys: Sequence[str]) -> Link | None:
    """What the last part of a link says; None when it was not made with one of the keys."""
    try:
        told = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(told) != _SIGNED.size + _SIGNATURE_BYTES:
        return None
    signed, signature = told[: _SIGNED.size], told[_SIGNED.size:]
    if not any(hmac.compare_digest(signature, _signature(key, signed)) for key in keys):
        return None
    call, fingerprint, expires_s = _SIGNED.unpack(signed)
    return Link(UUID(bytes=call), fingerprint, expires_s)


def _fingerprint(file: str) -> bytes:
    return sha256(file.encode(errors="surrogatepass")).digest()[:8]


def _signature(key_text: str, signed: bytes) -> bytes:
    return hmac.new(_derived(key_text), signed, sha256).digest()


@lru_cache(maxsize=16)
def _derived(key_text: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"switchhook recording links v1").derive(
        key_text.encode(errors="surrogatepass"))
