"""Telephone numbers: E.164 beside the number as a PBX received it."""

from __future__ import annotations

from functools import lru_cache

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

#: Two letters each (ISO 3166).
COUNTRIES: frozenset[str] = frozenset(SUPPORTED_REGIONS)


@lru_cache(maxsize=8192)
def e164(number: str, country: str) -> str | None:
    """`number` as the whole world writes it (+12025550171); None when it is no telephone number: an extension, a
    feature code, a withheld one. Without a `country` ("" ) only what is written with a + can be known."""
    try:
        parsed = parse(number, country or None)
    except NumberParseException:
        return None
    return format_number(parsed, PhoneNumberFormat.E164) if is_valid_number(parsed) else None
