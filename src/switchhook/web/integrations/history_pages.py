"""The page of an integration's history, and going back to one of its versions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.integrations import actions, history
from switchhook.web.integrations.actions import Mistaken
from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.models import Integration
from switchhook.web.saying import said
from switchhook.web.tenancy import Access

PAGE_VERSIONS = 25


@integration_view
def of_integration(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Its versions, the newest first."""
    below = request.GET.get("below", "")
    told = history.versions(row, int(below) if below.isdecimal() and len(below) < 9 else None, PAGE_VERSIONS)
    return render(request, "integrations/history.html", {
        "row": row, "versions": told, "first_page": not below, "most_kept": history.MOST_KEPT,
        "more": told[-1].row.number if told and told[-1].changes is not None else None})


@require_POST
@integration_view
def restore(request: HttpRequest, access: Access, row: Integration, number: int) -> HttpResponse:
    """Back to how it stood then; where a secret of then is gone, by way of the form."""
    version = get_object_or_404(row.versions, number=number)
    try:
        missing = actions.restore(row, version, by=str(access.asker))
    except (Mistaken, ValueError, KeyError):
        missing = [_("what is marked")]
    url = reverse("integration-edit", kwargs={"account": access.account.slug, "integration_id": row.id})
    if missing:
        messages.warning(request, _(
            "This is version %(number)s, and not saved yet. Secrets are not kept in the history: enter again "
            "%(missing)s, then save.") % {"number": number, "missing": ", ".join(map(said, missing))})
        return redirect(f"{url}?version={number}")
    messages.success(request, _(
        "%(name)s is again as in version %(number)s. Whether it is enabled was not changed.") % {
            "name": row.name, "number": number})
    return redirect("integration", account=access.account.slug, integration_id=row.id)
