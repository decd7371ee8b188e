"""Templates of integrations: everything for a well-known receiver but its URL and its secret.

Each is a YAML file in `prepared/`, named by its key; the bodies are as the receivers document them (`documented_at`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from switchhook.domain.catalogue import EVENTS, EventType, Field, Level
from switchhook.domain.filters import read as read_filter
from switchhook.domain.integration import (
    Authentication,
    BasicAuth,
    BodyKey,
    Format,
    Header,
    Integration,
    Method,
    NoAuth,
    TokenAuth,
)
from switchhook.web.saying import said

GROUPS = ("CRM", "Surveys", "Call logs", "Billing", "Messages", "Automation")
_KEYS = frozenset({
    "title", "group", "about", "event_type", "url_like", "request_url", "path_arguments", "where", "documented_at",
    "authentication", "signed", "rate_per_second", "method", "format", "headers", "body_keys", "filters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A template. `url_like` shows what the Request URL looks like, where it is not given; `where` says where the URL
    and the secret are found."""

    key: str
    title: str
    group: str
    about: str
    where: str
    url_like: str
    documented_at: str
    signed: bool
    event_type: EventType
    request_url: str
    path_arguments: str
    method: Method
    format: Format
    authentication: Authentication
    headers: tuple[Header, ...]
    body_keys: tuple[BodyKey, ...]
    filters: Sequence[Mapping[str, Any]]
    rate_per_second: int | None

    @property
    def level(self) -> Level:
        return EVENTS[self.event_type].level

    @property
    def event_label(self) -> str:
        return EVENTS[self.event_type].label

    def applied(self, blank: Integration) -> Integration:
        """A new integration from this template."""
        return replace(
            blank, name=said(self.title), event_type=self.event_type, request_url=self.request_url,
            path_arguments=self.path_arguments, method=self.method, format=self.format,
            authentication=self.authentication, headers=self.headers, body_keys=self.body_keys,
            filters=tuple(map(read_filter, self.filters)), rate_per_second=self.rate_per_second)


def offered(granted: Collection[str], level: Level | None = None) -> list[Prepared]:
    """The templates whose events an account may have, in the order of their groups; of one level, where it is given."""
    return [
        one for one in everything() if level in (None, one.level)
        and (not EVENTS[one.event_type].extra or one.event_type in granted)]


def prepared(key: str, granted: Collection[str]) -> Prepared | None:
    """The template of that key; None when there is none, or none for this account."""
    return next((one for one in offered(granted) if one.key == key), None)


@cache
def everything() -> tuple[Prepared, ...]:
    """Every template there is. Raises ValueError or KeyError for a file that is none."""
    found = [
        _read(file.name.removesuffix(".yaml"), yaml.safe_load(file.read_text()))
        for file in files(__package__).joinpath("prepared").iterdir() if file.name.endswith(".yaml")]
    return tuple(sorted(found, key=lambda one: (GROUPS.index(one.group), one.title)))


def _read(key: str, told: Mapping[str, Any]) -> Prepared:
    if unknown := told.keys() - _KEYS:
        raise ValueError(f"{key}: a template has no {', '.join(unknown)}")
    return Prepared(
        key=key, title=told["title"], group=told["group"], about=told["about"], where=told["where"],
        url_like=told.get("url_like", ""), documented_at=told.get("documented_at", ""),
        signed=told.get("signed", True), event_type=EventType(told["event_type"]),
        request_url=told.get("request_url", ""), path_arguments=told.get("path_arguments", ""),
        method=Method(told.get("method", "POST")), format=Format(told.get("format", "JSON")),
        authentication=_authentication(told.get("authentication", {"type": "none"})),
        headers=tuple(Header(**one) for one in told.get("headers", ())),
        body_keys=tuple(
            BodyKey(key=one["key"], field=Field(one["field"])) if "field" in one
            else BodyKey(key=one["key"], text=one["text"]) for one in told.get("body_keys", ())),
        filters=told.get("filters", ()), rate_per_second=told.get("rate_per_second"))


def _authentication(told: Mapping[str, str]) -> Authentication:
    """How the receiver wants it; the secret is for the person to enter."""
    match told["type"]:
        case "none":
            return NoAuth()
        case "basic":
            return BasicAuth(username=told.get("username", ""), password="")
        case "token":
            usual = TokenAuth(token="")
            return replace(
                usual, prefix=told.get("prefix", usual.prefix), header=told.get("header", usual.header))
        case other:
            raise ValueError(f"there is no authentication {other!r}")
