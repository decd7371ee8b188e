"""TLS to a PBX: whose certificate is believed, and what is wrong with one, in words that say what to do."""

from __future__ import annotations

import ssl

from switchhook.domain.service import Connection

# What OpenSSL says of a certificate that is not believed.
_EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER, _NOT_FIRST, _OTHER_NAME, _OTHER_ADDRESS = (
    10, 18, 19, 20, 21, 62, 64)
_SIGNED_BY_NOBODY = frozenset({_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER, _NOT_FIRST})


def tls_context(connection: Connection) -> ssl.SSLContext | None:
    """How to speak TLS with the PBX; None where the Connection wants none. A private authority is believed instead of
    the system's. Raises OSError for one that is no certificate."""
    if not connection.tls:
        return None
    try:
        return ssl.create_default_context(cadata=connection.tls_ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise OSError("the private CA is no certificate (PEM) that can be read") from error


def tls_in_words(error: ssl.SSLError, connection: Connection) -> str:
    """What went wrong with TLS, for the person who looks after the Connection."""
    where = f"{connection.host}:{connection.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        match error.verify_code:
            case code if code in _SIGNED_BY_NOBODY and connection.tls_ca:
                return f"The certificate of {where} is not signed by the private CA of this connection."
            case code if code in _SIGNED_BY_NOBODY:
                return (f"The certificate of {where} is signed by nobody that this machine knows. Paste the "
                        "certificate of the authority that signed it as Private CA; where it signed itself, its own.")
            case code if code in (_OTHER_NAME, _OTHER_ADDRESS):
                return (f"The certificate of {where} is made out to another name. Write the name in the certificate as "
                        "Host, or give the PBX a certificate for this one.")
            case code if code == _EXPIRED:
                return f"The certificate of {where} has expired: give the PBX a new one."
            case _:
                return f"The certificate of {where} is not accepted: {error.verify_message}."
    if error.reason == "WRONG_VERSION_NUMBER":
        return f"{where} does not speak TLS. AMI over TLS has a port of its own, usually 5039 (`tlsbindaddr`)."
    return f"TLS with {where} failed: {error.reason or error}."
