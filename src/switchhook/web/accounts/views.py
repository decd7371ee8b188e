"""The operator's pages of accounts."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import available_timezones

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from switchhook.web.accounts import actions
from switchhook.web.accounts.forms import AccountForm
from switchhook.web.models import Account
from switchhook.web.tenancy import operator_view

LIST_LIMIT = 200


@operator_view
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account."""
    query = request.GET.get("q", "").strip()
    found = Account.objects.annotate(
        service_count=Count("services", distinct=True), member_count=Count("members", distinct=True)).order_by("name")
    if query:
        found = found.filter(Q(name__icontains=query) | Q(slug__icontains=query))
    rows = list(found[:LIST_LIMIT])
    return render(request, "accounts/list.html", {"rows": rows, "query": query, "limited": len(rows) == LIST_LIMIT})


@operator_view
def new_account(request: HttpRequest) -> HttpResponse:
    """An account to be made."""
    return _edit(request, Account())


@operator_view
def one_account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """One account's limits."""
    return _edit(request, get_object_or_404(Account, id=account_id))


def _edit(request: HttpRequest, account: Account) -> HttpResponse:
    is_new = account._state.adding
    name = "" if is_new else account.name
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        actions.save_account(form.save(commit=False))
        messages.success(request, "Saved. Now add members, and a service for each of its PBXs." if is_new else "Saved.")
        return redirect("operator-account", account_id=account.id)
    return render(request, "accounts/edit.html", {
        "account": account, "name": name, "form": form, "is_new": is_new, "zones": sorted(available_timezones())})
