"""The portal's own files (CSS, JavaScript), served out of the package with a stamp that changes with the content."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class StampedFiles(StaticFilesStorage):
    """`{% static %}` gives `/static/x.css?v=<hash of x.css>`: a browser may keep it, and still gets a new release."""

    def __init__(self) -> None:
        super().__init__(location="", base_url=None)

    def url(self, name: str | None) -> str:
        stamp = _stamp(name or "")
        return super().url(name) + (f"?v={stamp}" if stamp else "")


@lru_cache(maxsize=256)
def _stamp(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10] if path else ""
