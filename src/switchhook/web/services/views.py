"""Pages of an account's PBXs: the list, the main page, Manage Applications, reading, connection, intake."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.errands import ask
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.services import actions
from switchhook.web.services.forms import ApplicationsForm, FriendlyNameForm, ReadingForm, default_menu_words, menu_rows
from switchhook.web.services.made_up_calls import TEST_CALLS
from switchhook.web.services.state import engine_runs, gaps_of, state_of, states_of
from switchhook.web.tenancy import Access, account_view, service_view
from switchhook.web.users.sources import state_of as directory_state_of

LIST_LIMIT = 200


@account_view
def pbx_list(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's PBXs. One goes straight to its main page only from Home: here the list is the list."""
    query = request.GET.get("q", "").strip()
    found = access.services().annotate(
        integration_count=Count("integrations", distinct=True), user_count=Count("users", distinct=True))
    if query:
        found = found.filter(Q(name__icontains=query) | Q(friendly_name__icontains=query))
    services = list(found.order_by("name")[:LIST_LIMIT])
    states = states_of(service.connection_id for service in services)
    return render(request, "services/list.html", {
        "rows": [(service, state_of(service, states)) for service in services], "query": query,
        "limited": len(services) == LIST_LIMIT})


@service_view
def main(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """The PBX main page."""
    integrations = access.integrations().filter(service=service)
    return render(request, "services/main.html", {
        "directory": directory_state_of(service),
        "service": service, "state": state_of(service, states_of([service.connection_id])),
        "engine_runs": engine_runs(), "integration_count": integrations.count(),
        "enabled_count": integrations.filter(enabled=True).count(), "user_count": service.users.count(),
        "test_calls": TEST_CALLS})


@service_view
def applications(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Manage Applications. Unticking names the integrations that it stops, and asks."""
    stopped = list(access.integrations().filter(service=service, enabled=True).order_by("name")[:50])
    if request.method == "POST":
        form = ApplicationsForm(request.POST)
        enabled = form.is_valid() and form.cleaned_data["enabled"]
        asks = service.applications_enabled and not enabled and stopped and "confirmed" not in request.POST
        if asks:
            return render(request, "services/applications_off.html", {"service": service, "stopped": stopped})
        if enabled != service.applications_enabled:
            actions.switch_applications(service, enabled)
            messages.success(request, _("Applications are enabled.") if enabled else _("Applications are disabled."))
        return redirect("pbx", account=access.account.slug, service_id=service.id)
    return render(request, "services/applications.html", {"service": service, "stopped": stopped})


@service_view(needs=Role.ADMIN)
def rename(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """The friendly name."""
    form = FriendlyNameForm(request.POST or None, instance=service)
    if request.method == "POST" and form.is_valid():
        actions.save_service(form.save(commit=False))
        messages.success(request, _("Saved."))
        return redirect("pbx", account=access.account.slug, service_id=service.id)
    return render(request, "services/rename.html", {"service": service, "form": form})


@service_view
def reading(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Which devices are trunks, which contexts are menus and what the menus are called."""
    initial = {"trunks": service.trunks, "trunk_contexts": service.trunk_contexts, "extensions": service.extensions}
    form = ReadingForm(request.POST or None, initial=initial)
    menus = menu_rows(request.POST or None, service)
    if request.method == "POST" and form.is_valid() and menus.is_valid():
        service.trunks = form.cleaned_data["trunks"]
        service.trunk_contexts = form.cleaned_data["trunk_contexts"]
        service.extensions = form.cleaned_data["extensions"]
        service.menus = menus.rows()
        actions.save_service(service)
        messages.success(request, _("Saved. Calls that begin from now on are read so."))
        return redirect("pbx", account=access.account.slug, service_id=service.id)
    return render(request, "services/reading.html", {
        "service": service, "form": form, "menus": menus, "default_menus": default_menu_words()})


@service_view
def connection(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """How the connection is and has been: its state, and when we did not hear the PBX."""
    return render(request, "services/connection.html", {
        "service": service, "state": state_of(service, states_of([service.connection_id])),
        "gaps": gaps_of(service.connection_id, 50), "engine_runs": engine_runs()})


@service_view
def intake(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Events from elsewhere: the token, shown once when it is made, and how to send one."""
    token = ""
    if request.method == "POST":
        if "close" in request.POST:
            actions.close_intake(service)
            messages.success(request, _("The token is gone: nothing comes in by intake any more."))
            return redirect("pbx-intake", account=access.account.slug, service_id=service.id)
        token = actions.make_intake_token(service)
    url = f"http://{settings.SWITCHHOOK.intake_listen}/v1/services/{service.id}/events"
    return render(request, "services/intake.html", {"service": service, "token": token, "intake_url": url})


@require_POST
@service_view
def test_call(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Have one call made up, through this PBX's settings and marked as a test."""
    kind = request.POST.get("kind", "")
    if kind in dict(TEST_CALLS):
        ask("test_call", access.account, {"service_id": str(service.id), "kind": kind}, access.asker)
        messages.success(request, _(
            "A made-up call goes through this PBX now, marked as a test. Here is what it makes happen."))
    return redirect(reverse("live", args=[access.account.slug]) + f"?pbx={service.id}")
