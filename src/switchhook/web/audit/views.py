"""Pages of the audit log: an account's, the operator's over all accounts, and both as CSV."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from switchhook.web.audit.models import Action, AuditEntry, Kind
from switchhook.web.audit.search import Filters
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.members.models import Role
from switchhook.web.models import Account
from switchhook.web.spreadsheets import Cell, csv_answer
from switchhook.web.tenancy import Access, account_view, operator_view

PAGE_ROWS = 50
#: So many lines a CSV file has at most: choose days for more.
EXPORTED_ROWS = 100_000
_COLUMNS = (
    "time", "account", "who", "by_operator", "via", "token", "address", "action", "kind", "object", "object_id",
    "detail", "changes", "request_id")


@account_view(needs=Role.ADMIN, whole=True)
def audit(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's audit log."""
    return _list(request, access.audit(), {"kept_days": access.account.audit_retention_days})


@account_view(needs=Role.ADMIN, whole=True)
def export(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """The account's, as the filters narrow it, as CSV."""
    return _csv(request, access.audit(), access.account)


@operator_view
def operator_audit(request: HttpRequest) -> HttpResponse:
    """Every account's, and what belongs to none."""
    return _list(request, AuditEntry.objects.all(), {"of_all": True})


@operator_view
def operator_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same as CSV."""
    return _csv(request, AuditEntry.objects.all(), None)


def _list(request: HttpRequest, found: QuerySet[AuditEntry], more: dict[str, object]) -> HttpResponse:
    filters = Filters.read(request.GET)
    found = filters.narrowed(found)
    if before := uuid_or_none(request.GET.get("before", "")):
        found = found.filter(id__lt=before)
    rows = list(found[: PAGE_ROWS + 1])
    following = filters.url(before=str(rows[PAGE_ROWS - 1].id)) if len(rows) > PAGE_ROWS else ""
    return render(request, "audit/list.html", {
        "rows": rows[:PAGE_ROWS], "filters": filters, "following": following, "actions": Action.choices,
        "kinds": Kind.choices, "names": _names(rows) if "of_all" in more else {}, **more})


def _names(rows: list[AuditEntry]) -> dict[object, str]:
    ids = {row.account_id for row in rows if row.account_id}
    return dict(Account.objects.filter(id__in=ids).values_list("id", "name"))


def _csv(request: HttpRequest, found: QuerySet[AuditEntry], account: Account | None) -> StreamingHttpResponse:
    rows = Filters.read(request.GET).narrowed(found)[:EXPORTED_ROWS]
    lines = (_cells(row) for row in rows.iterator(chunk_size=1000))
    return csv_answer(account, f"audit-{account.slug if account else 'all'}", _COLUMNS, lines)


def _cells(row: AuditEntry) -> list[Cell]:
    at = datetime.fromtimestamp(row.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    changes = row.changes if json.loads(row.changes) else ""
    return [
        at, str(row.account_id or ""), row.who, row.by_operator, row.via, row.token, row.address,
        row.action, row.kind, row.object_name, row.object_id, row.detail, changes, row.request_id]
