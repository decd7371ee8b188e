"""Secrets as people enter them: sealed before they reach a row, and never shown again (see domain/sealing.py)."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from switchhook.domain import sealing


def seal(plain: str, context: str) -> str:
    """The sealed text of a secret; the context ("connection:ID:secret") binds it to its row. "" stays ""."""
    if not plain:
        return ""
    nonce = secrets.token_bytes(sealing.NONCE_BYTES)
    return sealing.seal(plain, context=context, keys=settings.SWITCHHOOK.keys(), nonce=nonce)


def unseal(sealed: str, context: str) -> str:
    """The plain text again. Raises CannotOpen with a message that says what to do. "" stays ""."""
    if not sealed:
        return ""
    return sealing.unseal(sealed, context=context, keys=settings.SWITCHHOOK.keys())


def new_token(prefix: str) -> str:
    """A token that nobody can guess; its prefix ("intake_") says what it is when it turns up somewhere."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256, hex. (256 random bits need no slow hash.)"""
    return hashlib.sha256(token.encode()).hexdigest()
