"""Pictures: what the audit log shows of a row. Two pictures of it, before and after, make the difference.

Secrets are compared and never shown. What changes by itself (times, counters) is no part of a picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Field, Model

from switchhook.domain.errors import CannotOpen
from switchhook.web.members.adapter import SEALED_AS, SEALED_PARTS
from switchhook.web.models import Service
from switchhook.web.secrets import unseal

MASK = "••••"

Picture = Mapping[str, Any]

#: What is in no picture: it says nothing, or it changes by itself.
LEFT_OUT = frozenset({
    "id", "account", "number", "created_at", "updated_at", "last_login", "date_joined", "last_used_at", "disabled_at",
    "disabled_by_hand", "user", "made_by", "invited_by", "sent_at", "last_seen_at", "counted_minute", "counted"})


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a picture: only whether it is the same can be seen."""

    fingerprint: str


def picture(row: Model) -> Picture:
    """What there is to see of the row, by the names of its fields; secrets as Secret."""
    return {field.name: _seen(row, field) for field in row._meta.concrete_fields if field.name not in LEFT_OUT}


def differences(before: Picture, after: Picture) -> dict[str, tuple[Any, Any]]:
    """Stored name → (before, after) of what is not the same; what is empty is not there. JSON, secrets masked."""
    return {
        stored_name(name): _shown(before.get(name), after.get(name))
        for name in {**before, **after} if _same(before.get(name)) != _same(after.get(name))}


def _seen(row: Model, field: Field[Any, Any]) -> Any:
    name, value = field.name, getattr(row, field.name)
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if name == "services":
        known = dict(Service.objects.filter(id__in=value).values_list("id", "name"))
        return [f"{known.get(UUID(one), 'a deleted PBX')} ({one[:8]})" for one in value]
    if name.endswith("_sealed"):
        return _secret(value, f"{row._meta.model_name}:{row.pk}:{name.removesuffix('_sealed')}")
    if name.endswith("_hash") or name in ("password", "hash", "prefix"):
        return Secret(str(value)) if value else None
    if name == "headers":
        return [
            {"name": one["name"], "value": _secret(one["sealed"], f"integration:{row.pk}:header:{one['name'].lower()}")}
            if "sealed" in one else one for one in value]
    if name == "signing_secrets":
        return [_secret(one["sealed"], f"integration:{row.pk}:signing") for one in value]
    if name == "data":
        opened = {part: _secret(one, SEALED_AS) if part in SEALED_PARTS else one for part, one in value.items()}
        return Secret(repr(opened))
    return value if isinstance(value, bool | int | float | str | list | dict | None) else str(value)


def _secret(sealed: str, context: str) -> Secret | None:
    """Sealed anew, the same secret is another text: what counts is what is in it."""
    if not sealed:
        return None
    try:
        plain = unseal(sealed, context)
    except CannotOpen:
        return Secret(sealed)
    return Secret(hashlib.sha256(plain.encode()).hexdigest())


def _same(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def _shown(before: Any, after: Any) -> tuple[Any, Any]:
    shown = _masked(_same(before)), _masked(_same(after))
    return (shown[0], f"{MASK} (another)") if shown[0] == shown[1] == MASK else shown


def _masked(value: Any) -> Any:
    match value:
        case Secret():
            return MASK
        case list():
            return [_masked(one) for one in value]
        case dict():
            return {name: _masked(one) for name, one in value.items()}
        case _:
            return value


def stored_name(name: str) -> str:
    """Under which name a field's change is stored, for programs; words.py has what people read."""
    for end in ("_sealed", "_hash"):
        name = name.removesuffix(end)
    return name.replace("_", " ")
