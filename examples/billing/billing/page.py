"""The page's HTML. Every text that came from outside goes through `escape`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from billing.book import Record, Sum
from billing.ended import Ended
from billing.periods import Period, month_before
from billing.rates import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown of a period. `corrected`: every version of such legs, the newest first."""

    period: Period
    today: str
    currency: str
    decimals: int
    users: Sequence[Sum]
    call_types: Sequence[Sum]
    latest: Sequence[Record]
    unrated: Sequence[Record]
    corrected: Sequence[Sequence[tuple[Ended, Charge]]]
    home_url: str = ""


def page(view: View) -> str:
    """The whole page."""
    home = f'<a href="{escape(view.home_url)}">← Portal</a>' if view.home_url else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Billing, {view.period.name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/billing.css"></head>
<body><a class="skip" href="#sums">Skip to the sums</a>
<header><h1>Billing</h1>{home}{_periods(view)}</header>
<main id="sums">{_total(view)}
<section class="wide"><h2>By user</h2>{_sums(view, view.users, "User")}</section>
<section class="wide"><h2>By call type</h2>{_sums(view, view.call_types, "Call type")}</section>
{_unrated(view)}
<section class="wide"><h2>Latest legs over a trunk</h2>{_latest(view)}</section>
{_corrected(view)}</main>
<footer>Prices in {escape(view.currency)}. Times are of {escape(str(view.period.since.tzinfo))}.</footer></body></html>"""


def _periods(view: View) -> str:
    month = view.today[:7]
    choices = [("Today", "day", view.today), ("This month", "month", month), ("Last month", "month", month_before(month))]
    links = "".join(
        f'<a href="/?{kind}={name}"{" aria-current=true" if name == view.period.name else ""}>{label}</a>'
        for label, kind, name in choices
    )
    kind = "month" if len(view.period.name) == 7 else "day"
    return (
        f'<nav class="tabs" aria-label="Period">{links}</nav>'
        f'<a class="button" href="/records.csv?{kind}={view.period.name}">Export CSV</a>'
    )


def _total(view: View) -> str:
    legs, seconds, price = (
        sum(one.legs for one in view.call_types),
        sum(one.billed_seconds for one in view.call_types),
        sum((one.price for one in view.call_types), Decimal(0)),
    )
    return (
        f'<section class="wide"><h2>{escape(_spoken(view.period))}</h2><p class="big" id="total">{_money(view, price)} '
        f'<small>{escape(view.currency)}</small></p><p class="hint"><span id="legs">{legs:,}</span> charged '
        f"leg{'s'[: legs != 1]}, {_minutes(seconds)} billed</p></section>"
    )


def _sums(view: View, sums: Sequence[Sum], name: str) -> str:
    if not sums:
        return '<p class="hint">Nothing was charged in this period.</p>'
    rows = "".join(
        f'<tr><th scope="row">{escape(whose) or _nobody(name)}{_lacking(one)}</th><td class="n">{one.legs:,}</td>'
        f'<td class="n">{_minutes(one.billed_seconds)}</td><td class="n strong">{_money(view, one.price)}</td></tr>'
        for one, whose in zip(sums, _names(sums), strict=True)
    )
    return (
        f'<table class="sums"><thead><tr><th scope="col">{name}</th><th scope="col" class="n">Legs</th>'
        f'<th scope="col" class="n">Time</th><th scope="col" class="n">Price</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _names(sums: Sequence[Sum]) -> list[str]:
    """What tells them apart: an account or a PBX that all have in common is left out."""
    columns = list(zip(*(one.name for one in sums), strict=True))
    telling = [column for place, column in enumerate(columns, 2) if place >= len(columns) or len({*column}) > 1]
    return [" · ".join(filter(None, name)) for name in zip(*telling, strict=True)]


def _latest(view: View) -> str:
    if not view.latest:
        return '<p class="hint">Nothing yet. Legs appear here as calls end.</p>'
    rows = "".join(
        f'<tr>{_when(view, record.ended)}<td data-label="User">{_user(record.ended)}</td>'
        f'<td data-label="To">{escape(record.ended.number)}{_quiet(record.ended.direction)}</td>'
        f'<td data-label="Came to">{escape(record.ended.disposition)}{_quiet(_talked(record.ended))}</td>'
        f'<td data-label="Rate">{escape(_rate(record.charge))}</td>'
        f'<td data-label="Price" class="n">{_price(view, record.charge)}</td></tr>'
        for record in view.latest
    )
    return _cards("latest", ("When", "User", "To", "Came to", "Rate", "Price"), rows)


def _unrated(view: View) -> str:
    if not view.unrated:
        return ""
    rows = "".join(
        f'<tr>{_when(view, record.ended)}<td data-label="User">{_user(record.ended)}</td>'
        f'<td data-label="To">{escape(record.ended.number)}</td><td data-label="Why">{escape(record.charge.why)}</td></tr>'
        for record in view.unrated
    )
    return (
        '<section class="wide"><h2>Not rated</h2><p class="hint">For a missing rate, add its line to the rate table, restart '
        "this program and run <code>python -m billing rate</code>. A leg whose end is not known waits for a correction.</p>"
        f"{_cards('unrated', ('When', 'User', 'To', 'Why'), rows)}</section>"
    )


def _corrected(view: View) -> str:
    if not view.corrected:
        return ""
    rows = "".join(
        f'<tr{" class=replaced" if place else ""}>{_when(view, ended)}<td data-label="User">{_user(ended)}</td>'
        f'<td data-label="To">{escape(ended.number)}</td><td data-label="Came to">{escape(ended.disposition)}{_quiet(_talked(ended))}</td>'
        f'<td data-label="State">{"replaced" if place else "counts"}</td><td data-label="Price" class="n">{_price(view, charge)}</td></tr>'
        for versions in view.corrected
        for place, (ended, charge) in enumerate(versions)
    )
    return (
        '<section class="wide"><h2>Corrections</h2><p class="hint">Legs that were told of more than once, with other values: '
        "the newest counts.</p>" + _cards("corrections", ("When", "User", "To", "Came to", "State", "Price"), rows) + "</section>"
    )


def _cards(id_: str, heads: Sequence[str], rows: str) -> str:
    """A table that becomes cards on a phone."""
    head = "".join(f'<th scope="col"{" class=n" if one == "Price" else ""}>{one}</th>' for one in heads)
    return f'<table class="cards" id="{id_}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _when(view: View, ended: Ended) -> str:
    at = datetime.fromtimestamp(ended.at_ms / 1000, view.period.since.tzinfo)
    return f'<td data-label="When"><time datetime="{at.isoformat()}">{at:%d %b, %H:%M:%S}</time></td>'


def _user(ended: Ended) -> str:
    return escape(" · ".join(filter(None, (ended.user_name, ended.extension)))) or "–"


def _talked(ended: Ended) -> str:
    if ended.disposition != "answered":
        return ""
    return "time unknown" if ended.billable_seconds is None else _minutes(ended.billable_seconds)


def _rate(charge: Charge) -> str:
    return " · ".join(filter(None, (charge.call_type, charge.rate_name))) or "–"


def _price(view: View, charge: Charge) -> str:
    if charge.price is None:
        return '<span class="lacking">not rated</span>'
    return f'<span class="{"strong" if charge.price else "hint"}">{_money(view, charge.price)}</span>'


def _money(view: View, price: Decimal) -> str:
    return f"{price:,.{view.decimals}f}"


def _minutes(seconds: int) -> str:
    """1:02:03 or 2:03."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours:,}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _lacking(one: Sum) -> str:
    return f' <span class="lacking">{one.unrated:,} not rated</span>' if one.unrated else ""


def _quiet(text: str) -> str:
    return f' <span class="hint">{escape(text)}</span>' if text else ""


def _nobody(name: str) -> str:
    return "nobody" if name == "User" else "no rate"


def _spoken(period: Period) -> str:
    return f"{period.since:%B %Y}" if len(period.name) == 7 else f"{period.since.day} {period.since:%B %Y}"
