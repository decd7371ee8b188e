"""An account as one archive, made while it is sent: its configuration without secrets, and what happened.

Rows are read in pages, by id, so that no transaction and no memory is held for long. What comes in while it is
written may or may not be in it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile

import yaml
from django.db.models import Model, QuerySet

from switchhook import __version__
from switchhook.web.models import Account, Attempt, Call, Delivery, Event, Integration, PbxUser

PAGE = 500
Row = TypeVar("Row", bound=Model)

#: What is told of each, by the names that the API has, too. A column that is not named here is not told.
_ACCOUNT = ("id", "slug", "name", "time_zone", "brand", "state", "allowed_networks", "call_expiry_seconds",
            "user_expiry_seconds", "retention_days", "created_at")
_SERVICE = ("id", "name", "friendly_name", "tenant_key", "applications_enabled", "trunks", "trunk_contexts",
            "extensions", "menus", "created_at")
_USER = ("id", "service_id", "extension_number", "name", "outbound_phone_number", "has_voicemail", "enabled_calls",
         "created_at", "updated_at")
_INTEGRATION = (
    "id", "service_id", "name", "event_type", "request_url", "path_arguments", "method", "format",
    "authentication_type", "username", "token_prefix", "token_header", "body_keys", "timeout_seconds", "max_in_flight",
    "expiry_seconds", "rate_per_second", "enabled", "disabled_reason", "created_at", "updated_at")
_CALL = ("id", "service_id", "native_call_id", "began_ms", "ended_ms", "direction", "source_number",
         "destination_number", "extension_number", "state", "partial", "is_test")
_EVENT = ("id", "service_id", "type", "at_ms", "accepted_at_ms", "order_key", "sequence", "call_uuid",
          "native_call_id", "unwanted_reason", "is_test")
_DELIVERY = ("id", "event_id", "integration_id", "service_id", "event_type", "state", "attempts", "created_at_ms",
             "expires_at_ms", "finished_at_ms", "last_status", "last_problem", "is_test")
_ATTEMPT = ("number", "started_at_ms", "duration_ms", "status", "problem", "verdict")

_README = """\
{name}, exported from Switchhook {version} at {at}.

configuration.yaml   the account, its members, PBXs, integrations and API tokens; no secrets: `has_…` says where one is
users.jsonl          the users of its PBXs
calls.jsonl          calls, with their timelines
events.jsonl         events, with the values of their fields
deliveries.jsonl     deliveries, each with its attempts: what was sent (secrets masked) and what came back

*.jsonl has one JSON object a line. Times that end in _ms are milliseconds since 1970.
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the archive, in pieces."""

    name: str
    pieces: Iterable[bytes]


def archive(account: Account) -> Iterator[bytes]:
    """The archive (ZIP), piece by piece."""
    out = _Out()
    with ZipFile(out, "w", ZIP_DEFLATED) as zip_file:
        for one in _files(account):
            with zip_file.open(one.name, "w", force_zip64=True) as file:
                for piece in one.pieces:
                    file.write(piece)
                    yield from out.taken()
            yield from out.taken()
    yield from out.taken()


def _files(account: Account) -> Iterator[_File]:
    at = datetime.now(UTC)
    readme = _README.format(name=account.name, version=__version__, at=f"{at:%Y-%m-%d %H:%M} UTC")
    configuration = yaml.safe_dump(_configuration(account), allow_unicode=True, sort_keys=False, width=120)
    yield _File("README.txt", [readme.encode()])
    yield _File("configuration.yaml", [configuration.encode("utf-8", "replace")])
    users = PbxUser.objects.filter(service__account=account)
    yield _File("users.jsonl", _lines(_told(row, _USER) for row in _paged(users)))
    calls = Call.objects.filter(account_id=account.id)
    yield _File("calls.jsonl", _lines(
        _told(row, _CALL) | {"timeline": [json.loads(line) for line in row.notes.splitlines()]}
        for row in _paged(calls)))
    events = Event.objects.filter(account_id=account.id)
    yield _File("events.jsonl", _lines(
        _told(row, _EVENT) | {"fields": json.loads(row.fields)} for row in _paged(events)))
    yield _File("deliveries.jsonl", _lines(_deliveries(account)))


def _configuration(account: Account) -> dict[str, Any]:
    members = account.members.select_related("person").order_by("person__email")
    return {
        "account": _told(account, _ACCOUNT),
        "members": [{"email": one.person.email, "name": one.person.name, "role": one.role} for one in members],
        "services": [_told(one, _SERVICE) | {"has_intake_token": bool(one.intake_token_hash)}
                     for one in account.services.order_by("name")],
        "integrations": [_integration(one) for one in account.integrations.order_by("created_at", "id")],
        "api_tokens": [_told(one, ("name", "prefix", "scopes", "created_at", "expires_at", "revoked_at"))
                       for one in account.tokens.order_by("created_at")],
    }


def _integration(row: Integration) -> dict[str, Any]:
    headers = [{"name": one["name"], "secret": True} if "sealed" in one else dict(one) for one in row.headers]
    return _told(row, _INTEGRATION) | {
        "headers": headers, "has_password": bool(row.password_sealed), "has_token": bool(row.token_sealed),
        "signed": bool(row.signing_secrets)}


def _deliveries(account: Account) -> Iterator[dict[str, Any]]:
    for page in _pages(Delivery.objects.filter(account_id=account.id)):
        attempts: dict[object, list[dict[str, Any]]] = {}
        made = Attempt.objects.filter(delivery_id__in=[one.id for one in page]).order_by("delivery_id", "number")
        for one in made:
            attempts.setdefault(one.delivery_id, []).append(
                _told(one, _ATTEMPT) | {"request": json.loads(one.request), "answer": json.loads(one.answer)})
        for row in page:
            yield _told(row, _DELIVERY) | {"made": attempts.get(row.id, [])}


def _pages(found: QuerySet[Row]) -> Iterator[list[Row]]:
    page = list(found.order_by("pk")[:PAGE])
    while page:
        yield page
        page = list(found.filter(pk__gt=page[-1].pk).order_by("pk")[:PAGE])


def _paged(found: QuerySet[Row]) -> Iterator[Row]:
    for page in _pages(found):
        yield from page


def _told(row: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return str(value) if isinstance(value, str) else value  # an enum's text, too
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row).encode() + b"\n"


class _Out(io.RawIOBase):
    """Where the archive is written to: what has not been sent yet. It cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces
