"""ETag and If-Match: who changes something may say which state they know. When it is another now, nothing is done."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse

from switchhook.web.api.problems import Problem
from switchhook.web.api.shapes import Shape

#: The operations that heed If-Match (their subjects' GET has the ETag); the document says so of no other.
HEED_MATCH = frozenset({
    "change_account", "change_service", "change_reading", "modify_user", "delete_user", "change_integration",
    "delete_integration"})


def etag(shape: Shape) -> str:
    """A text that is another whenever the shape is."""
    return f'"{hashlib.sha256(shape.model_dump_json().encode()).hexdigest()[:24]}"'


def check_match(request: HttpRequest, current: Shape) -> None:
    """Raises Problem 412 when the request knows another state. Without If-Match anything goes."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted and wanted != "*" and etag(current) not in {one.strip() for one in wanted.split(",")}:
        raise Problem(412, "It was changed meanwhile: read it anew.", headers={"ETag": etag(current)})


def stamp(response: HttpResponse, shape: Shape) -> None:
    """Give the answer its ETag."""
    response["ETag"] = etag(shape)
