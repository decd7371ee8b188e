"""What the audit log says of a change: what a field is called and how it stands, in the words that the pages use.

Stored are the names and values as they are in our tables (pictures.py), for programs; here they become people's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.filters import described
from switchhook.domain.filters import read as read_filter
from switchhook.web.accounts.models import AccountState
from switchhook.web.integrations.models import AuthenticationType
from switchhook.web.members.models import Role
from switchhook.web.saying import said, said_lazily
from switchhook.web.services.made_up_calls import TEST_CALLS
from switchhook.web.services.models import DIRECTORY_SOURCES, ConnectionPlatform
from switchhook.web.templatetags.catalogue import event_label, field_label
from switchhook.web.templatetags.portal import from_ms, written
from switchhook.web.tokens.models import Scope

#: What a field is called, by the name under which it is stored.
LABELS: Mapping[str, str | Promise] = {
    "allowed networks": _lazy("Allowed networks"), "answer delay ms": _lazy("Delay (milliseconds)"),
    "answer status": _lazy("Status"), "applications enabled": _lazy("Applications are enabled"),
    "audit retention days": _lazy("Days of audit log kept"), "authentication type": _lazy("Authentication Type"),
    "body days": _lazy("Days bodies are kept"), "body keys": _lazy("Field Values"),
    "brand": _lazy("Brand of its e-mails"), "call expiry seconds": _lazy("Call events: give up after (seconds)"),
    "calls per minute": _lazy("Calls a minute"), "connection": _lazy("Connection"),
    "connection id": _lazy("Connection"), "country": _lazy("Country"),
    "data": _lazy("Details"), "delivery ids": _lazy("Deliveries"), "directory scope": _lazy("Users come from: which"),
    "directory source": _lazy("Users come from"), "disabled reason": said_lazily("Disabled because"),
    "email": _lazy("E-mail"), "enabled": _lazy("Enabled"), "enabled calls": _lazy("Enabled Calls"),
    "erase at": _lazy("Erased at"), "erasing since": _lazy("Being erased since"), "event type": _lazy("Trigger Event"),
    "expires at": _lazy("Ends"), "expiry seconds": said_lazily("Give up after (seconds)"),
    "extension number": _lazy("Extension Number"), "extensions": _lazy("Extensions"), "filters": _lazy("Filters"),
    "format": _lazy("Format"), "friendly name": _lazy("Friendly name"), "granted events": _lazy("Extra events"),
    "has voicemail": _lazy("Has Voicemail"), "hash": _lazy("Token"), "headers": _lazy("Header Values"),
    "host": _lazy("Host"), "intake token": _lazy("Token of its intake"), "integration id": _lazy("Integration"),
    "is active": _lazy("May log in"), "is staff": _lazy("May use the database's pages"),
    "is superuser": _lazy("Operator"), "kind": _lazy("Which call"), "language": _lazy("Language"),
    "max events per second": _lazy("Events a second, by intake"), "max in flight": _lazy("Requests at once"),
    "max integrations": _lazy("At most: integrations"), "max services": _lazy("At most: PBXs"),
    "max stored mib": _lazy("At most: stored, in MiB"), "max tokens": _lazy("At most: API tokens"),
    "max users": _lazy("At most: users"), "menus": _lazy("Menus (IVRs)"), "method": _lazy("Method"),
    "name": _lazy("Name"), "of account": _lazy("Belongs to the account"),
    "outbound phone number": _lazy("Outbound Phone Number"), "password": _lazy("Password"),
    "path arguments": _lazy("Path Arguments"), "person": _lazy("Member"), "platform": _lazy("Platform"),
    "port": _lazy("Port"), "prefix": _lazy("Begins with"), "rate per second": _lazy("Requests a second"),
    "recordings base": _lazy("The PBX's own directory"), "recordings options": _lazy("Storage options"),
    "recordings pattern": _lazy("Pattern"), "recordings root": _lazy("Root"), "request url": _lazy("Request URL"),
    "retention days": _lazy("Days kept"), "revoked at": _lazy("Revoked"), "role": _lazy("Role"),
    "scopes": _lazy("It may"), "second factor required": _lazy("Everybody needs a second factor"),
    "secret": _lazy("Password"), "service": _lazy("PBX"), "service id": _lazy("PBX"), "services": _lazy("Only for"),
    "signing secrets": _lazy("Signing secrets"), "since ms": _lazy("From"), "slug": _lazy("Short name"),
    "state": _lazy("State"), "state at": _lazy("State since"), "state reason": _lazy("Reason"),
    "stored bytes": _lazy("Stored bytes"), "tenant key": _lazy("Tenant key"), "time zone": _lazy("Time zone"),
    "timeout seconds": _lazy("Time-out (seconds)"), "tls": _lazy("Use TLS"), "tls ca": _lazy("Private CA"),
    "token": _lazy("Token"), "token header": _lazy("Header"), "token prefix": _lazy("Prefix"),
    "total": _lazy("Deliveries"), "trunk contexts": _lazy("Trunk contexts"), "trunks": _lazy("Trunks"),
    "type": _lazy("Type"), "until ms": _lazy("Until"),
    "user expiry seconds": _lazy("User events: give up after (seconds)"), "username": _lazy("Username"),
}

#: Fields whose values are names of code, and what these are called.
_CHOICES: Mapping[str, Sequence[tuple[str, str | Promise]]] = {
    "authentication type": AuthenticationType.choices, "directory source": DIRECTORY_SOURCES, "kind": TEST_CALLS,
    "platform": ConnectionPlatform.choices, "role": Role.choices, "scopes": Scope.choices,
    "state": AccountState.choices}


def label(name: str) -> str:
    """What a field is called; its own name when nobody named it."""
    return str(LABELS.get(name.replace("_", " "), name))


def words(name: str, value: Any) -> str | None:
    """How a field stands; None: there is nothing."""
    teller = _teller(name.replace("_", " "))
    return None if value is None else "; ".join(map(teller, value if isinstance(value, list) else [value]))


def _teller(name: str) -> Callable[[Any], str]:
    """What says one value of this field."""
    if name in _CHOICES:
        labels = dict(_CHOICES[name])
        return lambda value: str(labels.get(value, value))
    return _TELLERS.get(name, _plain)


def _plain(value: Any) -> str:
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case float():
            return f"{value:g}"
        case str():
            return _time(value)
        case dict():
            return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
        case list():
            return ": ".join(map(_plain, value))
        case None:
            return "—"
        case _:
            return str(value)


def _time(value: str) -> str:
    """A time as pages write it, in the account's zone; whatever else as it stands."""
    try:
        moment: datetime | None = parse_datetime(value)
    except ValueError:
        moment = None
    return value if moment is None or not is_aware(moment) else written(localtime(moment))


def _key(row: Any) -> str:
    """A line of Field Values."""
    match row:
        case {"key": key, "field": field}:
            return f"{key} = {field_label(field)}"
        case {"key": key, "text": text}:
            return f"{key} = “{text}”"
        case _:
            return _plain(row)


def _moment(milliseconds: Any) -> str:
    moment = from_ms(milliseconds) if isinstance(milliseconds, int) else None
    return _plain(milliseconds) if moment is None else written(localtime(moment))


def _header(row: Any) -> str:
    match row:
        case {"name": name, "value": value}:
            return f"{name}: {value}"
        case _:
            return _plain(row)


def _filter(row: Any) -> str:
    try:
        return said(described(read_filter(row)))
    except (ValueError, KeyError, TypeError):  # of another release
        return _plain(row)


_TELLERS: Mapping[str, Callable[[Any], str]] = {
    "body keys": _key, "enabled calls": said, "event type": event_label, "filters": _filter,
    "granted events": event_label, "headers": _header, "since ms": _moment, "until ms": _moment}
