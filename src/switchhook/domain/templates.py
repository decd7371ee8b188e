"""Templates: texts in which `{source_number}` and the like stand for a Field's value.

Path Arguments, custom header values and fixed texts of the body are templates. `{{` and `}}` are braces as such.
A moment can be written in another form: `{date_time|utc}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from switchhook.domain.catalogue import FIELDS, Field
from switchhook.domain.moments import MOMENTS, MomentForm

#: How to write a brace that is no placeholder's; for messages.
LITERAL_BRACES = "(Write {{ and }} for braces as such.)"

_TOKEN = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<name>[^{}]*)\}|(?P<stray>[{}])|(?P<text>[^{}]+)")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where a Field's value stands. `form`: how its moment is written; None: as it is."""

    field: Field
    form: MomentForm | None = None


_BY_NAME = {field.value: Placeholder(field) for field in FIELDS} | {
    f"{field}|{form}": Placeholder(field, form) for field in MOMENTS for form in MomentForm}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text, read: literal texts and placeholders in order; and what could not be read.

    `unknown`: placeholders that name no Field. `unbalanced`: there is a brace that opens or closes nothing.
    """

    parts: tuple[str | Placeholder, ...]
    unknown: tuple[str, ...] = ()
    unbalanced: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that it names, each once, in order."""
        return tuple(dict.fromkeys(part.field for part in self.parts if isinstance(part, Placeholder)))

    @property
    def literal(self) -> str:
        """Its literal text, without the placeholders."""
        return "".join(part for part in self.parts if not isinstance(part, Placeholder))

    def fill(self, *, literal: Callable[[str], str], value: Callable[[Placeholder], str]) -> str:
        """The text with `literal(text)` for each literal text and `value(…)` for each placeholder."""
        return "".join(value(part) if isinstance(part, Placeholder) else literal(part) for part in self.parts)


@lru_cache(maxsize=4096)  # every attempt reads its integration's
def parse_template(text: str) -> Template:
    """Read a template. Never fails: what cannot be read is told in `unknown` and `unbalanced`."""
    parts: list[str | Placeholder] = []
    unknown: list[str] = []
    unbalanced = False
    for token in _TOKEN.finditer(text):
        if token["name"] is None:
            parts.append(token[0][0] if token["brace"] else token[0])
            unbalanced = unbalanced or token["stray"] is not None
        elif (placeholder := _BY_NAME.get("|".join(map(str.strip, token["name"].split("|"))))) is not None:
            parts.append(placeholder)
        else:
            unknown.append(token["name"].strip())
    return Template(parts=_joined(parts), unknown=tuple(unknown), unbalanced=unbalanced)


def has_placeholders(text: str) -> bool:
    """Whether the template's result depends on the event."""
    template = parse_template(text)
    return bool(template.fields or template.unknown)


def _joined(parts: list[str | Placeholder]) -> tuple[str | Placeholder, ...]:
    """The same parts, neighbouring literal texts made one, so that an encoding sees them whole."""
    joined: list[str | Placeholder] = []
    for part in parts:
        if joined and not isinstance(part, Placeholder) and not isinstance(joined[-1], Placeholder):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
