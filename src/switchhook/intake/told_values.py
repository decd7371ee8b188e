"""What a caller tells of one field, read strictly. Pure. What cannot be read raises ValueError that says what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from switchhook.domain.catalogue import CALL_TYPES, Field, Value
from switchhook.domain.disposition import Disposition

MAX_TEXT = 500
MOST_SECONDS = 31 * 24 * 3600  # of a call

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # also halves of characters: no encoding carries them
_OPTION = re.compile(r"[0-9*#A-D]{1,32}")


def read_value(field: Field, value: object) -> Value:
    """The value as it is kept."""
    return _READ.get(field, _text)(value)


def _text(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not CONTROL.search(value):
        return value
    raise ValueError(f"a text of 1 to {MAX_TEXT} characters without control characters")


def _text_or_none(value: object) -> str | None:
    return None if value is None or value == "" else _text(value)


def _has_voicemail(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _enabled_calls(value: object) -> str:
    names: Sequence[object] | None = value if isinstance(value, list) else None
    if isinstance(value, str):
        names = value.split(",") if value else ()
    given = {name.strip() for name in names or () if isinstance(name, str)}
    if names is None or len(given) != len(names) or given - set(CALL_TYPES):
        raise ValueError(f"an array (or a text, comma separated) of {', '.join(CALL_TYPES)}")
    return ",".join(name for name in CALL_TYPES if name in given)


def _changed_fields(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[: 10 * MAX_TEXT] if isinstance(value, dict) else _text(value)


def _option_selected(value: object) -> str:
    if isinstance(value, str) and _OPTION.fullmatch(value):
        return value
    raise ValueError("the option that was selected: digits, *, # or A to D, as a text")


def _seconds(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SECONDS):
        return value
    raise ValueError("whole seconds, as a number")


def _moment(value: object) -> str | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if value is not None and (at is None or at.tzinfo is None or not 1970 <= at.year < 9999):
        raise ValueError("a time with its offset, like 2026-03-04T10:41:55+11:00 (RFC 3339)")
    return None if at is None else at.astimezone(UTC).isoformat()


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError(f"one of {', '.join(choices)}")

    return read


_READ: dict[Field, Callable[[object], Value]] = {
    Field.SOURCE_NUMBER: _text_or_none, Field.HAS_VOICEMAIL: _has_voicemail, Field.ENABLED_CALLS: _enabled_calls,
    Field.CHANGED_FIELDS: _changed_fields, Field.OPTION_SELECTED: _option_selected,
    Field.DIRECTION: _one_of("inbound", "outbound", "internal"), Field.DISPOSITION: _one_of(*Disposition),
    Field.TRANSFER_KIND: _one_of("blind", "attended"), Field.DURATION: _seconds, Field.BILLABLE_SECONDS: _seconds,
    Field.ANSWERED_AT: _moment, Field.ENDED_AT: _moment,
}
