"""The pages' HTML. Every text that came from outside goes through `escape`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from crm.board import Call, Stage
from crm.book import Line, State


def pop_page(extension: str, call: Call | None) -> str:
    """An extension's screen-pop page: it stays open in the user's browser and shows who is calling."""
    return _page(
        f"Calls to {extension}",
        f'<a class="skip" href="#call">Skip to the call</a><header><h1>Calls to {escape(extension)}</h1>'
        '<button id="notify" hidden>Notify me</button><a href="/">Other extensions</a></header>'
        f'<main id="call" data-live="/pop/{quote(extension)}/now" aria-live="polite">{pop(extension, call)}</main>'
        '<footer><span id="live"></span></footer>',
        '<script src="/static/pop.js" defer></script>',
    )


def pop(extension: str, call: Call | None) -> str:
    """What changes with every call: asked for again and again while the page is open."""
    if call is None:
        return (
            '<section class="quiet"><h2>No call yet</h2><p class="hint">Leave this page open: when the phone rings, '
            "it shows who is calling.</p></section>"
        )
    contact = call.contact
    name = contact.name if contact else str(call.number)
    test = '<span class="badge">Test</span>' if call.is_test else ""
    return (
        f'<section data-title="{escape(_title(call, name))}"><p class="badges">{_badge(extension, call)}{test}</p>'
        f"<h2>{escape(name)}</h2>{_contact(call)}"
        f'<p class="hint">Call of <time datetime="{call.at.isoformat()}">{call.at:%H:%M:%S}</time></p></section>'
    )


def home_page(lines: Sequence[Line]) -> str:
    """Where to choose an extension, and how the last entries stand."""
    return _page(
        "Calls and contacts",
        "<header><h1>Calls and contacts</h1></header><main>"
        '<section><h2>Who is calling?</h2><form action="/pop"><label for="extension">Your extension</label>'
        '<input id="extension" name="extension" required pattern="[A-Za-z0-9*#_\\-]{1,32}" inputmode="numeric" '
        'autocomplete="off"><button>Open my page</button></form></section>'
        f"<section><h2>Into the CRM</h2>{_lines(lines)}</section></main>",
    )


def _page(title: str, body: str, head: str = "") -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/pop.css">{head}</head>
<body>{body}</body></html>"""


def _title(call: Call, name: str) -> str:
    return f"☎ {name}" if call.stage is Stage.RINGING else name


def _badge(extension: str, call: Call) -> str:
    match call.stage:
        case Stage.RINGING:
            return '<span class="badge ringing">Ringing</span>'
        case Stage.ANSWERED if call.answered_at_extension == extension:
            return '<span class="badge answered">You are talking</span>'
        case Stage.ANSWERED:
            return f'<span class="badge">Answered by {escape(call.answered_by)}</span>'
        case Stage.MISSED:
            return '<span class="badge missed">Missed</span>'
        case Stage.OVER:
            return '<span class="badge">Over</span>' if call.answered_by else '<span class="badge missed">Missed</span>'


def _contact(call: Call) -> str:
    contact = call.contact
    if contact is None:
        said = call.problem or ("Not in the CRM." if call.looked_up else "Looking in the CRM …")
        return f'<p class="hint">{escape(said)}</p>'
    latest = "".join(f"<li>{escape(one)}</li>" for one in contact.latest)
    return (
        f'<p class="number">{escape(str(call.number))}</p>'
        f'<p><a class="button" href="{escape(contact.url)}">Open in the CRM</a></p>'
        f"<h3>Latest</h3>{f'<ul>{latest}</ul>' if latest else '<p class=hint>Nothing yet.</p>'}"
    )


def _lines(lines: Sequence[Line]) -> str:
    if not lines:
        return '<p class="hint">Nothing yet: calls and new users appear here.</p>'
    rows = "".join(
        f'<tr><td data-label="When">{datetime.fromtimestamp(line.made_at, UTC).astimezone():%d %b, %H:%M:%S}</td>'
        f'<td data-label="What">{escape(line.entry.title or line.entry.text)}</td>'
        f'<td data-label="Number" class="n">{escape(str(line.entry.number))}</td>'
        f'<td data-label="State"><span class="badge{_tone(line.state)}">{line.state}</span> '
        f'<span class="hint">{escape(line.problem)}</span></td></tr>'
        for line in lines
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("When", "What", "Number", "State"))
    return f'<table class="cards"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _tone(state: State) -> str:
    match state:
        case State.DONE:
            return " answered"
        case State.GIVEN_UP:
            return " missed"
        case State.WAITING | State.UNKNOWN:
            return ""
