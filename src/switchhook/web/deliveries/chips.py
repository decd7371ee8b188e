"""The chips above the lists of deliveries and events: the filters that are on, and those that are one click away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.explaining import named_status
from switchhook.web.deliveries.search import Filters
from switchhook.web.models import Integration
from switchhook.web.saying import said
from switchhook.web.templatetags.catalogue import event_label
from switchhook.web.templatetags.portal import written

_MINUTE = "%-d %b %H:%M"
#: Filters that have no field of their own in the form: it carries them along.
KEPT = ("test", "answer", "begin", "end")
#: What is offered of the time: in words, and how long ago it begins.
SPANS = (
    (_lazy("Last hour"), timedelta(hours=1)), (_lazy("Last 24 hours"), timedelta(days=1)),
    (_lazy("Last 7 days"), timedelta(days=7)))
TESTS = (("none", _lazy("Without tests")), ("only", _lazy("Only tests")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter: what it says, whether it is on, and the URL with the other of that."""

    label: str
    url: str
    on: bool


def chips_of_deliveries(filters: Filters, offered: Sequence[Integration]) -> list[Chip]:
    """Those of the list of deliveries; `offered`: the integrations that its form knows by name."""
    name = next((one.name for one in offered if str(one.id) == filters.integration), _("One integration"))
    return list(_chips(filters, [
        ("state", said(filters.state.capitalize())), ("integration", name), ("event", event_label(filters.event)),
        ("q", f"“{filters.q}”"), ("answer", _answer_label(filters.answer))]))


def chips_of_events(filters: Filters) -> list[Chip]:
    """Those of the list of events."""
    return list(_chips(filters, [
        ("event", event_label(filters.event)), ("unwanted", _("Only what nobody wanted")), ("q", f"“{filters.q}”")]))


def _chips(filters: Filters, own: Iterable[tuple[str, str]]) -> Iterator[Chip]:
    for name, label in own:
        if getattr(filters, name):
            yield Chip(label=label, url=filters.without(name), on=True)
    if filters.since or filters.until:
        yield Chip(label=_time_label(filters), url=filters.url(begin="", end=""), on=True)
    else:
        for words, span in SPANS:
            begin = timezone.localtime() - span
            yield Chip(label=str(words), url=filters.url(begin=f"{begin:%Y-%m-%dT%H:%M}"), on=False)
    for value, words in TESTS:
        if filters.test in ("", value):
            on = filters.test == value
            yield Chip(label=str(words), url=filters.url(test="" if on else value), on=on)


def _answer_label(answer: str) -> str:
    return named_status(int(answer)) if answer.isdecimal() else said(answer.replace("_", " ").capitalize())


def _time_label(filters: Filters) -> str:
    """The time from when to when, in the account's time zone."""
    begin, end = (None if one is None else timezone.localtime(one) for one in (filters.since, filters.until))
    if begin and end:
        until = written(end, "%H:%M" if begin.date() == end.date() else _MINUTE)
        return _("%(begin)s to %(end)s") % {"begin": written(begin, _MINUTE), "end": until}
    if begin:
        return _("from %(begin)s") % {"begin": written(begin, _MINUTE)}
    return _("until %(end)s") % {"end": written(end, _MINUTE)} if end else ""
