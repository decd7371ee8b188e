"""The operator's pages of accounts."""

from __future__ import annotations

import logging
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from switchhook.web.accounts import actions, life
from switchhook.web.accounts import viewing as views_as
from switchhook.web.accounts.export import archive
from switchhook.web.accounts.forms import AccountForm, StateForm
from switchhook.web.accounts.models import AccountState
from switchhook.web.accounts.quotas import uses
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.models import Account, Person
from switchhook.web.tenancy import operator_view
from switchhook.web.way_back import way_back

log = logging.getLogger(__name__)

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


@operator_view
def state(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Asks, then suspends, closes or opens an account again."""
    account = get_object_or_404(Account, id=account_id)
    form = StateForm(request.POST or None, initial={"state": request.GET.get("to"), "reason": account.state_reason})
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated  # operator_view saw to it
        try:
            _enter(account, AccountState(form.cleaned_data["state"]), form.cleaned_data["reason"], request.user)
        except life.BeingErased as error:
            form.add_error(None, str(error))
        else:
            done = {
                AccountState.OPEN: _("%(name)s is open."), AccountState.SUSPENDED: _("%(name)s is suspended."),
                AccountState.CLOSED: _("%(name)s is closed.")}
            messages.success(request, done[AccountState(account.state)] % {"name": account.name})
            return redirect("operator-account", account_id=account.id)
    return render(request, "accounts/state.html", {
        "account": account, "form": form, "grace_days": settings.SWITCHHOOK.account_grace_days})


def _enter(account: Account, state: AccountState, reason: str, by: Person) -> None:
    match state:
        case AccountState.SUSPENDED:
            life.suspend(account, reason, by)
        case AccountState.CLOSED:
            life.close(account, reason, by)
        case AccountState.OPEN:
            life.reopen(account, by)


@operator_view
@require_safe
def export(request: HttpRequest, account_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """All of an account as one archive."""
    account = get_object_or_404(Account, id=account_id)
    log.info("account.exported account=%s by=%s", account.id, request.user.pk)
    note(Action.EXPORTED, Kind.ACCOUNT, account.id, account.name, account_id=account.id)
    name = f"{account.slug}-{timezone.now():%Y-%m-%d}.zip"
    return StreamingHttpResponse(archive(account), content_type="application/zip", headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


@operator_view
@require_POST
def view(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """View as: see the account as its members do."""
    account = get_object_or_404(Account, id=account_id)
    views_as.view(request, account)
    return redirect("home", account=account.slug)


@operator_view
@require_POST
def viewing(request: HttpRequest) -> HttpResponse:
    """While viewing: allow changes, or no longer; or end it."""
    do = request.POST.get("do", "")
    if do in ("change", "read"):
        views_as.allow_changes(request, do == "change")
        return HttpResponseRedirect(way_back(request))
    account_id = views_as.end(request)
    return redirect("operator-account", account_id=account_id) if account_id else redirect("operator-accounts")


def _edit(request: HttpRequest, account: Account) -> HttpResponse:
    is_new = account._state.adding
    name = "" if is_new else account.name
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        fields = () if is_new else [name for name in AccountForm.Meta.fields if name in form.fields]
        actions.save_account(form.save(commit=False), *fields)
        messages.success(
            request, _("Saved. Now add members, and a service for each of its PBXs.") if is_new else _("Saved."))
        return redirect("operator-account", account_id=account.id)
    return render(request, "accounts/edit.html", {
        "account": account, "name": name, "form": form, "is_new": is_new, "zones": sorted(available_timezones()),
        "uses": [] if is_new else uses(account)})
