"""Templates: texts in which `{source_number}` and the like stand for a Field's value.

Path Arguments, custom header values and fixed texts of the body are templates. `{{` and `}}` are braces as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from switchhook.domain.catalogue import FIELDS, Field

#: How to write a brace that is no placeholder's; for messages.
LITERAL_BRACES = "(Write {{ and }} for braces as such.)"

_TOKEN = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<name>[^{}]*)\}|(?P<stray>[{}])|(?P<text>[^{}]+)")
_BY_NAME = {field.value: field for field in FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text, read: literal texts and Fields in order; and what could not be read.

    `unknown`: placeholders that name no Field. `unbalanced`: there is a brace that opens or closes nothing.
    """

    parts: tuple[str | Field, ...]
    unknown: tuple[str, ...] = ()
    unbalanced: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that it names, each once, in order."""
        return tuple(dict.fromkeys(part for part in self.parts if isinstance(part, Field)))

    @property
    def literal(self) -> str:
        """Its literal text, without the placeholders."""
        return "".join(part for part in self.parts if not isinstance(part, Field))

    def fill(self, *, literal: Callable[[str], str], value: Callable[[Field], str]) -> str:
        """The text with `literal(text)` for each literal text and `value(field)` for each placeholder."""
        return "".join(value(part) if isinstance(part, Field) else literal(part) for part in self.parts)


@lru_cache(maxsize=4096)  # every attempt reads its integration's
def parse_template(text: str) -> Template:
    """Read a template. Never fails: what cannot be read is told in `unknown` and `unbalanced`."""
    parts: list[str | Field] = []
    unknown: list[str] = []
    unbalanced = False
    for token in _TOKEN.finditer(text):
        if token["name"] is None:
            parts.append(token[0][0] if token["brace"] else token[0])
            unbalanced = unbalanced or token["stray"] is not None
        elif (field := _BY_NAME.get(token["name"].strip())) is not None:
            parts.append(field)
        else:
            unknown.append(token["name"].strip())
    return Template(parts=_joined(parts), unknown=tuple(unknown), unbalanced=unbalanced)


def has_placeholders(text: str) -> bool:
    """Whether the template's result depends on the event."""
    template = parse_template(text)
    return bool(template.fields or template.unknown)


def _joined(parts: list[str | Field]) -> tuple[str | Field, ...]:
    """The same parts, neighbouring literal texts made one, so that an encoding sees them whole."""
    joined: list[str | Field] = []
    for part in parts:
        if joined and not isinstance(part, Field) and not isinstance(joined[-1], Field):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
