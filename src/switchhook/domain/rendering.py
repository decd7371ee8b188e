"""Rendering: Integration + Event → Request, exactly as it goes out.

Every attempt is rendered anew, from the immutable Event and the Integration as it stands then. What an
integration may hold is checked when it is saved (`validation`); here, whatever is stored either gives a
request in which no value leaves its place, or CannotRender.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import unquote
from uuid import UUID

from switchhook import __version__
from switchhook.domain.catalogue import EVENTS, FIELDS, Value
from switchhook.domain.delivery import Request
from switchhook.domain.errors import CannotRender
from switchhook.domain.event import Event
from switchhook.domain.headers import (
    ALWAYS_SECRET,
    header_value,
    is_forbidden,
    is_header_name,
    is_plain,
)
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Integration, NoAuth, TokenAuth
from switchhook.domain.moments import written
from switchhook.domain.nesting import nested
from switchhook.domain.request_url import (
    encoded_query,
    encoded_value,
    parse_request_url,
    without_lone_surrogates,
)
from switchhook.domain.signing import is_secret, signatures
from switchhook.domain.templates import LITERAL_BRACES, Placeholder, Template, parse_template

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render(integration: Integration, event: Event, *, delivery_id: UUID, at: datetime) -> Request:
    """The request of an attempt made `at` (aware). Raises CannotRender, and nothing else; its text is for people."""
    url = parse_request_url(integration.request_url)
    path, arguments = _path_and_query(integration.path_arguments, event, base_path=url.path)
    rows = _rows(integration.body_keys, event)
    is_json = integration.format is Format.JSON
    query = "&".join(filter(None, (url.query, arguments, "" if is_json else _query(rows))))
    body = _json_body(rows) if is_json else None

    headers = _Headers()
    if is_json:
        headers.set("Content-Type", "application/json")
    headers.set("User-Agent", f"Switchhook/{__version__}")
    headers.set("Switchhook-Event", event.type.value)
    headers.set("Switchhook-Sequence", str(event.sequence))
    if event.is_test:
        headers.set("Switchhook-Test", "1")
    _sign(headers, integration.signing_secrets, delivery_id, at, query.encode() if body is None else body)
    _authenticate(headers, integration)
    _add_custom(headers, integration, event)
    return Request(
        method=integration.method.value, url=url.origin + path + (f"?{query}" if query else ""),
        headers=headers.pairs(), body=body, secret_headers=frozenset(headers.secret))


# -- the URL ---------------------------------------------------------------------------------------------------


def _path_and_query(path_arguments: str, event: Event, *, base_path: str) -> tuple[str, str]:
    """The path, and the query string that the Path Arguments add.

    Exactly one slash stands between the Request URL's path and the Path Arguments, wherever it was
    written. What follows a literal `?` of theirs goes into the query string. A value is percent-encoded
    whole, so it stays within its path segment; it cannot make a segment that leads upwards either.
    """
    written = path_arguments.strip()
    template = _readable(parse_template(written.removeprefix("/")), "The Path Arguments")
    text = template.fill(literal=encoded_query, value=lambda one: encoded_value(_filled(one, event)))
    arguments, _, query = text.partition("?")
    if not written or written.startswith("?"):
        return base_path or "/", query
    for segment in re.split(r"[/\\]", unquote(arguments)):
        if segment in (".", ".."):
            raise CannotRender(f"The Path Arguments would be {arguments}, and the {segment} in it leads elsewhere "
                               "than where the Request URL says: nothing was sent.")
    return f"{base_path.removesuffix('/')}/{arguments}", query


def _query(rows: Sequence[tuple[str, Value]]) -> str:
    return "&".join(f"{encoded_value(key)}={encoded_value(text_of(value))}" for key, value in rows)


# -- the values ------------------------------------------------------------------------------------------------


def text_of(value: Value) -> str:
    """A value where only text can stand (URL, header): None is empty, a boolean is True or False."""
    return "" if value is None else str(value)


def _filled(placeholder: Placeholder, event: Event) -> str:
    """What stands in the placeholder's place."""
    value = event.fields.get(placeholder.field)
    if placeholder.form is not None and isinstance(value, str):
        return written(value, placeholder.form)
    return text_of(value)


def _rows(body_keys: Sequence[BodyKey], event: Event) -> list[tuple[str, Value]]:
    """Request keys with their values, in order. Without body keys: every field of the event under its own name."""
    if not body_keys:
        fields = EVENTS[event.type].fields
        return [(field.value, event.fields.get(field)) for field in FIELDS if field in fields]
    return [(row.key, _text(row, event) if row.field is None else event.fields.get(row.field)) for row in body_keys]


def _text(row: BodyKey, event: Event) -> str:
    """A fixed text, its placeholders filled in."""
    template = _readable(parse_template(row.text), f"The text of {row.key}")
    return template.fill(literal=str, value=lambda one: _filled(one, event))


def _json_body(rows: Sequence[tuple[str, Value]]) -> bytes:
    """One compact object in UTF-8."""
    return without_lone_surrogates(_COMPACT.encode(nested(rows))).encode()


# -- the headers -----------------------------------------------------------------------------------------------


class _Headers:
    """The headers so far. The first to set a name has it: nothing that comes later can override ours."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[str, str]] = {}
        self.secret: set[str] = set()

    def set(self, name: str, value: str, *, secret: bool = False) -> None:
        if self._by_name.setdefault(name.lower(), (name, value)) == (name, value) and secret:
            self.secret.add(name.lower())

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._by_name.values())


def _sign(headers: _Headers, secrets: Sequence[str], delivery_id: UUID, at: datetime, payload: bytes) -> None:
    """Id and time go with every request (the id tells a repetition); the signature when there is a secret."""
    message_id, timestamp = str(delivery_id), int(at.timestamp())
    headers.set("webhook-id", message_id)
    headers.set("webhook-timestamp", str(timestamp))
    if not all(map(is_secret, secrets)):
        raise CannotRender("A signing secret of this integration is damaged: make a new one.")
    if secrets:
        headers.set("webhook-signature",
                    signatures(secrets, message_id=message_id, timestamp=timestamp, payload=payload))


def _authenticate(headers: _Headers, integration: Integration) -> None:
    match integration.authentication:
        case NoAuth():
            pass
        case BasicAuth(username=username, password=password):
            pair = without_lone_surrogates(f"{username}:{password}").encode()
            headers.set("Authorization", f"Basic {b64encode(pair).decode()}", secret=True)
        case TokenAuth(token=token, prefix=prefix, header=name):
            if not is_header_name(name) or is_forbidden(name):
                raise CannotRender(f"The token cannot be sent in a header named {name!r}: "
                                   "write Authorization or, for example, X-Api-Key.")
            value = f"{prefix.strip()} {token.strip()}".strip()
            if not is_plain(value):
                raise CannotRender("The token or its prefix has characters that cannot stand in a header: "
                                   "enter the token again.")
            headers.set(name, value, secret=True)


def _add_custom(headers: _Headers, integration: Integration, event: Event) -> None:
    """The integration's own headers. What it may not set is left out, if it is stored anyhow."""
    for row in integration.headers:
        if not is_header_name(row.name) or is_forbidden(row.name):
            continue
        template = _readable(parse_template(row.value), f"The value of the header {row.name}", secret=row.secret)
        value = template.fill(literal=str, value=lambda one: _filled(one, event))
        headers.set(row.name, header_value(value), secret=row.secret or row.name.lower() in ALWAYS_SECRET)


def _readable(template: Template, what: str, *, secret: bool = False) -> Template:
    """The template, if it can be filled. A secret one is never quoted."""
    if template.unknown:
        named = "a placeholder" if secret else "{" + template.unknown[0] + "}"
        raise CannotRender(f"{what} has {named} that stands for no field: correct it. {LITERAL_BRACES}")
    if template.unbalanced:
        raise CannotRender(f"{what} has a brace that opens or closes nothing: correct it. {LITERAL_BRACES}")
    return template
