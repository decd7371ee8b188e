"""What people type for a thing: a PBX by name, an integration by name, event types by pattern, a moment as "10m"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from uuid import UUID

from switchhook.cli.client import Client, Record
from switchhook.cli.exits import BadData, NotFound

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def service_named(client: Client, typed: str) -> Record:
    """The PBX of that UUID, name or friendly name; of nothing typed, the only one. Raises CommandError."""
    services = list(client.pages("/services"))
    if not typed:
        if len(services) == 1:
            return services[0]
        raise BadData(f"Say which PBX, with --service: {_list(one['name'] for one in services)}.")
    return _one("PBX", typed, services, ("id", "name", "friendly_name"))


def integration_named(client: Client, typed: str) -> Record:
    """The integration of that UUID or name. Raises CommandError."""
    return _one("integration", typed, list(client.pages("/integrations")), ("id", "name"))


def event_types(client: Client, typed: str) -> list[str]:
    """The event types that "call.*,ivr.option_selected" names; nothing typed: none, which is all. Raises BadData."""
    patterns = [one.strip() for one in typed.split(",") if one.strip()]
    if not patterns:
        return []
    known = [str(one["type"]) for one in client.get("/event-types")["data"]]
    for pattern in patterns:
        if not any(fnmatchcase(one, pattern) for one in known):
            raise BadData(f"No event is called {pattern!r}. There are {_list(known)}.")
    return [one for one in known if any(fnmatchcase(one, pattern) for pattern in patterns)]


def moment(typed: str, now: datetime) -> str:
    """The moment, as the API takes it: "10m", "2h", "3d" ago, or a date, with or without time. Raises BadData."""
    if ago := re.fullmatch(r"(\d{1,6})\s*([smhd])", typed.strip()):
        return (now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).isoformat()
    try:
        return datetime.fromisoformat(typed.strip()).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise BadData(f"{typed!r} is no moment: write 10m, 2h, 3d, or 2026-03-04T12:00:00Z.") from None


def id_of(typed: str, what: str) -> UUID:
    """A UUID as it was typed. Raises BadData."""
    try:
        return UUID(typed.strip())
    except ValueError:
        raise BadData(f"{typed!r} is no id of a {what}: it looks like 019cb6d0-1a2b-8c3d-9e4f-5a6b7c8d9e0f.") from None


def _one(what: str, typed: str, among: Sequence[Record], names: Sequence[str]) -> Record:
    for name in names:
        found = [one for one in among if str(one[name]).casefold() == typed.strip().casefold()]
        if len(found) > 1:
            ids = _list(str(one["id"]) for one in found)
            raise BadData(f"Several are called {typed!r}: say which by its id: {ids}.")
        if found:
            return found[0]
    raise NotFound(f"There is no {what} {typed!r}. There are {_list(str(one['name']) for one in among)}.")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
