"""Saying: what our pure half and the engine tell in English, in the reader's language.

`domain/` knows no Django, and what it tells is stored, sent by the API and logged: so it tells English sentences, and
they stay English wherever they go. Only a page says them in the language of who reads it, by the catalogue
`domain.po`: labels and whole sentences by looking them up, and sentences with values in them by the templates that
`make messages` read from the code (`{user} answered`). What nothing fits is said as it stands.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import get_language

LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"

_PLACE = re.compile(r"(?<!\{)(?:\{\{)*\{(\w+)\}")
_SENTENCES = re.compile(r"(?<=[.?!:]) (?=[A-Z{])")
_DEEPEST = 4  # a sentence within a sentence within …


def said(text: object) -> str:
    """The label or sentence in the language of this request."""
    language = get_language() or ENGLISH
    return str(text) if language == ENGLISH else _said(language, str(text), 0).words


said_lazily = lazy(said, str)


@dataclass(frozen=True, slots=True)
class _Said:
    """A text in another language. `unknown`: how many characters of it nothing is known of, names and numbers too."""

    words: str
    unknown: int


@dataclass(frozen=True, slots=True)
class _Template:
    """A sentence with places for values: what recognises it in English, and how it is said."""

    english: tuple[re.Pattern[str], re.Pattern[str]]  # short first values, long first values
    own_words: tuple[str, ...]
    words: str

    def values_of(self, text: str) -> Iterator[dict[str, str]]:
        """What can stand in its places, if it is this sentence."""
        if all(one in text for one in self.own_words):
            for pattern in self.english:
                if found := pattern.fullmatch(text):
                    yield found.groupdict()


@lru_cache(maxsize=20_000)
def _said(language: str, text: str, depth: int) -> _Said:
    if (known := _catalogue(language).get(text)) is not None:
        return _Said(known, 0)
    if depth > _DEEPEST or " " not in text.strip():
        return _Said(text, len(text))
    return min(_ways(language, text, depth), key=lambda way: way.unknown)


def _ways(language: str, text: str, depth: int) -> Iterator[_Said]:
    """All ways to say it: as one of the templates, without its full stop or its capital letter (a note of a call has
    neither, on its page it has both), sentence by sentence, or as it stands."""
    for template in _templates(language):
        for values in template.values_of(text):
            inner = {name: _said(language, value, depth + 1) for name, value in values.items()}
            words = template.words.format_map({name: one.words for name, one in inner.items()})
            yield _Said(words, sum(one.unknown for one in inner.values()))
    if text.endswith("."):
        bare = _said(language, text[:-1], depth + 1)
        yield _Said(f"{bare.words}.", bare.unknown + 1)
    if text[0].isupper():
        small = _said(language, text[0].lower() + text[1:], depth + 1)
        yield _Said(capfirst(small.words), small.unknown + 2)
    sentences = _SENTENCES.split(text)
    if len(sentences) > 1:
        each = [_said(language, one, depth + 1) for one in sentences]
        yield _Said(" ".join(one.words for one in each), sum(one.unknown for one in each) + 1)
    yield _Said(text, len(text) + 3)


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    """English → the language's words."""
    told = gettext.translation("domain", LOCALE, [language], fallback=True)
    words: dict[object, str] = getattr(told, "_catalog", {})  # the only way to see all of it
    return {english.strip(): word.strip() for english, word in words.items() if isinstance(english, str) and english}


@cache
def _templates(language: str) -> tuple[_Template, ...]:
    return tuple(
        _template(english, words) for english, words in _catalogue(language).items() if _PLACE.search(english))


def _template(english: str, words: str) -> _Template:
    """A sentence as it stands in the catalogue, its braces doubled."""
    pattern, own, seen = "", [], set[str]()
    for part in re.split(r"(\{\{|\}\}|\{\w+\})", english):
        if re.fullmatch(r"\{\w+\}", part):
            name = part[1:-1]
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.*)"
            seen.add(name)
        elif part:
            plain = {"{{": "{", "}}": "}"}.get(part, part)
            pattern += re.escape(plain)
            own.append(plain)
    short, long = pattern.replace(".*)", ".*?)"), pattern
    return _Template((re.compile(short, re.DOTALL), re.compile(long, re.DOTALL)), tuple(own), words)
