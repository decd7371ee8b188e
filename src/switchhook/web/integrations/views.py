"""Pages of integrations: the lists of both levels, one integration, and its verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.errors import CannotOpen
from switchhook.domain.filters import described
from switchhook.domain.validation import warnings
from switchhook.web.deliveries.recovery import open_recoveries
from switchhook.web.errands import ask
from switchhook.web.integrations import actions
from switchhook.web.integrations.failures import failure_groups
from switchhook.web.integrations.figures import Figures, figures, figures_of, retrying
from switchhook.web.integrations.health import resting
from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.integrations.stored import opened
from switchhook.web.integrations.testing import sent_test
from switchhook.web.members.models import Role
from switchhook.web.models import Delivery, Integration, Service
from switchhook.web.tenancy import Access, account_view, service_view

#: How many of an integration's deliveries its page shows.
RECENT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list: an integration, how it did in the last 24 hours, and its last delivery."""

    row: Integration
    figures: Figures
    last: Delivery | None


@account_view
def of_account(request: HttpRequest, access: Access) -> HttpResponse:
    """My Admin → Integrations."""
    return _list(request, access, access.integrations().filter(service=None), None)


@service_view
def of_service(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """The PBX's own Integrations."""
    return _list(request, access, access.integrations().filter(service=service), service)


def _list(request: HttpRequest, access: Access, found: QuerySet[Integration], service: Service | None) -> HttpResponse:
    latest = access.deliveries().filter(integration_id=OuterRef("id")).order_by("-id").values("id")[:1]
    rows = list(found.annotate(last_id=Subquery(latest)).order_by("name", "created_at"))
    last = access.deliveries().in_bulk([row.last_id for row in rows if row.last_id])
    days = figures_of([row.id for row in rows])
    lines = [Line(row=row, figures=days[row.id], last=last.get(row.last_id)) for row in rows]
    return render(request, "integrations/list.html", {
        "lines": lines, "service": service, "new_url": new_url(access, service),
        "may_make": access.runs_account if service is None else access.can_write,
    })


@integration_view
def one(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """One integration: how it is, what it does, its recent deliveries. Right after it was made, its signing secret."""
    found = opened(row, timezone.now())
    secret = ""
    news = "HX-Request" in request.headers  # another window, which asks for news: not who is to be shown it
    if not news and request.session.pop(_reveal(row.id), None) and access.can_write:
        try:
            secret = actions.signing_secret(row)
        except CannotOpen as error:
            messages.error(request, str(error))
    recent = access.deliveries().filter(integration_id=row.id).select_related("event").order_by("-id")[:RECENT]
    spec = EVENTS[EventType(row.event_type)]
    response = render(request, "integrations/one.html", {
        "row": row, "integration": found.integration, "unreadable": found.unreadable,
        "warnings": warnings(found.integration), "spec": spec, "recent": list(recent), "secret": secret,
        "recoveries": open_recoveries(access, row.id), "resting": resting(row.id),
        "figures": figures(row.id), "failures": failure_groups(row.id), "retrying": retrying(access, row.id),
        "filters": [described(one) for one in found.integration.filters],
        "secret_made_at": _secret_made_at(row), "old_secret_until": _old_secret_until(row),
        "test": sent_test(access, row, request.GET.get("test", "")),
    })
    if secret:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@integration_view
def enable(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Play."""
    actions.enable(row, by=str(access.asker))
    messages.success(request, _("%(name)s is enabled.") % {"name": row.name})
    return _back(request, row)


@require_POST
@integration_view
def disable(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Stop."""
    actions.disable(row, f"Disabled by {access.asker}.", by=str(access.asker))
    messages.success(request, _("%(name)s is disabled. It sends nothing until you enable it.") % {"name": row.name})
    return _back(request, row)


@require_POST
@integration_view
def duplicate(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """A copy to change; it is disabled."""
    twin = actions.duplicate(row, by=str(access.asker))
    reveal_once(request, twin)
    messages.success(request, _("This is the copy. It is disabled until you enable it."))
    return redirect("integration-edit", account=access.account.slug, integration_id=twin.id)


@integration_view(needs=Role.ADMIN)
def delete(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Asks first; a POST deletes."""
    if request.method != "POST":
        return render(request, "integrations/delete.html", {"row": row})
    actions.delete(row)
    messages.success(request, _("%(name)s is deleted. Its deliveries can still be read.") % {"name": row.name})
    return redirect(list_url(access, row.service))


@require_POST
@integration_view
def rotate(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """A new signing secret, shown once; the one before signs along for a day."""
    actions.rotate_signing_secret(row, by=str(access.asker))
    reveal_once(request, row)
    return redirect("integration", account=access.account.slug, integration_id=row.id)


@require_POST
@integration_view
def send_test(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Have the engine send a test event; the page then waits for what comes of it."""
    return redirect(ask_for_test(access, row))


@integration_view
def test_result(request: HttpRequest, access: Access, row: Integration, errand_id: UUID) -> HttpResponse:
    """How a test stands: the fragment that asks again until it is over."""
    return render(request, "integrations/_test.html", {"row": row, "test": sent_test(access, row, str(errand_id))})


def ask_for_test(access: Access, row: Integration) -> str:
    """Ask for a test; the URL of the page that shows its result."""
    errand = ask("send_test", access.account, {"integration_id": str(row.id)}, access.asker)
    return f"{_url(row, access)}?test={errand.id}#test"


def reveal_once(request: HttpRequest, row: Integration) -> None:
    """Have the integration's page show the signing secret the next time, to this person, and then no more."""
    if row.signing_secrets:
        request.session[_reveal(row.id)] = True


def list_url(access: Access, service: Service | None) -> str:
    """The list that an integration of this service (None: of the account) stands in."""
    if service is None:
        return reverse("integrations", kwargs={"account": access.account.slug})
    return reverse("pbx-integrations", kwargs={"account": access.account.slug, "service_id": service.id})


def new_url(access: Access, service: Service | None) -> str:
    """Where a new integration of this service (None: of the account) is made."""
    return list_url(access, service) + "new/"



def _url(row: Integration, access: Access) -> str:
    return reverse("integration", kwargs={"account": access.account.slug, "integration_id": row.id})


def _back(request: HttpRequest, row: Integration) -> HttpResponse:
    """To the list when the button stood there, else to the integration."""
    access: Access = request.access  # type: ignore[attr-defined]  # account_view put it there
    return redirect(list_url(access, row.service) if request.POST.get("from") == "list" else _url(row, access))


def _reveal(integration_id: UUID) -> str:
    return f"reveal:{integration_id}"


def _secret_made_at(row: Integration) -> datetime | None:
    """When the newest signing secret was made; None when requests are not signed."""
    return datetime.fromisoformat(row.signing_secrets[0]["made_at"]) if row.signing_secrets else None


def _old_secret_until(row: Integration) -> datetime | None:
    """When the signing secret before the newest ends; None when there is none."""
    ends = [datetime.fromisoformat(one["expires_at"]) for one in row.signing_secrets[1:] if one["expires_at"]]
    return max((end for end in ends if end > timezone.now()), default=None)
