"""The operator's page of the database in which the FusionPBX behind a connection keeps its users."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.domain.service import DirectorySource
from switchhook.web.models import Connection, Service, UserDatabase
from switchhook.web.services import actions
from switchhook.web.services.forms import UserDatabaseForm
from switchhook.web.services.models import ConnectionPlatform
from switchhook.web.services.state import engine_runs
from switchhook.web.services.user_database_grants import grants, host_based_authentication
from switchhook.web.tenancy import operator_view

LIST_LIMIT = 1000


@operator_view
def user_database(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The database's form, what to paste into it, and which services' users come from it."""
    connection = _fusionpbx(connection_id)
    known = UserDatabase.objects.filter(connection=connection).first()
    database = known or UserDatabase(connection=connection, host=connection.host)
    form = UserDatabaseForm(request.POST or None, instance=database)
    if request.method == "POST" and form.is_valid():
        actions.save_user_database(form.save(commit=False), form.cleaned_data["secret"])
        messages.success(request, _("Saved. Test it, and choose below whose users come from it."))
        return redirect("operator-user-database", connection_id=connection.id)
    services = list(_mapped(connection).select_related("account").order_by("name")[:LIST_LIMIT])
    return render(request, "services/user_database.html", {
        "connection": connection, "form": form, "is_new": known is None, "services": services,
        "grants": grants(database.name, database.username), "source": DirectorySource.FUSIONPBX.value,
        "access_line": host_based_authentication(database.name, database.username, tls=database.tls),
        "engine_runs": engine_runs()})


@operator_view
@require_POST
def read_services(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Have the users of the ticked services come from the database from now on."""
    connection = _fusionpbx(connection_id)
    get_object_or_404(UserDatabase, connection=connection)
    chosen = list(_mapped(connection).filter(id__in=_uuids(request.POST.getlist("service"))))
    for service in chosen:
        service.directory_source, service.directory_scope = DirectorySource.FUSIONPBX.value, ""
        actions.save_service(service)
    messages.success(request, _("Saved. Their users are read within a few seconds.") if chosen else
                     _("Tick the PBXs whose users are to come from it."))
    return redirect("operator-user-database", connection_id=connection.id)


@operator_view
@require_POST
def forget_database(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Forget the login. Who was read stays, and the services say that nobody can read them."""
    connection = _fusionpbx(connection_id)
    actions.delete_user_database(connection)
    messages.success(request, _("The login is forgotten. Everybody who was read stays."))
    return redirect("operator-connection", connection_id=connection.id)


def _fusionpbx(connection_id: UUID) -> Connection:
    return get_object_or_404(Connection, id=connection_id, platform=ConnectionPlatform.FREESWITCH)


def _mapped(connection: Connection) -> QuerySet[Service]:
    """The services of which it is said which domain they are: by tenant key, or by what is read of them already."""
    said = ~Q(tenant_key="") | Q(directory_source=DirectorySource.FUSIONPBX.value)
    return Service.objects.filter(said, connection=connection)


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
