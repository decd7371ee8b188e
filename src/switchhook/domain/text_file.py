"""A text file of a stranger: its text, and what stands in its cells where it came out of a spreadsheet."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@|%]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9 ]*")


def text_of(data: bytes) -> str:
    """The file's text: UTF-8, else as spreadsheets and editors of old write it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def safe(text: str) -> str:
    """A cell's text. What a spreadsheet could take for a formula has an apostrophe before it; numbers are none."""
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def plain(text: str) -> str:
    """What was in a cell before `safe`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
