"""The audit log's words in templates: {% load audit %}."""

from __future__ import annotations

from typing import Any

from django import template

from switchhook.web.audit.words import label, words

register = template.Library()


@register.filter
def in_words(differences: list[tuple[str, Any, Any]]) -> list[tuple[str, str | None, str | None]]:
    """What changed: what each field is called, how it was and how it is; None: there was, or is, nothing."""
    return [(label(field), words(field, before), words(field, after)) for field, before, after in differences]
