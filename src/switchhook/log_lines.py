"""Log lines: one for each thing that happened, whatever stands in the values. What a stranger sends ends up in logs
(names, paths, a PBX's words), and a line break in it must not make up a second entry."""

from __future__ import annotations

import logging
import re

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class OneLine(logging.Formatter):
    """Control characters as escapes; the lines of a traceback are indented, so that none looks like an entry."""

    def __init__(self, fmt: str = FORMAT) -> None:
        super().__init__(fmt)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: tuple[type[BaseException], BaseException, object] | object) -> str:
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join("    " + escaped(line) for line in text.split("\n"))

    def formatStack(self, stack_info: str) -> str:
        return "\n".join("    " + escaped(line) for line in stack_info.split("\n"))


def escaped(text: str) -> str:
    """The text in one line."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def is_ours(record: logging.LogRecord) -> bool:
    """Whether an entry is about us: bytes that are no HTTP are answered with 400, and need no traceback each."""
    return record.exc_info is None or type(record.exc_info[1]).__module__ != "aiohttp.http_exceptions"


def log_to_stderr(level: str) -> None:
    """Have everything logged there, from that level on."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("aiohttp.server").addFilter(is_ours)
