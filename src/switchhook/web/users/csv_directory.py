"""A directory of users as a CSV text: what people export from somewhere, and what the portal's own export writes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import CALL_TYPES
from switchhook.domain.text_file import plain
from switchhook.web.users.directory import MOST_USERS, NAMES

_COLUMNS = {name.replace("_", " "): name for name in NAMES} | {
    "extension": "extension_number", "number": "extension_number", "outbound number": "outbound_phone_number",
    "voicemail": "has_voicemail", "calls": "enabled_calls"}
_YES = frozenset({"yes", "y", "true", "1", "x", "on"})
_NO = frozenset({"no", "n", "false", "0", "", "off"})
_CALL_TYPES = {one.lower(): one for one in CALL_TYPES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong in a line, counted from 1 as people count; 0: the text as a whole."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What was read: each user's details with the line, the columns that mean nothing here, and what is wrong."""

    users: list[dict[str, Any]]
    lines: list[int]
    left_out: list[str]
    mistakes: list[Mistake]


def read(text: str) -> Directory:
    """Read a CSV text; its first line names the columns. Separated by commas, semicolons or tabs."""
    text = text.lstrip("\ufeff")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    found = Directory(users=[], lines=[], left_out=[], mistakes=[])
    try:
        columns = _columns(next(rows, []), found)
        for row in rows:
            if any(cell.strip() for cell in row) and not _user(row, columns, rows.line_num, found):
                break
    except csv.Error as error:
        found.mistakes.append(Mistake(line=rows.line_num, message=_("This is no CSV: %(error)s.") % {"error": error}))
    if not found.users and not found.mistakes:
        found.mistakes.append(Mistake(line=0, message=_("There is no user in it: only the line with the names.")))
    return found


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(names: list[str], found: Directory) -> list[str]:
    """What each column holds; "" for one that means nothing here."""
    columns = [_COLUMNS.get(" ".join(name.replace("_", " ").lower().split()), "") for name in names]
    found.left_out.extend(name.strip() for name, column in zip(names, columns, strict=True) if not column and name)
    twice = sorted({one for one in columns if one and columns.count(one) > 1})
    if "extension_number" not in columns:
        message = _("The first line must name the columns, and Extension Number must be one of them.")
        found.mistakes.append(Mistake(line=1, message=message))
    elif twice:
        found.mistakes.append(Mistake(line=1, message=_(
            "Two columns are for %(column)s.") % {"column": twice[0].replace("_", " ")}))
    return columns


def _user(row: list[str], columns: list[str], line: int, found: Directory) -> bool:
    """Read one line. False: it is one too many, or without columns nothing can be read."""
    if found.mistakes and found.mistakes[0].line == 1:
        return False
    if len(found.users) == MOST_USERS:
        found.mistakes.append(Mistake(line=line, message=_(
            "At most %(most)s users at once.") % {"most": intcomma(MOST_USERS)}))
        return False
    if len(row) > len(columns):
        found.mistakes.append(Mistake(line=line, message=_("This line has more cells than there are columns.")))
        return True
    details: dict[str, Any] = {}
    for column, cell in zip(columns, row, strict=False):
        if column:
            try:
                details[column] = _value(column, plain(cell.strip()))
            except ValueError as error:
                found.mistakes.append(Mistake(line=line, message=str(error)))
    found.users.append(details)
    found.lines.append(line)
    return True


def _value(column: str, cell: str) -> str | bool | list[str]:
    match column:
        case "has_voicemail":
            if cell.lower() not in _YES | _NO:
                raise ValueError(f"Has Voicemail: “{cell}” is neither Yes nor No.")
            return cell.lower() in _YES
        case "enabled_calls":
            return [_call_type(one.strip()) for one in re.split("[,;|]", cell) if one.strip()]
        case _:
            return cell


def _call_type(name: str) -> str:
    if name.lower() not in _CALL_TYPES:
        raise ValueError(f"Enabled Calls: “{name}” is none of {', '.join(CALL_TYPES)}.")
    return _CALL_TYPES[name.lower()]


def fault_message(name: str, message: str, details: Mapping[str, Any]) -> str:
    """A form's complaint about one user, in a line of its own."""
    label = name.replace("_", " ").title()
    given = details.get(name)
    return f"{label}{f' “{given}”' if isinstance(given, str) and given else ''}: {message}"
