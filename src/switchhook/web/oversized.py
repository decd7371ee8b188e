"""Oversized: a request whose body is larger than we take is answered like every other, by a page or a problem.

waitress answers it in words of its own, and hangs up while the asker still sends: a browser then says that the
connection was reset, and nobody knows why. So the rest of a body that is not much too large is read and forgotten, and
the application is asked with none (middleware.py and api/manners.py go by Content-Length). What is much too large is
answered at once.
"""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

LARGEST_BODY_BYTES = 1024 * 1024
MOST_FORGOTTEN_BYTES = 64 * 1024 * 1024


def is_too_large(content_length: str) -> bool:
    """Whether a request with that Content-Length ("" without one) has more of a body than we take, or says nonsense."""
    length = content_length or "0"
    return not length.isdecimal() or int(length) > LARGEST_BODY_BYTES


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Reads one request; of a body that is too large it keeps nothing."""

    expect_continue: bool
    _left = 0

    def received(self, data: bytes) -> int:
        """How many of these bytes belong to this request."""
        if self._left:
            forgotten = min(self._left, len(data))
            self._left -= forgotten
            self.completed = not self._left
            return forgotten
        read: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            asks_first = self.expect_continue  # and then need not send it
            self.expect_continue = False
            if not (asks_first or self.chunked) and self.content_length <= MOST_FORGOTTEN_BYTES:
                self._left, self.completed = self.content_length, False
        return read


class Unread(WSGITask):  # type: ignore[misc]
    """Asks the application about a request of which no body was kept."""

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["CONTENT_LENGTH"] = str(max(self.request.content_length, LARGEST_BODY_BYTES + 1))
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection on which what is too large is read so, and answered so."""

    parser_class = Parser

    @staticmethod
    def error_task_class(channel: HTTPChannel, request: HTTPRequestParser) -> ErrorTask | WSGITask:
        """What answers a request with which something is wrong."""
        kind = Unread if isinstance(request.error, RequestEntityTooLarge) else ErrorTask
        return kind(channel, request)
