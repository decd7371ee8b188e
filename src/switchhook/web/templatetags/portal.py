"""Template tags of the portal, known in every template without loading."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext, npgettext_lazy, pgettext, pgettext_lazy

from switchhook.web.saying import said

register = template.Library()


@register.filter
def from_ms(milliseconds: int | None) -> datetime | None:
    """Milliseconds since 1970 (as the engine's tables have them) as a time."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


register.filter("said", said)

#: strftime's letters in Django's, which know the names of months in every language.
_LETTERS = {"%-d": "j", "%d": "d", "%m": "m", "%b": "M", "%B": "F", "%Y": "Y", "%H": "H", "%M": "i", "%S": "s"}
#: How dates are written; each language has its own way.
_STYLES = (
    pgettext_lazy("date", "Y-m-d H:i:s"), pgettext_lazy("date", "j M H:i"), pgettext_lazy("date", "j M H:00"),
    pgettext_lazy("date", "j M Y"), pgettext_lazy("date", "j M Y H:i"), pgettext_lazy("date", "d F Y H:i"))


def written(moment: datetime, style: str = "%Y-%m-%d %H:%M:%S") -> str:
    """The time as the reader's language writes it; `style` as strftime has it."""
    return dateformat.format(moment, pgettext("date", re.sub(r"%-?\w", lambda found: _LETTERS[found[0]], style)))


@register.simple_tag(takes_context=True)
def ago(context: template.Context, when: datetime | int | None) -> SafeString | str:
    """`2 minutes ago` with the exact time in the account's time zone as title; takes a time or milliseconds."""
    moment = from_ms(when) if isinstance(when, int) else when
    if moment is None:
        return gettext("never")
    seconds = (datetime.now(UTC) - moment).total_seconds()
    words = gettext("just now") if -5 < seconds < 60 else _past(moment) if seconds > 0 else gettext("soon")
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="milliseconds"),
        f"{written(local)} {local.tzname()}", words)


#: How long ago; some languages bend these words.
_SPANS = {
    "year": npgettext_lazy("ago", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("ago", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("ago", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("ago", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("ago", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("ago", "%(num)d minute", "%(num)d minutes", "num"),
}


def _past(moment: datetime) -> str:
    span = timesince(moment, depth=1, time_strings=_SPANS)  # type: ignore[arg-type]  # lazy texts are texts
    return gettext("%(span)s ago") % {"span": span}


@register.simple_tag
def clock(when: datetime | int | None, style: str = "%Y-%m-%d %H:%M:%S") -> SafeString | str:
    """The time in the account's time zone; the zone and UTC as title. Takes a time or milliseconds."""
    moment = from_ms(when) if isinstance(when, int) else when
    if moment is None:
        return "—"
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="milliseconds"),
        f"{local:%H:%M:%S} {local.tzname()}, {moment.astimezone(UTC):%H:%M:%S} UTC", written(local, style))


@register.simple_tag
def countdown(when_ms: int | None) -> SafeString | str:
    """`in 4:12`, which the page counts down; the exact time as title. Empty for what is not to come."""
    left_ms = (when_ms or 0) - int(datetime.now(UTC).timestamp() * 1000)
    if when_ms is None or left_ms <= 0:
        return ""
    local = localtime(from_ms(when_ms))
    time = format_html(
        '<time datetime="{}" title="{}" data-until="{}">{}</time>', local.isoformat(timespec="milliseconds"),
        f"{written(local)} {local.tzname()}", when_ms, duration(left_ms // 1000))
    return format_html('<span class="nowrap number">{}</span>', format_html(gettext("in {time}"), time=time))


@register.filter
def duration(seconds: int) -> str:
    """How long something takes: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """mapping[key], or None."""
    return mapping.get(key) if mapping is not None else None
