"""The history of an integration's changes: who changed what and when, before and after; and how it stood then.

A version says everything of the integration but its secrets: of these it knows only that they are set, and which were
replaced. What the engine changes by itself (it disables what fails) is seen at the next change, and kept then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Max
from django.utils import timezone

from switchhook.domain.catalogue import FIELDS, EventType, Field
from switchhook.domain.filters import described
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
from switchhook.web.integrations import models
from switchhook.web.templatetags.catalogue import event_label

#: So many versions are kept of each integration.
MOST_KEPT = 100

#: How an integration stands: JSON, as `standing` makes it.
Standing = Mapping[str, Any]

_PLAIN = ("name", "event_type", "request_url", "path_arguments", "method", "format", "authentication_type", "username",
          "token_prefix", "token_header", "body_keys", "filters", "timeout_seconds", "max_in_flight", "rate_per_second",
          "expiry_seconds", "enabled", "disabled_reason")
_LABELS = {
    "name": "Integration Name", "request_url": "Request URL", "path_arguments": "Path Arguments", "method": "Method",
    "format": "Format", "username": "Username", "token_prefix": "Prefix", "token_header": "Header",
    "timeout_seconds": "Time-out (seconds)", "max_in_flight": "Requests at once",
    "rate_per_second": "Requests a second", "expiry_seconds": "Give up after (seconds)",
    "disabled_reason": "Disabled because"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not what it was; an empty text: there was none, or is none."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version for its page, with what it changed. `changes` is None for the first: there is nothing before it."""

    row: models.IntegrationVersion
    changes: tuple[Change, ...] | None


@contextmanager
def changing(row: models.Integration, what: str, by: str) -> Iterator[list[str]]:
    """Keep a version of what is changed within, if anything is; to the list go the labels of secrets that are replaced.
    For a transaction in which the row is saved; it is locked against other changes meanwhile."""
    before = standing(row)
    list(models.Integration.objects.select_for_update().filter(id=row.id).values("id"))
    last = row.versions.order_by("-number").first()
    if last is None or last.stands != before:
        _keep(row, "As it was" if last is None else "Changed by itself", "", row.updated_at, before)
    replaced: list[str] = []
    yield replaced
    if replaced or standing(row) != before:
        _keep(row, what, by, timezone.now(), standing(row), replaced)


def begin(row: models.Integration, what: str, by: str) -> None:
    """Keep the first version of a new integration."""
    _keep(row, what, by, timezone.now(), standing(row))


def standing(row: models.Integration) -> dict[str, Any]:
    """How the integration stands, without its secrets."""
    return {
        **{name: getattr(row, name) for name in _PLAIN}, "password": bool(row.password_sealed),
        "token": bool(row.token_sealed), "signed": bool(row.signing_secrets),
        "headers": [{"name": one["name"], "secret": True} if "sealed" in one else dict(one) for one in row.headers]}


def versions(row: models.Integration, below: int | None, limit: int) -> list[Version]:
    """Versions, the newest first: those with a number below that one, where it is given."""
    kept = row.versions.order_by("-number")
    if below is not None:
        kept = kept.filter(number__lt=below)
    rows = [*kept[: limit + 1]]
    told = [Version(row=one, changes=_changes(before.stands, one)) for one, before in pairwise(rows)]
    if rows and len(rows) <= limit:
        told.append(Version(row=rows[-1], changes=None))
    return told


def restored(before: Integration, stands: Standing) -> Integration:
    """The integration as it stood then, with the secrets that it has today, where it still has them. Raises ValueError
    or KeyError when this release does not know what it was made of."""
    return replace(
        before, name=stands["name"], event_type=EventType(stands["event_type"]), request_url=stands["request_url"],
        path_arguments=stands["path_arguments"], method=Method(stands["method"]), format=Format(stands["format"]),
        authentication=_authentication(before.authentication, stands),
        headers=tuple(_header(one, before) for one in stands["headers"]),
        body_keys=tuple(
            BodyKey(key=one["key"], field=Field(one["field"])) if "field" in one
            else BodyKey(key=one["key"], text=one["text"]) for one in stands["body_keys"]),
        filters=tuple(read_filter(one) for one in stands["filters"]), timeout_seconds=stands["timeout_seconds"],
        max_in_flight=stands["max_in_flight"], rate_per_second=stands["rate_per_second"],
        expiry_seconds=stands["expiry_seconds"])


def replaced_secrets(before: Integration, after: Integration) -> list[str]:
    """The labels of secrets that both have and that differ."""
    found = []
    match before.authentication, after.authentication:
        case BasicAuth(password=old), BasicAuth(password=new) if old and new and old != new:
            found.append("Password")
        case TokenAuth(token=old), TokenAuth(token=new) if old and new and old != new:
            found.append("Token")
    secrets = {one.name: one.value for one in before.headers if one.secret}
    return found + [
        f"Header {one.name}" for one in after.headers if one.secret and secrets.get(one.name, one.value) != one.value]


def _keep(
    row: models.Integration, what: str, by: str, at: datetime, stands: Standing, replaced: Sequence[str] = (),
) -> None:
    number = (row.versions.aggregate(Max("number"))["number__max"] or 0) + 1
    models.IntegrationVersion.objects.create(
        integration=row, number=number, at=at, by=by[:300], what=what[:120], stands=stands,
        replaced_secrets=list(replaced))
    row.versions.filter(number__lte=number - MOST_KEPT).delete()


# -- before and after -------------------------------------------------------------------------------------------


def _changes(before: Standing, version: models.IntegrationVersion) -> tuple[Change, ...]:
    old, new = _lines(before), _lines(version.stands)
    found = [
        Change(label=label, before=old.get(label, ""), after=new.get(label, ""))
        for label in dict.fromkeys([*new, *old]) if old.get(label) != new.get(label)]
    if not found and before["body_keys"] != version.stands["body_keys"]:
        found.append(Change(label="Field Values", before=_order(before), after=_order(version.stands)))
    found += [Change(label=label, before="••••", after="•••• (replaced)") for label in version.replaced_secrets]
    return tuple(found)


def _lines(stands: Standing) -> dict[str, str]:
    """How it stands, a line for each thing that can change."""
    lines = {"Trigger Event": event_label(stands["event_type"])}
    lines |= {label: _text(stands[name]) for name, label in _LABELS.items() if stands.get(name) not in (None, "")}
    lines["Authentication Type"] = str(models.AuthenticationType(stands["authentication_type"]).label)
    if stands["authentication_type"] != "token":
        lines.pop("Prefix", None)
        lines.pop("Header", None)
    lines |= {label: "••••" for name, label in (("password", "Password"), ("token", "Token")) if stands[name]}
    lines |= {f"Header {one['name']}": "••••" if one.get("secret") else one["value"] for one in stands["headers"]}
    lines |= {f"Key {one['key']}": _value(one) for one in stands["body_keys"]}
    for one in stands["filters"]:
        words = described(read_filter(one))
        lines[f"Filter {one['filter'].replace('_', ' ')}"] = words
    lines["Signing"] = "on" if stands["signed"] else "off"
    lines["Status"] = "Enabled" if stands["enabled"] else "Disabled"
    return lines


def _text(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(row: Mapping[str, str]) -> str:
    if "field" not in row:
        return f"“{row['text']}”"
    return FIELDS[Field(row["field"])].label if row["field"] in FIELDS else row["field"]


def _order(stands: Standing) -> str:
    return ", ".join(one["key"] for one in stands["body_keys"])


# -- secrets of today -------------------------------------------------------------------------------------------


def _authentication(today: Authentication, stands: Standing) -> Authentication:
    match stands["authentication_type"]:
        case "basic":
            kept = today.password if isinstance(today, BasicAuth) and stands["password"] else ""
            return BasicAuth(username=stands["username"], password=kept)
        case "token":
            return TokenAuth(
                token=today.token if isinstance(today, TokenAuth) else "", prefix=stands["token_prefix"],
                header=stands["token_header"])
        case _:
            return NoAuth()


def _header(told: Mapping[str, Any], before: Integration) -> Header:
    if not told.get("secret"):
        return Header(name=told["name"], value=told["value"])
    value = next((one.value for one in before.headers if one.secret and one.name == told["name"]), "")
    return Header(name=told["name"], value=value, secret=True)


def missing_secrets(order: Integration, stands: Standing) -> list[str]:
    """The labels of secrets that were set then and are there no more: somebody must enter them again."""
    authentication = order.authentication
    found = []
    if isinstance(authentication, BasicAuth) and stands["password"] and not authentication.password:
        found.append("Password")
    if isinstance(authentication, TokenAuth) and not authentication.token:
        found.append("Token")
    return found + [f"Header {one.name}" for one in order.headers if one.secret and not one.value]
