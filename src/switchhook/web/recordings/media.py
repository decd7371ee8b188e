"""A recording as an answer: whole, or the range of it that a player asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from switchhook.web.recordings.recorded import Recording
from switchhook.web.recordings.storage import Opened

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeBeyond(Exception):
    """What is asked for lies beyond the end. `size`: of the whole, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The recording has {size} bytes.")
        self.headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}


@dataclass(frozen=True, slots=True)
class _Part:
    begin: int
    length: int


class _Chunks:
    """What the server sends, and closes when the listener has gone."""

    def __init__(self, opened: Opened, begin: int, length: int | None) -> None:
        self._opened, self._chunks = opened, opened.chunks(begin, length)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._opened.close()


def media(request: HttpRequest, recording: Recording, opened: Opened) -> HttpResponseBase:
    """The recording, or a range of it (206). Closes the file in the end. Raises RangeBeyond."""
    try:
        part = None if opened.size is None else _wanted(request, opened.size)
    except RangeBeyond:
        opened.close()
        raise
    begin, length = (0, opened.size) if part is None else (part.begin, part.length)
    status, kind = 200 if part is None else 206, recording.content_type
    response: HttpResponseBase
    if request.method == "HEAD":
        opened.close()
        response = HttpResponse(status=status, content_type=kind)
    else:
        response = StreamingHttpResponse(_Chunks(opened, begin, length), status=status, content_type=kind)
    if length is not None:
        response["Content-Length"] = str(length)
        response["Accept-Ranges"] = "bytes"
    if part is not None:
        response["Content-Range"] = f"bytes {begin}-{begin + part.length - 1}/{opened.size}"
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(recording.name, safe='')}"
    response["Cache-Control"] = "private, no-store"
    return response


def _wanted(request: HttpRequest, size: int) -> _Part | None:
    """The range that the request names; None for the whole, also for what we do not understand or cannot compare."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if found is None or found.groups() == ("", "") or "If-Range" in request.headers:
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
        if not int(last):
            raise RangeBeyond(size)
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size:
        raise RangeBeyond(size)
    return _Part(begin, end - begin)
