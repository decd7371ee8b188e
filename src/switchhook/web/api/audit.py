"""The audit log over the API: for admins of all the account, as in the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from switchhook.web.api.bearer import READ, running_account
from switchhook.web.api.paging import by_id
from switchhook.web.api.shapes import Moment, Page, PagingById, Shape, Text, moment
from switchhook.web.audit.models import AuditEntry
from switchhook.web.audit.search import Filters

router = Router()

ActionName = Literal[
    "created", "changed", "deleted", "asked", "revealed", "exported", "viewed", "listened", "logged_in",
    "logged_out", "login_failed"]
KindName = Literal[
    "account", "member", "invitation", "login", "session", "second_factor", "service", "connection", "user",
    "integration", "errand", "token", "inbox", "recording"]


class WantedEntries(PagingById):
    """Which lines."""

    who: Text = Field(default="", max_length=200, description="Part of who did it, or of whom or what it was done to.")
    action: ActionName | None = None
    kind: KindName | None = None
    since: Moment | None = None
    until: Moment | None = None


class Change(Shape):
    """A field that is another now; null: there was, or is, nothing. Secrets are masked."""

    field: str
    before: Any
    after: Any


class AuditShape(Shape):
    """One line of the audit log."""

    id: UUID
    at: datetime | None
    who: str = Field(description="Who did it, as they were called then; empty: somebody who was not logged in.")
    person_id: UUID | None
    by_operator: bool
    via: str = Field(description="portal, api, link (a signed one), engine or command")
    token: str
    address: str
    action: str
    kind: str
    object_id: str
    object_name: str
    detail: str
    changes: list[Change]
    request_id: str


@router.get("/audit", response=Page[AuditShape], auth=READ)
def list_audit(request: HttpRequest, wanted: Query[WantedEntries]) -> Page[AuditShape]:
    """Who did what, when and from where, newest first. For admins of all the account."""
    filters = Filters(who=wanted.who, action=wanted.action or "", kind=wanted.kind or "")
    found = filters.narrowed(running_account(request).audit())
    if wanted.since is not None:
        found = found.filter(at_ms__gte=_ms(wanted.since))
    if wanted.until is not None:
        found = found.filter(at_ms__lt=_ms(wanted.until))
    rows, following = by_id(found, wanted)
    return Page(data=[_shape(row) for row in rows], next=following)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _shape(row: AuditEntry) -> AuditShape:
    names = (
        "id", "who", "person_id", "by_operator", "via", "token", "address", "action", "kind", "object_id",
        "object_name", "detail", "request_id")
    return AuditShape(
        at=moment(row.at_ms), changes=[Change(field=one, before=b, after=a) for one, b, a in row.differences],
        **{name: getattr(row, name) for name in names})
