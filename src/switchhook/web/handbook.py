"""The handbook, at /docs/: what `make assets` built out of docs/ and the examples, for everybody to read."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

_BUILT = Path(__file__).parent / "public"
#: Served at the root; None where nothing was built.
PUBLIC = _BUILT if _BUILT.exists() else None

#: What its pages may do: run the theme's scripts and search in their own index.
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
           "worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """WhiteNoise asks this for each file that it serves."""
    if url.startswith("/docs/"):
        headers["Content-Security-Policy"] = _POLICY
