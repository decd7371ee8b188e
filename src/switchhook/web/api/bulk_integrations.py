"""All integrations at once: configuration as code. What differs from a list is created, changed, and maybe deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from pydantic import Field, StrictBool

from switchhook.domain.checks import Mistake
from switchhook.domain.integration import Authentication, BasicAuth, NoAuth, TokenAuth
from switchhook.domain.integration import Integration as Order
from switchhook.web.api.bearer import INTEGRATIONS, access_of
from switchhook.web.api.integration_shapes import IsSet, NewIntegration, applied, shape_of
from switchhook.web.api.integrations import asked_by, place_for, router
from switchhook.web.api.problems import Problem, invalid
from switchhook.web.api.shapes import Shape
from switchhook.web.integrations import actions
from switchhook.web.integrations.actions import Mistaken
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Integration as Row
from switchhook.web.tenancy import Access

MOST_INTEGRATIONS = 500
_NOT_COMPARED = {"id", "service_id", "created_at", "updated_at", "disabled_at", "disabled_reason"}


class Entry(NewIntegration):
    """An integration as it is to be. What is left out is as in a new one; but a secret, and `enabled`, stay."""

    id: UUID | None = Field(default=None, description="null: it is known by its service and name.")
    enabled: StrictBool | None = None  # type: ignore[assignment]


class Configuration(Shape):
    """Integrations as they are to be."""

    integrations: list[Entry] = Field(max_length=MOST_INTEGRATIONS)
    delete_missing: StrictBool = Field(default=False, description="Delete integrations that are not in the list.")
    dry_run: StrictBool = Field(default=False, description="Say what would be done, and do nothing.")


class Named(Shape):
    """An integration by its names. `id` null: it would be created."""

    id: UUID | None
    service_id: UUID | None
    name: str


class Added(Named):
    """A new one, with the signing secret, which is not told again."""

    signing_secret: str | None


class Altered(Named):
    """One that changes: field → [old, new]. A secret that becomes another one is `{"set": true}`, twice."""

    changes: dict[str, list[Any]]


class Configured(Shape):
    """What was done, or with dry_run would be. `others`: they are not in the list, and stay."""

    dry_run: bool
    created: list[Added]
    changed: list[Altered]
    deleted: list[Named]
    unchanged: list[Named]
    others: list[Named]


@router.put("/integrations", response=Configured, auth=INTEGRATIONS)
def configure_integrations(request: HttpRequest, wanted: Configuration) -> Configured:
    """Bring integrations in step with a list, all or nothing."""
    return in_step(access_of(request), wanted, by=asked_by(request))


def in_step(access: Access, wanted: Configuration, *, by: str) -> Configured:
    """Bring integrations in step with the list, in the caller's transaction, which a dry run rolls back. Raises Problem
    422 that names all mistakes, and QuotaReached."""
    rows = list(access.integrations().select_for_update(of=("self",)).select_related("service", "account").order_by(
        "service__name", "name", "id"))
    matched = _matched(wanted.integrations, rows)
    added, altered, unchanged, mistakes = [], [], [], []
    for place, (entry, row) in enumerate(zip(wanted.integrations, matched, strict=True)):
        try:
            if row is None:
                added.append(_add(access, entry, by, wanted.dry_run))
            elif changes := _alter(row, entry, by):
                altered.append(Altered(**_named(row).model_dump(), changes=changes))
            else:
                unchanged.append(_named(row))
        except Mistaken as error:
            mistakes += _placed(place, error.mistakes)
        except Problem as problem:
            mistakes += _placed(place, problem.errors)
    if mistakes:
        raise invalid(mistakes)
    rest = [row for row in rows if row not in matched]
    named = [_named(row) for row in rest]
    if wanted.delete_missing:
        for row in rest:
            actions.delete(row)
    if wanted.dry_run:  # all was done, so that whatever stands in its way is known
        transaction.set_rollback(True)
    return Configured(
        dry_run=wanted.dry_run, created=added, changed=altered, unchanged=unchanged,
        deleted=named if wanted.delete_missing else [], others=[] if wanted.delete_missing else named)


def _matched(entries: Sequence[Entry], rows: Sequence[Row]) -> list[Row | None]:
    """For each entry the integration that it is about; None: a new one. Raises Problem 422 that names all mistakes."""
    by_id = {row.id: row for row in rows}
    names = Counter((row.service_id, row.name) for row in rows)
    by_name = {(row.service_id, row.name): row for row in rows}
    matched: list[Row | None] = []
    mistakes: list[Mistake] = []
    taken: set[object] = set()
    for place, entry in enumerate(entries):
        name = (entry.service_id, entry.name.strip())
        row = by_id.get(entry.id) if entry.id else by_name.get(name)
        message, where = "", "name"
        if entry.id and row is None:
            where, message = "id", "There is no such integration."
        elif row is not None and row.service_id != entry.service_id:
            where, message = "service_id", "An integration stays where it is: delete it, and make another."
        elif not entry.id and names[name] > 1:
            message = "There are several integrations of this name: say which by its id."
        elif (row.id if row else name) in taken:
            message = "This integration is there twice."
        if message:
            mistakes.append(Mistake(where=f"integrations.{place}.{where}", message=message))
        taken.add(row.id if row else name)
        matched.append(row)
    if mistakes:
        raise invalid(mistakes)
    return matched


def _add(access: Access, entry: Entry, by: str, dry_run: bool) -> Added:
    service = place_for(access, entry.service_id)
    order = applied(blank(access.account.id, entry.service_id), entry)
    row = actions.create(
        access.account, service, replace(order, enabled=entry.enabled is not False), signed=bool(entry.signed), by=by)
    if dry_run:
        return Added(id=None, service_id=row.service_id, name=row.name, signing_secret=None)
    return Added(**_named(row).model_dump(), signing_secret=actions.signing_secret(row) or None)


def _alter(row: Row, entry: Entry, by: str) -> dict[str, list[Any]]:
    """What changed; nothing is written when nothing did."""
    before, shown = opened(row, timezone.now()).integration, shape_of(row).model_dump(mode="json")
    after = _as_wanted(before, entry)
    enabled = row.enabled if entry.enabled is None else entry.enabled
    if after == before and enabled == row.enabled and bool(entry.signed) == bool(row.signing_secrets):
        return {}
    actions.change(row, after, signed=bool(entry.signed), by=by)
    if enabled and not row.enabled:
        actions.enable(row, by=by)
    if row.enabled and not enabled:
        actions.disable(row, f"Disabled by {by}.", by=by)
    now = shape_of(row).model_dump(mode="json")
    changes = {
        name: [value, now[name]] for name, value in shown.items() if name not in _NOT_COMPARED and value != now[name]}
    old, new = _secrets(before), _secrets(after)
    secret = IsSet(set=True).model_dump()
    return changes | {name: [secret, secret] for name in old if name in new and old[name] != new[name]}


def _as_wanted(before: Order, entry: Entry) -> Order:
    """The integration as the entry says. Of what it was only its place, its state and its secrets count."""
    new = replace(
        blank(before.account_id, before.service_id), id=before.id, headers=before.headers, enabled=before.enabled,
        signing_secrets=before.signing_secrets, authentication=_secret_of(before.authentication))
    rows = {"headers": entry.headers or [], "body_keys": entry.body_keys or [],
            "authentication_type": entry.authentication_type or "none"}
    return applied(new, entry.model_copy(update=rows))


def _secret_of(authentication: Authentication) -> Authentication:
    match authentication:
        case BasicAuth(password=password):
            return BasicAuth(username="", password=password)
        case TokenAuth(token=token):
            return TokenAuth(token=token)
        case NoAuth():
            return authentication


def _secrets(order: Order) -> dict[str, str]:
    """The secrets of the integration, by their places."""
    found = {f"headers.{one.name}": one.value for one in order.headers if one.secret}
    match order.authentication:
        case BasicAuth(password=password):
            return found | {"password": password}
        case TokenAuth(token=token):
            return found | {"token": token}
        case NoAuth():
            return found


def _named(row: Row) -> Named:
    return Named(id=row.id, service_id=row.service_id, name=row.name)


def _placed(place: int, mistakes: Sequence[Mistake]) -> list[Mistake]:
    return [replace(one, where=f"integrations.{place}.{one.where}") for one in mistakes]
