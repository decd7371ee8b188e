"""The catalogue's words in templates: {% load catalogue %}."""

from __future__ import annotations

from django import template

from switchhook.domain.catalogue import EVENTS, FIELDS, EventType, Field
from switchhook.web.saying import said

register = template.Library()


@register.filter
def event_label(event_type: str) -> str:
    """What an event type is called; its own name when this release does not know it."""
    return said(EVENTS[EventType(event_type)].label) if event_type in EVENTS else event_type


@register.filter
def field_label(field: str) -> str:
    """What a field is called; its own name when this release does not know it."""
    return said(FIELDS[Field(field)].label) if field in FIELDS else field
