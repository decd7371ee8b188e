"""TLS towards receivers: always verified, and able to say what was wrong with a certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from cryptography import x509

_EXPIRED, _NOT_YET_VALID, _HOST_MISMATCH, _ADDRESS_MISMATCH = 10, 9, 62, 64  # X509_V_ERR_… of OpenSSL
_SELF_SIGNED = (18, 19)


class _TellingSSLObject(ssl.SSLObject):
    """A TLS connection that keeps the certificate it refused: Python forgets it, and it holds the date."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            error.leaf = self._refused_leaf()  # type: ignore[attr-defined]
            raise

    def _refused_leaf(self) -> x509.Certificate | None:
        try:
            chain = self._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
            return x509.load_pem_x509_certificate(chain[0].public_bytes().encode()) if chain else None
        except (AttributeError, TypeError, ValueError):  # a stranger's bytes, and no public way to them before 3.13
            return None


def make_context(trusted_pem: str = "") -> ssl.SSLContext:
    """A verifying context: the system's authorities, and those in `trusted_pem` (a company's own)."""
    context = ssl.create_default_context()
    if trusted_pem:
        context.load_verify_locations(cadata=trusted_pem)
    context.sslobject_class = _TellingSSLObject
    return context


def explain_certificate(error: BaseException, host: str, now: datetime | None = None) -> str:
    """What is wrong with the certificate of `host`, in plain words."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not valid"
    leaf: x509.Certificate | None = getattr(error, "leaf", None)
    if error.verify_code == _EXPIRED:
        now = now or datetime.now(UTC)
        if leaf is not None and leaf.not_valid_after_utc < now:
            return f"The certificate of {host} expired on {leaf.not_valid_after_utc:%d %B %Y}"
        return f"A certificate in the chain of {host} has expired"
    if error.verify_code == _NOT_YET_VALID and leaf is not None:
        return f"The certificate of {host} is valid only from {leaf.not_valid_before_utc:%d %B %Y}"
    if error.verify_code in (_HOST_MISMATCH, _ADDRESS_MISMATCH):
        return f"The certificate is not for {host}"
    if error.verify_code in _SELF_SIGNED:
        return f"The certificate of {host} is self-signed, so nobody vouches for it"
    return f"The certificate of {host} cannot be verified: {error.verify_message}"
