"""The operator's pages of connections and services."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web import errands
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.models import Account, Connection, Errand, Service
from switchhook.web.services import actions
from switchhook.web.services.event_socket_conf import directory_user, event_socket_conf
from switchhook.web.services.forms import ConnectionForm, ServiceForm
from switchhook.web.services.manager_conf import manager_conf, wanted_of
from switchhook.web.services.state import NOT_STARTED, engine_runs, gaps_of, state_of, states_of
from switchhook.web.services.unclaimed import unclaimed_of
from switchhook.web.tenancy import operator_view

LIST_LIMIT = 200


@operator_view
def connections(request: HttpRequest) -> HttpResponse:
    """Every connection, with its state."""
    query = request.GET.get("q", "").strip()
    found = Connection.objects.annotate(service_count=Count("services")).order_by("name")
    if query:
        found = found.filter(Q(name__icontains=query) | Q(host__icontains=query))
    rows = list(found[:LIST_LIMIT])
    states = states_of(row.id for row in rows)
    return render(request, "services/operator_connections.html", {
        "rows": [(row, states.get(row.id, NOT_STARTED)) for row in rows], "query": query, "engine_runs": engine_runs(),
        "limited": len(rows) == LIST_LIMIT})


@operator_view
def new_connection(request: HttpRequest) -> HttpResponse:
    """A connection to be made."""
    return _edit_connection(request, Connection(), "services/operator_connection_new.html")


@operator_view
def one_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """One connection: its state, its form, what to paste into the PBX."""
    return _edit_connection(
        request, get_object_or_404(Connection, id=connection_id), "services/operator_connection.html")


def _edit_connection(request: HttpRequest, connection: Connection, template: str) -> HttpResponse:
    form = ConnectionForm(request.POST or None, instance=connection)
    if request.method == "POST" and form.is_valid():
        actions.save_connection(form.save(commit=False), form.cleaned_data["secret"])
        messages.success(request, _("Saved. The engine connects within a few seconds."))
        return redirect("operator-connection", connection_id=connection.id)
    fed = Service.objects.filter(connection=connection).select_related("account").order_by("name")
    services = list(fed[:LIST_LIMIT])
    wanted = wanted_of(services)
    return render(request, template, {
        "connection": connection, "form": form, "services": services,
        "manager_conf": manager_conf(connection, wanted),
        "old_manager_conf": manager_conf(connection, wanted, by_names=False),
        "directory_user": directory_user(connection),
        "event_socket_conf": event_socket_conf(), "gaps": gaps_of(connection.id),
        "unclaimed_calls": unclaimed_of(connection.id),
        "state": states_of([connection.id]).get(connection.id, NOT_STARTED), "engine_runs": engine_runs()})


@operator_view
def delete_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Asks, then deletes."""
    connection = get_object_or_404(Connection, id=connection_id)
    if request.method == "POST":
        actions.delete_connection(connection)
        messages.success(request, _("%(name)s is deleted.") % {"name": connection.name})
        return redirect("operator-connections")
    services = Service.objects.filter(connection=connection).select_related("account").order_by("name")[:LIST_LIMIT]
    return render(request, "services/operator_connection_delete.html", {"connection": connection, "services": services})


@operator_view
@require_POST
def test_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Have the engine try the connection, and wait for what it says."""
    connection = get_object_or_404(Connection, id=connection_id)
    assert request.user.is_authenticated  # operator_view saw to it
    errand = errands.ask(
        "test_connection", None, {"connection_id": str(connection.id)}, request.user, at=connection.id)
    return redirect("operator-connection-result", connection_id=connection.id, errand_id=errand.id)


@operator_view
def test_result(request: HttpRequest, connection_id: UUID, errand_id: UUID) -> HttpResponse:
    """What trying came to. The page reloads itself until it is there."""
    connection = get_object_or_404(Connection, id=connection_id)
    outcome = errands.outcome(
        Errand.objects.filter(account_id=None), errand_id, "test_connection", connection_id=connection.id)
    if outcome is None:
        raise Http404("There is no such test.")
    return render(request, "services/operator_connection_result.html", {
        "connection": connection, "outcome": outcome, "engine_runs": engine_runs()})


@operator_view
def services(request: HttpRequest) -> HttpResponse:
    """Every account's services."""
    query = request.GET.get("q", "").strip()
    found = Service.objects.select_related("account", "connection").order_by("account__name", "name")
    if query:
        found = found.filter(
            Q(name__icontains=query) | Q(friendly_name__icontains=query) | Q(account__name__icontains=query))
    rows = list(found[:LIST_LIMIT])
    states = states_of(row.connection_id for row in rows)
    return render(request, "services/operator_services.html", {
        "rows": [(row, state_of(row, states)) for row in rows], "query": query, "limited": len(rows) == LIST_LIMIT})


@operator_view
def new_service(request: HttpRequest) -> HttpResponse:
    """A service for an account."""
    if not Account.objects.exists():
        messages.info(request, _("A service belongs to an account: make one first."))
        return redirect("operator-account-new")
    initial = {name: request.GET.get(name) for name in ("account", "connection", "tenant_key", "name")}
    return _edit_service(request, Service(), initial)


@operator_view
def one_service(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """The operator's side of a service."""
    return _edit_service(request, get_object_or_404(Service.objects.select_related("account"), id=service_id), {})


def _edit_service(request: HttpRequest, service: Service, initial: dict[str, str | None]) -> HttpResponse:
    is_new = service._state.adding
    form = ServiceForm(request.POST or None, instance=service, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_service(form.save(commit=False))
            messages.success(request, _("Saved."))
            return redirect("pbx", account=service.account.slug, service_id=service.id)
        except QuotaReached as reached:
            form.add_error(None, str(reached))
    return render(request, "services/operator_service.html", {"service": service, "form": form, "is_new": is_new})


@operator_view
def delete_service(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """Asks, then deletes the service with its users and integrations."""
    service = get_object_or_404(Service.objects.select_related("account"), id=service_id)
    if request.method == "POST":
        actions.delete_service(service)
        messages.success(request, _("%(service)s is deleted.") % {"service": service})
        return redirect("operator-services")
    return render(request, "services/operator_service_delete.html", {
        "service": service, "user_count": service.users.count(), "integration_count": service.integrations.count()})
