"""A number in a form: shown without a fraction where it has none, and with one clear word on what it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


def bounds(may_be: _StrOrPromise) -> dict[str, _StrOrPromise]:
    """A field's `error_messages` that say what the number may be, whatever is wrong with it."""
    return dict.fromkeys(("invalid", "min_value", "max_value"), may_be)


class NumberField(forms.FloatField):
    """A number that may have a fraction: 15 is shown as 15, not as 15.0."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.10g}" if isinstance(value, float) else value
