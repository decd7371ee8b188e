"""A directory of users in a file (CSV), as `switchhook users import` takes it and `users export` writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from switchhook.cli.client import Record
from switchhook.cli.exits import BadData
from switchhook.domain.text_file import plain

COLUMNS = ("extension_number", "name", "outbound_phone_number", "has_voicemail", "enabled_calls")
MOST_USERS = 2000
#: A column that the portal's CSV has beyond these: into which PBX they go, a command says.
PORTALS_OWN = "pbx"

_YES, _NO = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n"})


def read(text: str) -> list[Record]:
    """The users as the API takes them. An empty cell leaves what is there. Raises BadData that names the line."""
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), dialect=dialect, skipinitialspace=True)
    names = ["_".join((name or "").lower().replace("_", " ").split()) for name in rows.fieldnames or ()]
    if "extension_number" not in names or (unknown := sorted(set(names) - {*COLUMNS, PORTALS_OWN})):
        what = f"has no column {unknown[0]!r}" if "extension_number" in names else "needs a column extension_number"
        raise BadData(f"The first line names the columns. Such a file {what}; it has {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    users = [_user(row, rows.line_num) for row in rows if any((cell or "").strip() for cell in row.values()
                                                                if not isinstance(cell, list))]
    if not 0 < len(users) <= MOST_USERS:
        raise BadData(f"The file has {len(users)} users; it must have 1 to {MOST_USERS}.")
    return users


def written(users: Iterable[Record]) -> str:
    """The users of the API as a file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in users:
        writer.writerow(one | {"enabled_calls": ",".join(one["enabled_calls"]),
                               "has_voicemail": "yes" if one["has_voicemail"] else "no"})
    return out.getvalue()


def _user(row: dict[str, str], line: int) -> Record:
    if None in row:
        raise BadData(f"Line {line} has more cells than there are columns.")
    cells = {name: plain((cell or "").strip()) for name, cell in row.items() if name != PORTALS_OWN}
    user: Record = {name: cell for name, cell in cells.items() if cell}
    if "extension_number" not in user:
        raise BadData(f"Line {line} has no extension_number.")
    if "has_voicemail" in user:
        word = user["has_voicemail"].lower()
        if word not in _YES | _NO:
            raise BadData(f"Line {line}: has_voicemail is yes or no, not {user['has_voicemail']!r}.")
        user["has_voicemail"] = word in _YES
    if "enabled_calls" in user:
        words = user["enabled_calls"].replace(";", ",").split(",")
        user["enabled_calls"] = [one.strip() for one in words if one.strip()]
    return user
