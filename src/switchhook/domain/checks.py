"""Checks of single values that validation is made of: each yields the Mistakes that it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, EventType
from switchhook.domain.headers import is_forbidden, is_header_name
from switchhook.domain.moments import MomentForm
from switchhook.domain.request_url import has_control
from switchhook.domain.templates import LITERAL_BRACES, parse_template

LONGEST_HEADER_NAME = 100
MOMENT_FORMS = f"After | stands how a moment is written, {{date_time|utc}}: {', '.join(MomentForm)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong. `where` is the place in the form or the API: `request_url`, `headers.0.name`."""

    where: str
    message: str


def check_header_name(where: str, name: str) -> Iterator[Mistake]:
    """The name of a header that an integration sets."""
    yield from check_length(where, name, LONGEST_HEADER_NAME)
    if not name:
        yield Mistake(where=where, message="Give the header a name, like X-Source.")
    elif not is_header_name(name):
        yield Mistake(where=where, message="A header's name has letters, digits and hyphens, no spaces and no colon.")
    elif is_forbidden(name):
        yield Mistake(where=where, message=f"{name} is set by us or by the connection: choose another name, "
                                           f"like X-{name.title()}.")


def check_template(where: str, text: str, event_type: EventType, *, secret: bool = False) -> Iterator[Mistake]:
    """Placeholders that the event cannot fill. A secret text is not quoted."""
    template = parse_template(text)
    spec = EVENTS[event_type]
    has = f"{spec.label} has: {', '.join(f'{{{field.value}}}' for field in FIELDS if field in spec.fields)}."
    for name in template.unknown:
        if secret:
            yield Mistake(where=where, message=f"There is a placeholder that stands for nothing. {LITERAL_BRACES}")
            continue
        if "|" in name:
            yield Mistake(where=where, message=f"{{{name}}} stands for nothing. {MOMENT_FORMS}")
            continue
        guess = get_close_matches(name.lower().replace(" ", "_"), [field.value for field in spec.fields], n=1)
        hint = [f"Did you mean {{{guess[0]}}}?"] if guess else []
        yield Mistake(where=where, message=" ".join([f"{{{name}}} stands for nothing.", *hint, has]))
    for field in template.fields:
        if spec.availability(field) is Availability.NEVER:
            yield Mistake(where=where, message=f"{spec.label} has no {{{field.value}}}. {has}")
    if template.unbalanced:
        yield Mistake(where=where, message=f"A brace opens or closes nothing. {LITERAL_BRACES}")


def check_length(where: str, text: str, longest: int) -> Iterator[Mistake]:
    """At most `longest` characters."""
    if len(text) > longest:
        yield Mistake(where=where, message=f"This is {len(text)} characters long: {longest} are allowed.")


def check_one_line(where: str, text: str, longest: int) -> Iterator[Mistake]:
    """At most `longest` characters, and no line break or other control character."""
    yield from check_length(where, text, longest)
    if has_control(text):
        yield Mistake(where=where, message="Remove the line break or other control character.")


def check_rows(where: str, count: int, most: int) -> Iterator[Mistake]:
    """At most so many rows."""
    if count > most:
        yield Mistake(where=where, message=f"There are {count} rows: {most} are allowed.")


def check_between(where: str, number: float, bounds: tuple[float, float]) -> Iterator[Mistake]:
    """Within the bounds, both included."""
    if not bounds[0] <= number <= bounds[1]:
        yield Mistake(where=where, message=f"Enter a number from {bounds[0]:g} to {bounds[1]:.0f}.")
