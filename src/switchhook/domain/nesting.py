"""Nesting: flat request keys as one JSON object. `caller.number` is an object within it, `items[0].name` a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from switchhook.domain.catalogue import Value

#: A dotted request key makes at most so many levels; the rest of it is one key.
MAX_LEVELS = 10

Json = str | int | bool | None | dict[str, "Json"] | list["Json"]
_Level = str | int
_Tree = dict[_Level, "Value | _Tree"]

_WITH_PLACES = re.compile(r"(?P<name>[^\[\]]+)(?P<places>(\[\d{1,2}\]){1,3})", re.ASCII)


@lru_cache(maxsize=4096)  # each attempt of an integration has the same keys
def levels_of(key: str) -> tuple[_Level, ...]:
    """The levels of a request key: names, and numbers for places in a list. A key with an empty part ("a..b") is one
    level, taken as it stands; so is what only looks like a place ("a[b]")."""
    parts = key.split(".", MAX_LEVELS - 1)
    if not all(parts):
        return (key,)
    levels: list[_Level] = []
    for part in parts:
        found = _WITH_PLACES.fullmatch(part)
        if found is None:
            levels.append(part)
        else:
            levels += [found["name"], *(int(place) for place in re.findall(r"\d+", found["places"]))]
    return tuple(levels)


def nested(rows: Sequence[tuple[str, Value]]) -> dict[str, Json]:
    """One object of rows.

    Rows that contradict each other (`a` beside `a.b`, the same key twice) are refused when saving; if there are any,
    the later row wins. A place of a list that no row fills is null.
    """
    whole: _Tree = {}
    for key, value in rows:
        levels = levels_of(key)
        inner = whole
        for parent, below in pairwise(levels):
            child = inner.get(parent)
            if not isinstance(child, dict) or _is_list(child) is not isinstance(below, int):
                child = inner[parent] = {}
            inner = child
        inner[levels[-1]] = value
    return {str(name): _json(value) for name, value in whole.items()}


def _json(node: Value | _Tree) -> Json:
    if not isinstance(node, dict):
        return node
    if not _is_list(node):
        return {str(name): _json(value) for name, value in node.items()}
    length = 1 + max(place for place in node if isinstance(place, int))
    return [_json(node.get(place)) for place in range(length)]


def _is_list(node: _Tree) -> bool:
    return any(isinstance(level, int) for level in node)
