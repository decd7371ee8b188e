"""Validation: what is wrong with an Integration that somebody wants to save (mistakes), and what is only unwise.

The form and the API show the same sentences. Secrets are never quoted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, unquote

from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, EventType, Field, Level
from switchhook.domain.checks import (
    Mistake,
    check_between,
    check_header_name,
    check_length,
    check_one_line,
    check_rows,
    check_template,
)
from switchhook.domain.errors import CannotRender
from switchhook.domain.filter_checks import filter_mistakes
from switchhook.domain.headers import is_plain
from switchhook.domain.integration import (
    Authentication,
    BasicAuth,
    BodyKey,
    Format,
    Integration,
    Method,
    NoAuth,
    TokenAuth,
)
from switchhook.domain.nesting import MAX_LEVELS, levels_of
from switchhook.domain.request_url import RequestUrl, parse_request_url
from switchhook.domain.signing import is_secret
from switchhook.domain.templates import parse_template

__all__ = ["Mistake", "mistakes", "warnings"]

LONGEST_NAME = 120
LONGEST_URL = 2000
LONGEST_PATH_ARGUMENTS = 1000
LONGEST_CREDENTIAL = 2000
LONGEST_HEADER_VALUE = 2000
LONGEST_KEY = 200
LONGEST_TEXT = 2000
MOST_ROWS = 100
MOST_SIGNING_SECRETS = 2
TIMEOUT_SECONDS = (1.0, 30.0)
MAX_IN_FLIGHT = (1, 64)
RATE_PER_SECOND = (1, 1000)
EXPIRY_SECONDS = (10, 30 * 24 * 3600)

_DOUBLED = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NAMES = frozenset(field.value for field in Field)


def mistakes(integration: Integration, granted: Collection[EventType] = ()) -> list[Mistake]:
    """Everything that must be corrected before the integration can be saved, in the order of the form. `granted` are
    the extra events that its account may select."""
    return [
        *_basics(integration),
        *_grant(integration, granted),
        *_url(integration),
        *_authentication(integration),
        *_headers(integration),
        *_body_keys(integration),
        *filter_mistakes(integration.filters, integration.event_type),
        *_limits(integration),
    ]


def warnings(integration: Integration) -> list[Mistake]:
    """What works but is probably not what is wanted. The integration can be saved all the same."""
    return [
        *_unwise_url(integration),
        *_unwise_format(integration),
        *_unwise_path_arguments(integration),
        *_unwise_headers(integration),
    ]


# -- mistakes --------------------------------------------------------------------------------------------------


def _basics(integration: Integration) -> Iterator[Mistake]:
    if not integration.name.strip():
        yield Mistake(where="name", message="Give the integration a name.")
    yield from check_length("name", integration.name, LONGEST_NAME)
    spec = EVENTS[integration.event_type]
    if spec.level is Level.ACCOUNT and integration.service_id is not None:
        yield Mistake(where="event_type", message=(
            f"{spec.label} is an event of the account, not of one PBX: create it under My Admin → Integrations."))
    if spec.level is Level.SERVICE and integration.service_id is None:
        yield Mistake(where="event_type", message=(
            f"{spec.label} is an event of one PBX: create it on that PBX's own Integrations page."))


def _grant(integration: Integration, granted: Collection[EventType]) -> Iterator[Mistake]:
    spec = EVENTS[integration.event_type]
    if spec.extra and spec.type not in granted:
        yield Mistake(where="event_type", message=(
            f"{spec.label} is not granted: it is an extra event, which the operator grants to an account. "
            "Ask the operator, or choose another event."))


def _url(integration: Integration) -> Iterator[Mistake]:
    url, arguments = integration.request_url, integration.path_arguments
    yield from check_length("request_url", url, LONGEST_URL)
    try:
        parse_request_url(url)
    except CannotRender as error:
        yield Mistake(where="request_url", message=str(error))
    if "{" in url or "}" in url:
        yield Mistake(where="request_url", message=(
            "Placeholders work in the Path Arguments: move the part with braces there. "
            "(A brace that belongs to the URL is written %7B or %7D.)"))
    yield from check_one_line("path_arguments", arguments, LONGEST_PATH_ARGUMENTS)
    yield from check_template("path_arguments", arguments, integration.event_type)
    if "#" in arguments:
        yield Mistake(where="path_arguments", message="What follows a # is never sent: remove it, or write %23.")
    path = unquote(arguments.partition("?")[0]).replace("\\", "/")
    if any(segment.strip() in (".", "..") for segment in path.split("/")):
        yield Mistake(where="path_arguments", message="Remove . and .. from the path: write the Request URL out.")


def _authentication(integration: Integration) -> Iterator[Mistake]:
    match integration.authentication:
        case NoAuth():
            return
        case BasicAuth(username=username, password=password):
            if not username and not password:
                yield Mistake(where="username", message="Basic Auth needs a username (or a password).")
            if ":" in username:
                yield Mistake(where="username", message="A username for Basic Auth cannot have a colon in it.")
            yield from check_one_line("username", username, LONGEST_CREDENTIAL)
            yield from check_one_line("password", password, LONGEST_CREDENTIAL)
        case TokenAuth(token=token, prefix=prefix, header=header):
            if not token.strip():
                yield Mistake(where="token", message="Enter the token that the receiver gave you.")
            yield from check_length("token", token, LONGEST_CREDENTIAL)
            for where, text in (("token", token.strip()), ("token_prefix", prefix)):
                if not is_plain(text):
                    yield Mistake(where=where, message="Only letters, digits and signs of ASCII can be sent here, "
                                                       "and no line breaks: copy it again.")
            yield from check_header_name("token_header", header)


def _headers(integration: Integration) -> Iterator[Mistake]:
    yield from check_rows("headers", len(integration.headers), MOST_ROWS)
    taken = _authentication_header(integration.authentication)
    times = Counter(row.name.lower() for row in integration.headers)
    for number, row in enumerate(integration.headers):
        where = f"headers.{number}"
        yield from check_header_name(f"{where}.name", row.name)
        if row.name and row.name.lower() == taken:
            yield Mistake(where=f"{where}.name", message=(
                f"{row.name} is set by the Authentication: remove this row, or choose Authentication Type None."))
        elif row.name and times[row.name.lower()] > 1:
            yield Mistake(where=f"{where}.name", message=f"{row.name} is there twice: remove one.")
        yield from check_one_line(f"{where}.value", row.value, LONGEST_HEADER_VALUE)
        yield from check_template(f"{where}.value", row.value, integration.event_type, secret=row.secret)


def _authentication_header(authentication: Authentication) -> str:
    """The header (lower case) that the Authentication sets; empty when none."""
    match authentication:
        case NoAuth():
            return ""
        case BasicAuth():
            return "authorization"
        case TokenAuth(header=header):
            return header.lower()


def _body_keys(integration: Integration) -> Iterator[Mistake]:
    rows = integration.body_keys
    yield from check_rows("body_keys", len(rows), MOST_ROWS)
    times = Counter(row.key for row in rows)
    taken = {levels_of(key) for key in times}
    spec = EVENTS[integration.event_type]
    for number, row in enumerate(rows):
        where = f"body_keys.{number}"
        yield from _key(f"{where}.key", row.key, integration.format)
        if row.key and times[row.key] > 1:
            yield Mistake(where=f"{where}.key", message=f"The key {row.key} is there twice: rename or remove one.")
        if integration.format is Format.JSON and (under := _plain_parent(row, taken)):
            yield Mistake(where=f"{where}.key", message=(
                f"{under} cannot be a value and hold {row.key} at the same time: rename one of the two."))
        if integration.format is Format.JSON and (gap := _missing_place(row, taken)):
            yield Mistake(where=f"{where}.key", message=f"{gap} is missing before {row.key}: a list begins with [0].")
        if row.field is not None and row.text:
            yield Mistake(where=f"{where}.text", message="Choose a value or write a fixed text, not both.")
        if row.field is not None and spec.availability(row.field) is Availability.NEVER:
            yield Mistake(where=f"{where}.field", message=(
                f"{spec.label} has no {FIELDS[row.field].label}. It has: "
                f"{', '.join(FIELDS[field].label for field in FIELDS if field in spec.fields)}."))
        yield from check_length(f"{where}.text", row.text, LONGEST_TEXT)
        yield from check_template(f"{where}.text", row.text, integration.event_type)


def _key(where: str, key: str, format_: Format) -> Iterator[Mistake]:
    yield from check_one_line(where, key, LONGEST_KEY)
    levels = key.split(".")
    if not key.strip():
        yield Mistake(where=where, message="Give the value a request key, like caller.")
    elif format_ is Format.JSON and not all(levels):
        yield Mistake(where=where, message="A dot makes a level in JSON (caller.number): "
                                           "remove the one at the beginning or end, or the double one.")
    elif format_ is Format.JSON and len(levels) > MAX_LEVELS:
        yield Mistake(where=where, message=f"A key can have at most {MAX_LEVELS} levels.")


def _plain_parent(row: BodyKey, taken: set[tuple[str | int, ...]]) -> str:
    """A key of another row that would have to be an object or a list, because this row's is within it."""
    levels = levels_of(row.key)
    parents = (levels[:count] for count in range(1, len(levels)))
    return next((_written(parent) for parent in parents if parent in taken), "")


def _missing_place(row: BodyKey, taken: set[tuple[str | int, ...]]) -> str:
    """The place of a list before this row's that no row fills."""
    levels = levels_of(row.key)
    for count, level in enumerate(levels):
        if isinstance(level, int) and level > 0:
            before = (*levels[:count], level - 1)
            if not any(other[:count + 1] == before for other in taken):
                return _written(before)
    return ""


def _written(levels: tuple[str | int, ...]) -> str:
    first, *rest = levels
    return str(first) + "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in rest)


def _limits(integration: Integration) -> Iterator[Mistake]:
    yield from check_rows("signing_secrets", len(integration.signing_secrets), MOST_SIGNING_SECRETS)
    for number, secret in enumerate(integration.signing_secrets):
        if not is_secret(secret):
            yield Mistake(where=f"signing_secrets.{number}",
                          message="A signing secret is whsec_ and the base64 of 24 to 64 bytes: let us make one.")
    yield from check_between("timeout_seconds", integration.timeout_seconds, TIMEOUT_SECONDS)
    yield from check_between("max_in_flight", integration.max_in_flight, MAX_IN_FLIGHT)
    if integration.rate_per_second is not None:
        yield from check_between("rate_per_second", integration.rate_per_second, RATE_PER_SECOND)
    if integration.expiry_seconds is not None:
        yield from check_between("expiry_seconds", integration.expiry_seconds, EXPIRY_SECONDS)


# -- warnings --------------------------------------------------------------------------------------------------


def _unwise_url(integration: Integration) -> Iterator[Mistake]:
    try:
        url = parse_request_url(integration.request_url)
    except CannotRender:
        return  # a mistake, not a warning
    if url.scheme == "http":
        yield Mistake(where="request_url", message=(
            "With http:// everybody on the way can read the values and the credentials: use https:// if you can."))
    if url.fragment:
        yield Mistake(where="request_url", message="What follows the # is never sent.")
    for key in _keys_in_both(integration, url):
        yield Mistake(where="request_url", message=(
            f"The query string of the Request URL has {key} already: the receiver gets it twice."))


def _keys_in_both(integration: Integration, url: RequestUrl) -> list[str]:
    """Request keys that a QUERY integration's Request URL has in its own query string."""
    if integration.format is not Format.QUERY:
        return []
    there = {key for key, _ in parse_qsl(url.query, keep_blank_values=True)}
    fields = EVENTS[integration.event_type].fields
    keys = [row.key for row in integration.body_keys] or [field.value for field in fields]
    return [key for key in keys if key in there]


def _unwise_format(integration: Integration) -> Iterator[Mistake]:
    if integration.method is Method.GET and integration.format is Format.JSON:
        yield Mistake(where="format", message=(
            "Some servers drop the body of a GET: choose QUERY, or POST, unless you know that yours reads it."))


def _unwise_path_arguments(integration: Integration) -> Iterator[Mistake]:
    spec = EVENTS[integration.event_type]
    for field in parse_template(integration.path_arguments).fields:
        if spec.availability(field) is Availability.WHEN_KNOWN:
            yield Mistake(where="path_arguments", message=(
                f"{FIELDS[field].label} is not always known when {spec.label} fires: "
                "that part of the path is then empty."))
    yield from _doubled("path_arguments", integration.path_arguments)


def _unwise_headers(integration: Integration) -> Iterator[Mistake]:
    for number, row in enumerate(integration.headers):
        if not parse_template(row.value).literal.isascii():
            yield Mistake(where=f"headers.{number}.value", message=(
                "Headers carry ASCII only: other letters are sent percent-encoded (UTF-8)."))
        if not row.secret:
            yield from _doubled(f"headers.{number}.value", row.value)


def _doubled(where: str, text: str) -> Iterator[Mistake]:
    """Placeholders written as other products do."""
    for name in dict.fromkeys(_DOUBLED.findall(text)):
        if name in _NAMES:
            yield Mistake(where=where, message=(
                f"{{{{{name}}}}} is sent as it stands, with single braces. For its value write {{{name}}}."))
