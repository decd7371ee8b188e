"""The dashboard's HTML. Every text that came from outside goes through `escape`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from nps import charts
from nps.book import Recorded, Row, Sought
from nps.charts import signed
from nps.figures import PERIODS, Figures, Line
from nps.scoring import SCORES, group_of

LATEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown: a period, all surveys or one, and what was found."""

    period: str
    menu: str
    menus: Sequence[str]
    figures: Figures
    scores: Sequence[Row]
    not_counted: Sequence[Row]
    zone: ZoneInfo
    home_url: str = ""


def page(view: View) -> str:
    """The whole page."""
    home = f'<a href="{escape(view.home_url)}">← Portal</a>' if view.home_url else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Net Promoter Score</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/dashboard.css">
<script src="/static/live.js" defer></script></head>
<body><a class="skip" href="#figures">Skip to the figures</a>
<header><h1>Net Promoter Score</h1>{home}{_filters(view)}</header>
<main id="figures" data-live="/figures?{escape(_query(view))}">{body(view)}</main>
<footer>Times are of {escape(str(view.zone))}. <span id="live"></span></footer></body></html>"""


def body(view: View) -> str:
    """What changes with every score: fetched again while the page is open."""
    period, found = PERIODS[view.period], view.figures
    by = f"By {period.step_label}"
    return "".join(
        (
            _now(view),
            f'<section class="wide"><h2>{by}</h2><p class="hint">Bars: where the score lies with 95 % confidence.</p>',
            charts.over_time(found.steps, period.step_label, 1040, "at-desk"),
            charts.over_time(found.steps, period.step_label, 380, "on-phone"),
            '<details id="steps"><summary>As a table</summary>',
            _lines(by[3:].capitalize(), [Line(one.label, one.nps) for one in found.steps if one.nps.answers]),
            "</details></section>",
            "<section><h2>Distribution</h2>",
            charts.distribution(found.distribution),
            '<details id="distribution"><summary>As a table</summary>',
            _distribution(found),
            "</details></section>",
            "<section><h2>By menu</h2>",
            _lines("Menu", found.menus),
            "</section>",
            '<section class="wide"><h2>By answering user</h2>',
            _lines("User", found.users),
            "</section>",
            '<section class="wide"><h2>Latest calls</h2>',
            _scores(view),
            "</section>",
            _not_counted(view),
        )
    )


def as_csv(rows: Sequence[Row], zone: ZoneInfo) -> str:
    """The scores as a table for spreadsheets. A cell that one would take for a formula gets an apostrophe; numbers, also
    those in E.164, stay as they are."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(
        [
            "Date/Time",
            "Score",
            "Group",
            "IVR Name",
            "Source Number",
            "Destination Number",
            "User",
            "Extension",
            "Call UUID",
        ]
    )
    for row in rows:
        assert row.score is not None
        cells = (
            _at(row, zone).isoformat(),
            str(row.score),
            group_of(row.score).value,
            row.menu,
            row.source,
            row.destination,
            row.user,
            row.extension,
            row.call_uuid,
        )
        table.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    is_number = re.fullmatch(r"\+?\d+", cell, re.ASCII)
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") and not is_number else cell


def _filters(view: View) -> str:
    links = "".join(
        f'<a href="/?{escape(_query(view, period=key))}"{" aria-current=true" if key == view.period else ""}>{one.label}</a>'
        for key, one in PERIODS.items()
    )
    surveys = (
        ""
        if len(view.menus) < 2
        else '<nav class="tabs surveys" aria-label="Survey">'
        + "".join(
            f'<a href="/?{escape(_query(view, menu=menu))}"{" aria-current=true" if menu == view.menu else ""}>{escape(menu or "All surveys")}</a>'
            for menu in ("", *view.menus)
        )
        + "</nav>"
    )
    return (
        f'<nav class="tabs" aria-label="Period">{links}</nav>'
        f'<a class="button" href="/scores.csv?{escape(_query(view))}">Export CSV</a>{surveys}'
    )


def _now(view: View) -> str:
    whole = view.figures.whole
    if whole.interval is None:
        return (
            '<section class="wide hero"><div><p class="big">–</p><p class="hint">No scores in this period. They appear here as '
            "callers give them.</p></div></section>"
        )
    low, high = whole.interval
    groups = "".join(
        f'<li><span class="mark {name}"></span><b>{round(100 * count / whole.answers)} %</b> {label} <span class="hint">{count}</span></li>'
        for name, label, count in (
            ("detractor", "detractors (0–6)", whole.detractors),
            ("passive", "passives (7–8)", whole.passives),
            ("promoter", "promoters (9–10)", whole.promoters),
        )
    )
    return (
        f'<section class="wide hero"><div><p class="big" id="nps">{signed(whole.value)}</p>'
        f"<p>95 % confidence: <b>{signed(low)}</b> to <b>{signed(high)}</b></p>"
        f'<p class="hint"><span id="answers">{whole.answers}</span> answer{"s"[: whole.answers != 1]}, '
        f"in the last {escape(PERIODS[view.period].label.lower())}</p></div>"
        f'<div class="groups">{charts.scale(whole, 600)}<p class="ends hint" aria-hidden="true"><span>−100</span><span>0</span><span>+100</span></p>{charts.shares(whole)}<ul>{groups}</ul></div></section>'
    )


def _lines(name: str, lines: Sequence[Line]) -> str:
    if not lines:
        return '<p class="hint">Nothing yet.</p>'
    rows = "".join(
        f'<tr><th scope="row">{escape(one.name)}</th><td class="n strong">{signed(one.nps.value)}</td>'
        f'<td class="n">{signed(one.nps.interval[0])} to {signed(one.nps.interval[1])}</td><td class="n">{one.nps.answers}</td>'
        f'<td class="drawn">{charts.scale(one.nps, 160)}</td></tr>'
        for one in lines
        if one.nps.interval
    )
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">{escape(name)}</th><th scope="col" class="n">Score</th>'
        '<th scope="col" class="n">95 %</th><th scope="col" class="n">Answers</th><th scope="col" class="drawn"><span class="unseen">Drawn</span></th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _distribution(found: Figures) -> str:
    rows = "".join(
        f'<tr><th scope="row">{score}</th><td>{group_of(score).value}</td><td class="n">{found.distribution[score]}</td></tr>'
        for score in SCORES
    )
    return (
        '<table><thead><tr><th scope="col">Score</th><th scope="col">Group</th><th scope="col" class="n">Answers</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _scores(view: View) -> str:
    if not view.scores:
        return '<p class="hint">Nothing yet.</p>'
    latest = view.scores[:LATEST]
    told, recorded = any(row.told for row in latest), any(row.recorded for row in latest)
    rows = "".join(
        f'<tr><td data-label="Score"><span class="score {group_of(row.score).value}">{row.score}</span></td>'
        f'<td data-label="When"><time datetime="{_at(row, view.zone).isoformat()}">{_at(row, view.zone):%d %b, %H:%M:%S}</time></td>'
        f'<td data-label="From">{escape(row.source or "withheld")}</td><td data-label="To">{escape(row.destination)}</td>'
        f'<td data-label="Answered by">{escape(" · ".join(filter(None, (row.user, row.extension))) or "–")}</td>'
        f'<td data-label="Menu">{escape(row.menu)}</td>{f"<td data-label=Sent><span>{_told(row)}</span></td>" if told else ""}'
        f"{f'<td data-label=Recording>{_player(row)}</td>' if recorded else ''}</tr>"
        for row in latest
        if row.score is not None
    )
    more = (("Sent",) if told else ()) + (("Recording",) if recorded else ())
    heads = ("Score", "When", "From", "To", "Answered by", "Menu", *more)
    return (
        '<table class="cards" id="latest"><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _told(row: Row) -> str:
    """How its messages stand, as a person reads it."""
    names = {"mail": "E-mail", "crm": "CRM"}
    told = (one.partition(" ") for one in row.told.split(", ") if one)
    return "<br>".join(f"{names.get(kind, kind)}: {escape(state)}" for kind, _, state in told)


def _player(row: Row) -> str:
    match row.recorded:
        case Recorded(state=Sought.THERE, numbers=numbers):
            return "".join(
                f'<audio controls preload="none" src="/recordings/{escape(quote(row.call_uuid, safe=""))}/{number}" '
                f'aria-label="Recording of the call from {escape(row.source or "a withheld number")}"></audio>'
                for number in numbers
            )
        case Recorded(state=Sought.AWAITED, why=why):
            return f'<span class="hint">Awaited: {escape(why)}</span>'
        case Recorded(why=why):
            return f'<span class="hint">None: {escape(why)}</span>'
        case None:
            return '<span class="hint">–</span>'


def _not_counted(view: View) -> str:
    if not view.not_counted:
        return ""
    rows = "".join(
        f'<tr><td data-label="Why">{escape(row.why)}</td><td data-label="When">{_at(row, view.zone):%d %b, %H:%M:%S}</td>'
        f'<td data-label="Menu">{escape(row.menu)}</td><td data-label="Option">{escape(row.option)}</td></tr>'
        for row in view.not_counted
    )
    return (
        '<section class="wide"><details id="not-counted"><summary>Not counted: tests and other choices</summary><table class="cards"><thead><tr>'
        '<th scope="col">Why</th><th scope="col">When</th><th scope="col">Menu</th><th scope="col">Option</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details></section>"
    )


def _at(row: Row, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(row.at_ms / 1000, UTC).astimezone(zone)


def _query(view: View, **other: str) -> str:
    wanted = {"period": view.period, "menu": view.menu} | other
    return urlencode({key: value for key, value in wanted.items() if value})
