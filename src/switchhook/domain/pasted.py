"""A request as somebody pasted it, from a log or a terminal: raw HTTP, a curl command, or headers and a body apart."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST = 200_000

_REQUEST_LINE = re.compile(r"(?P<method>[A-Z]{3,10}) (?P<target>\S+)( HTTP/[\d.]+)?")
_HEADER = re.compile(r"\s*[\"'>]*\s*(?P<name>[A-Za-z0-9_-]+)[\"']?\s*(?:=>|:|=)\s*[\"']?(?P<value>.*?)[\"']?,?\s*")
_WITH_VALUE = {"-X", "--request", "-u", "--user", "-A", "--user-agent", "-o", "--output", "-m", "--max-time"}
_DATA = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}


class Unreadable(ValueError):
    """What was pasted is no request; the text says what to paste."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A request, as far as it was pasted. Header names are in lower case; `http_webhook_id` is `webhook-id`."""

    headers: tuple[tuple[str, str], ...]
    query: str = ""
    body: str = ""

    def header(self, name: str) -> str:
        """That header's value; empty when it is not there."""
        return next((value for other, value in self.headers if other == name), "")


def read_pasted(text: str, body: str = "") -> Pasted:
    """The request in `text`; `body` is what was pasted apart. Raises Unreadable."""
    if len(text) + len(body) > LONGEST:
        raise Unreadable(f"This is too long: {LONGEST:,} characters are read at most.")
    text = text.replace("\r\n", "\n").strip("\n")
    body = body.replace("\r\n", "\n")
    pasted = _curl(text) if re.match(r"\s*(\$\s*)?curl\s", text) else _http(text)
    if not pasted.headers and not pasted.query:
        raise Unreadable("There are no headers in it: paste the request with its headers, one a line, like "
                         "webhook-id: …, or the curl command.")
    return Pasted(headers=pasted.headers, query=pasted.query, body=body or pasted.body)


def _http(text: str) -> Pasted:
    head, _, body = text.partition("\n\n")
    lines = head.split("\n")
    query = ""
    found = _REQUEST_LINE.fullmatch(lines[0].strip()) if lines else None
    if found is not None:
        query = _query(found["target"])
        lines = lines[1:]
    headers = [(_name(one["name"]), one["value"]) for line in lines if (one := _HEADER.fullmatch(line))]
    return Pasted(headers=tuple(headers), query=query, body=body)


def _curl(text: str) -> Pasted:
    try:
        words = shlex.split(text.replace("\\\n", " ").lstrip("$ \t"))[1:]
    except ValueError as error:
        raise Unreadable("A quotation mark of the curl command is not closed: paste the whole of it.") from error
    headers, bodies, url = [], [], ""
    rest = iter(words)
    for word in rest:
        if word in ("-H", "--header"):
            name, _, value = next(rest, "").partition(":")
            headers.append((_name(name), value.strip()))
        elif word in _DATA:
            bodies.append(next(rest, ""))
        elif word in _WITH_VALUE:
            next(rest, "")
        elif word == "--url":
            url = next(rest, "")
        elif not word.startswith("-"):
            url = word
    return Pasted(headers=tuple(headers), query=_query(url), body="&".join(bodies))


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError as error:  # of brackets in the wrong place
        raise Unreadable("The URL in it cannot be read: paste the request as it was.") from error


def _name(written: str) -> str:
    """A header's name however a framework writes it."""
    return written.strip().lower().replace("_", "-").removeprefix("http-")
