"""The pages of templates, of the account and of a PBX: choose one, and the form of a new integration is filled in."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from switchhook.domain.catalogue import Level
from switchhook.web.integrations.prepared import offered
from switchhook.web.integrations.views import new_url
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.tenancy import Access, account_view, service_view


@account_view(needs=Role.ADMIN, whole=True)
def of_account(request: HttpRequest, access: Access) -> HttpResponse:
    """Templates for the account's own events."""
    return _page(request, access, None)


@service_view(needs=Role.ADMIN)
def of_service(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Templates for a PBX's events."""
    return _page(request, access, service)


def _page(request: HttpRequest, access: Access, service: Service | None) -> HttpResponse:
    there = offered(access.account.granted_events, Level.ACCOUNT if service is None else Level.SERVICE)
    return render(request, "integrations/templates.html", {
        "groups": [(name, list(of_group)) for name, of_group in groupby(there, lambda one: one.group)],
        "service": service, "new_url": new_url(access, service),
    })
