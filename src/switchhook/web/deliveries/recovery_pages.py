"""The pages of recovery: choose the time and see how much it would be; then see it go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from switchhook.web.deliveries import recovery
from switchhook.web.deliveries.search import Filters
from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.members.models import Role
from switchhook.web.models import Errand, Integration
from switchhook.web.tenancy import Access, account_view

#: How far back the form begins when nothing says better.
USUAL = timedelta(hours=24)


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", attrs={"step": "60"})


class WindowForm(forms.Form):
    """From when to when, in the account's time zone."""

    since = forms.DateTimeField(label=_lazy("From"), widget=_Moment())
    until = forms.DateTimeField(
        label=_lazy("Until"), widget=_Moment(), required=False, help_text=_lazy("Empty: until now."))

    def clean(self) -> dict[str, datetime]:
        cleaned: dict[str, datetime] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            self.add_error("until", _("This is before it begins."))
        return cleaned


class SinceForm(forms.Form):
    """From when on, in the account's time zone."""

    since = forms.DateTimeField(label=_lazy("Catch up from"), widget=_Moment())


@integration_view(needs=Role.ADMIN)
def catch_up(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Enable and catch up: the moment and the estimate; a POST does it."""
    usual = row.disabled_at or timezone.now() - USUAL
    form = SinceForm(request.POST or request.GET or {"since": _typed(usual)})
    since = form.cleaned_data["since"] if form.is_valid() else None
    if request.method == "POST" and since is not None:
        errand = recovery.enable_and_catch_up(access, row, since)
        return _to(access, errand)
    estimates = None if since is None else {
        "missed": recovery.missed(access, row, since),
        "failed": recovery.failed(access, Filters(integration=str(row.id)), since)}
    return render(request, "deliveries/catch_up.html", {
        "row": row, "form": form, "estimates": estimates, "retention_days": access.account.retention_days})


@account_view(needs=Role.ADMIN, whole=True)
def redeliver_many(request: HttpRequest, access: Access) -> HttpResponse:
    """Recover what failed: the time, the filters and the estimate; a POST does it."""
    filters = Filters.read(request.GET)
    data = request.POST if request.method == "POST" else request.GET if "since" in request.GET else None
    form = WindowForm(data or {
        "since": _typed(filters.since or timezone.now() - USUAL),
        "until": _typed(filters.until) if filters.until else ""})
    since, until = None, None
    if form.is_valid():
        since, until = form.cleaned_data["since"], form.cleaned_data["until"] or timezone.now()
    if request.method == "POST" and since is not None and until is not None:
        return _to(access, recovery.redeliver_many(access, filters, since, until))
    integration = access.integrations().filter(id=filters.integration).first() if filters.integration else None
    return render(request, "deliveries/redeliver_many.html", {
        "form": form, "filters": filters, "integration": integration,
        "estimate": None if since is None else recovery.failed(access, filters, since, until),
        "states": ", ".join(recovery.states(filters)),
    })


@account_view
def one(request: HttpRequest, access: Access, errand_id: UUID) -> HttpResponse:
    """How a recovery goes on."""
    return render(request, "deliveries/recovery.html", {"recovery": _found(access, errand_id)})


@require_POST
@account_view
def change(request: HttpRequest, access: Access, errand_id: UUID, verb: str) -> HttpResponse:
    """Pause it, go on with it, cancel it."""
    verbs = {"pause": recovery.pause, "resume": recovery.resume, "cancel": recovery.cancel}
    verbs[verb](access, _found(access, errand_id).errand.id)
    if verb == "cancel":
        messages.success(request, _("It is cancelled. What was sent stays sent."))
    return redirect("recovery", account=access.account.slug, errand_id=errand_id)


def _found(access: Access, errand_id: UUID) -> recovery.Recovery:
    found = recovery.recovery(access, errand_id)
    if found is None:
        raise Http404("There is no such recovery.")
    return found


def _to(access: Access, errand: Errand) -> HttpResponse:
    return redirect("recovery", account=access.account.slug, errand_id=errand.id)


def _typed(moment: datetime) -> str:
    """As a person would type it: whole minutes, in the account's time zone."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
