"""Saying: what our pure half and the engine tell in English, in the reader's language.

`domain/` knows no Django, and what it tells is stored, sent by the API and logged: so it tells English sentences, and
they stay English wherever they go. Only a page says them in the language of who reads it, by the catalogue
`domain.po`: labels and whole sentences by looking them up, and sentences with a value in them by the templates that
`make messages` read from the code (`{user} answered`). What no template fits is said as it stands.
"""

from __future__ import annotations

import gettext
import re
from functools import cache, lru_cache
from pathlib import Path

from django.utils.functional import lazy
from django.utils.translation import get_language

LOCALE = Path(__file__).parent / "locale"

_PLACE = re.compile(r"\{(\w+)\}")
_DEEPEST = 4  # a sentence within a sentence within …


def said(text: object) -> str:
    """The label or sentence in the language of this request."""
    language = get_language() or "en"
    return str(text) if language == "en" else _said(language, str(text), 0)


said_lazily = lazy(said, str)


@lru_cache(maxsize=20_000)
def _said(language: str, text: str, depth: int) -> str:
    words = _catalogue(language)
    if (known := words.get(text)) is not None:
        return known
    if depth < _DEEPEST:
        for pattern, template in _templates(language):
            if found := pattern.fullmatch(text):
                values = {name: _said(language, value, depth + 1) for name, value in found.groupdict().items()}
                return template.format_map(values)
    return text


@cache
def _catalogue(language: str) -> dict[str, str]:
    """English → the language's words."""
    told = gettext.translation("domain", LOCALE, [language], fallback=True)
    words: dict[object, str] = getattr(told, "_catalog", {})  # the only way to see all of it
    return {english: word for english, word in words.items() if isinstance(english, str) and english}


@cache
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """What recognises a sentence with values in it, and how to say it; those with most words of their own first."""
    found = {english: word for english, word in _catalogue(language).items() if _PLACE.search(english)}
    ordered = sorted(found, key=lambda english: -len(_PLACE.sub("", english)))
    return [(_recogniser(english), found[english]) for english in ordered]


def _recogniser(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)  # words, name, words, name, …, words
    pattern, seen = "", set[str]()
    for place, part in enumerate(parts):
        if place % 2 == 0:
            pattern += re.escape(part.replace("{{", "{").replace("}}", "}"))
        elif part in seen:
            pattern += f"(?P={part})"
        else:
            pattern += f"(?P<{part}>.*?)"
            seen.add(part)
    return re.compile(pattern, re.DOTALL)
