"""Is this request from Switchhook, and unchanged? Python 3, nothing to install."""

import base64
import hashlib
import hmac
import sys
import time

OLDEST_SECONDS = 300


def verified(secret: str, webhook_id: str, timestamp: str, signatures: str, signed: bytes) -> bool:
    """`signed`: the raw body; for a request without one the query string as it came, without its question mark."""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > OLDEST_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + signed, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(expected)
    return any(hmac.compare_digest(wanted, one.encode()) for one in signatures.split())  # two while rotating


if __name__ == "__main__":  # try it: verify.py SECRET ID TIMESTAMP SIGNATURES < body
    ok = verified(*sys.argv[1:5], sys.stdin.buffer.read())
    print("genuine" if ok else "forged, changed or too old")
    sys.exit(0 if ok else 1)
