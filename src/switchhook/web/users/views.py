"""Pages of users: of all PBXs of an account, of one PBX; create, modify, delete."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from switchhook.domain.catalogue import EVENTS, EventType
from switchhook.domain.service import DirectorySource
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.members.models import Role
from switchhook.web.models import PbxUser, Service
from switchhook.web.saying import said
from switchhook.web.tenancy import Access, account_view, service_view
from switchhook.web.users import actions
from switchhook.web.users.forms import PbxUserForm
from switchhook.web.users.search import matching
from switchhook.web.users.source_page import only_on_the_pbx
from switchhook.web.users.sources import is_kept_here, state_of

PAGE_SIZE = 50


@account_view
def users(request: HttpRequest, access: Access) -> HttpResponse:
    """The users of all the account's PBXs."""
    kept_here = access.services().filter(directory_source=DirectorySource.PORTAL.value)
    return _list(request, access.users().select_related("service"), {
        "services": list(kept_here.order_by("name")[:200]), "any_service": access.services().exists(),
        "service": None})


@service_view
def pbx_users(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """The users of one PBX."""
    kept_here = is_kept_here(service)
    return _list(request, access.users().filter(service=service).select_related("service"), {
        "services": [service] if kept_here else [], "service": service, "kept_here": kept_here,
        "state": state_of(service)})


def _list(request: HttpRequest, found: QuerySet[PbxUser], more: dict[str, object]) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    rows = matching(found, query).order_by("extension_number", "id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "users/list.html", {"page": page, "query": query, **more})


@service_view(needs=Role.ADMIN)
def new_user(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """A user to be created."""
    if (elsewhere := only_on_the_pbx(request, access, service)) is not None:
        return elsewhere
    form = PbxUserForm(request.POST or None, service=service)
    if request.method == "POST" and form.is_valid():
        try:
            actions.create_user(form.save(commit=False), access.asker)
            return _back(request, access, service, EventType.USER_CREATED, form.instance)
        except QuotaReached as reached:
            form.add_error(None, str(reached))
    return _show(request, access, service, form, EventType.USER_CREATED)


@service_view(needs=Role.ADMIN)
def edit_user(request: HttpRequest, access: Access, service: Service, user_id: UUID) -> HttpResponse:
    """A user to be modified."""
    user = get_object_or_404(access.users().filter(service=service), id=user_id)
    form = PbxUserForm(request.POST or None, service=service, instance=user)
    if request.method == "POST" and form.is_valid():
        if actions.modify_user(form.save(commit=False), access.asker):
            return _back(request, access, service, EventType.USER_MODIFIED, form.instance)
        messages.info(request, _("Nothing was changed, so nothing fires."))
        return redirect("pbx-users", account=access.account.slug, service_id=service.id)
    return _show(request, access, service, form, EventType.USER_MODIFIED)


@service_view(needs=Role.ADMIN)
def delete_user(request: HttpRequest, access: Access, service: Service, user_id: UUID) -> HttpResponse:
    """Asks, then deletes a user."""
    user = get_object_or_404(access.users().filter(service=service).select_related("service__account"), id=user_id)
    if (elsewhere := only_on_the_pbx(request, access, service)) is not None:
        return elsewhere
    if request.method == "POST":
        name = str(user)
        actions.delete_user(user, access.asker)
        return _back(request, access, service, EventType.USER_DELETED, name)
    return render(request, "users/delete.html", {
        "service": service, "pbx_user": user, **_fires(access, EventType.USER_DELETED)})


def _show(
    request: HttpRequest, access: Access, service: Service, form: PbxUserForm, event_type: EventType,
) -> HttpResponse:
    is_new = event_type is EventType.USER_CREATED
    return render(request, "users/edit.html", {
        "service": service, "form": form, "is_new": is_new, "pbx_user": None if is_new else form.instance,
        "title": _("Create User") if is_new else _("Modify User"), **_fires(access, event_type)})


def _fires(access: Access, event_type: EventType) -> dict[str, object]:
    return {"event_label": EVENTS[event_type].label, "fires": actions.told(access, event_type)}


def _back(
    request: HttpRequest, access: Access, service: Service, event_type: EventType, user: object,
) -> HttpResponse:
    """To the list, saying what was done and where its deliveries are."""
    done = {
        EventType.USER_CREATED: _("%(user)s is created."), EventType.USER_MODIFIED: _("%(user)s is saved."),
        EventType.USER_DELETED: _("%(user)s is deleted."),
    }[event_type] % {"user": user}
    fires = actions.told(access, event_type)
    if fires:
        url = reverse("deliveries", kwargs={"account": access.account.slug}) + "?" + urlencode({"event": event_type})
        seen = ngettext(
            "%(event)s fires %(count)s integration: see the deliveries.",
            "%(event)s fires %(count)s integrations: see the deliveries.", fires)
        messages.success(request, format_html(
            '{} <a href="{}">{}</a>', done, url, seen % {"event": said(EVENTS[event_type].label), "count": fires}))
    else:
        messages.success(request, done)
    return redirect("pbx-users", account=access.account.slug, service_id=service.id)
