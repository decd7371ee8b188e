"""Sealing: secrets as both halves read them (passwords, tokens, signing secrets, PBX logins), unreadable at rest.

A sealed text is `v1.KEYID.DATA`: AES-256-GCM under a key derived (HKDF, SHA-256) from one of the key texts of
the settings. KEYID tells which one, so that keys can be rotated: the first key seals, all of them open. The
context ("integration:ID:password") is authenticated with it: a sealed text that somebody moves to another row
does not open there. Keys and nonces are arguments; nothing here reads a setting or rolls dice.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from switchhook.domain.errors import CannotOpen

#: How many bytes a nonce has. It must be random and must never be used twice with one key.
NONCE_BYTES = 12

_VERSION = "v1"
_ENTER_AGAIN = "Enter the secret again and save."


def seal(plain: str, *, context: str, keys: Sequence[str], nonce: bytes) -> str:
    """The sealed text of `plain`, under the first of `keys` (newest first). `nonce`: 12 random bytes, used once.

    Raises ValueError when there is no key or the nonce has another length: these are mistakes of the caller.
    """
    if not keys:
        raise ValueError("there is no key to seal with")
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    key_id, key = _derived(keys[0])
    sealed = AESGCM(key).encrypt(nonce, plain.encode(errors="surrogatepass"), _bound(context, key_id))
    return f"{_VERSION}.{key_id}.{urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"


def unseal(sealed: str, *, context: str, keys: Sequence[str]) -> str:
    """The plain text. Raises CannotOpen, and nothing else, with a message that says what to do."""
    key_id, data = _parts(sealed)
    fitting = [key for known_id, key in map(_derived, keys) if known_id == key_id]
    if not fitting:
        raise CannotOpen(
            f"This secret was sealed with the key {key_id}, which is not among SWITCHHOOK_SECRET_KEYS: "
            f"put that key back (behind the new ones). Or: {_ENTER_AGAIN}")
    for key in fitting:
        try:
            plain = AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(context, key_id))
            return plain.decode(errors="surrogatepass")
        except InvalidTag:
            continue
    raise CannotOpen(f"This secret was changed, or belongs to something else. {_ENTER_AGAIN}")


def needs_resealing(sealed: str, keys: Sequence[str]) -> bool:
    """Whether `sealed` was not sealed with the first of `keys`: unseal and seal it before an old key is removed."""
    return not keys or not sealed.startswith(f"{_VERSION}.{_derived(keys[0])[0]}.")


def key_id_of(sealed: str) -> str:
    """Which key a sealed text is sealed with, as `key_ids` calls it; "" when it is none of ours."""
    version, _, rest = sealed.partition(".")
    return rest.partition(".")[0] if version == _VERSION else ""


def key_ids(keys: Sequence[str]) -> frozenset[str]:
    """The ids of those key texts."""
    return frozenset(_derived(key)[0] for key in keys)


def _parts(sealed: str) -> tuple[str, bytes]:
    """Key id, and nonce with ciphertext, of a sealed text."""
    version, _, rest = sealed.partition(".")
    key_id, _, text = rest.partition(".")
    if version != _VERSION or not key_id:
        raise CannotOpen(f"This is no secret that this release can read. {_ENTER_AGAIN}")
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise CannotOpen(f"This secret is damaged. {_ENTER_AGAIN}") from error
    if len(data) < NONCE_BYTES:
        raise CannotOpen(f"This secret is cut short. {_ENTER_AGAIN}")
    return key_id, data


def _bound(context: str, key_id: str) -> bytes:
    """What is authenticated beside the secret itself."""
    return f"switchhook {_VERSION} {key_id} {context}".encode(errors="surrogatepass")


@lru_cache(maxsize=16)
def _derived(key_text: str) -> tuple[str, bytes]:
    """Key id (8 hex digits, tells nothing of the key) and 32-byte key of a key text."""
    derived = HKDF(algorithm=SHA256(), length=36, salt=None, info=b"switchhook sealing v1").derive(
        key_text.encode(errors="surrogatepass"))
    return derived[32:].hex(), derived[:32]
