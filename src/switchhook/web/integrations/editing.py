"""The page that creates and edits an integration, and its live preview.

One page and one form for both levels. A button in the form says what to do (`do`): save, save and test, or something
with its rows; in the latter case the page comes back with the rows changed and nothing is saved. With htmx only
the card with the rows is taken from it.
"""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, Level
from switchhook.domain.integration import BasicAuth, TokenAuth
from switchhook.domain.validation import warnings
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.branding.views import brand_of
from switchhook.web.integrations import actions
from switchhook.web.integrations.forms import IntegrationForm, blank
from switchhook.web.integrations.history import restored
from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.integrations.prepared import Prepared, prepared
from switchhook.web.integrations.preview import chosen_event, passing, preview, recent_events
from switchhook.web.integrations.rows import value_choices
from switchhook.web.integrations.stored import Opened, opened
from switchhook.web.integrations.views import ask_for_test, list_url, new_url, reveal_once
from switchhook.web.members.models import Role
from switchhook.web.models import Integration as Row
from switchhook.web.models import Service
from switchhook.web.tenancy import Access, account_view, service_view


@account_view(needs=Role.ADMIN, whole=True)
def new_of_account(request: HttpRequest, access: Access) -> HttpResponse:
    """Create New Integration, under My Admin."""
    return _page(request, access, None, None)


@service_view(needs=Role.ADMIN)
def new_of_service(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Create New Integration, of one PBX."""
    return _page(request, access, service, None)


@integration_view(needs=Role.ADMIN)
def edit(request: HttpRequest, access: Access, row: Row) -> HttpResponse:
    """The cog."""
    return _page(request, access, row.service, row)


@account_view(needs=Role.ADMIN, whole=True)
def preview_new_of_account(request: HttpRequest, access: Access) -> HttpResponse:
    return _preview(request, access, None, None)


@service_view(needs=Role.ADMIN)
def preview_new_of_service(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    return _preview(request, access, service, None)


@integration_view(needs=Role.ADMIN)
def preview_edit(request: HttpRequest, access: Access, row: Row) -> HttpResponse:
    return _preview(request, access, row.service, row)


def _page(request: HttpRequest, access: Access, service: Service | None, row: Row | None) -> HttpResponse:
    found = _before(request, access, service, row)
    do = request.POST.get("do", "save")
    if request.method != "POST":
        return _shown(request, access, service, row, _form(request, access, found, row, bound=False))
    form = _form(request, access, found, row, bound=True)
    if do not in ("save", "save-test"):
        form.rearrange(do)
        form.is_valid()
        form.errors.clear()  # nobody has said that it is finished
        response = _shown(request, access, service, row, form)
        return trigger_client_event(response, "rows-changed", after="settle")
    if not form.is_valid():
        return _shown(request, access, service, row, form, complaints=True)
    try:
        return redirect(_save(request, access, service, row, form, test=do == "save-test"))
    except QuotaReached as reached:
        form.add_error(None, str(reached))
        return _shown(request, access, service, row, form, complaints=True)


def _save(
    request: HttpRequest, access: Access, service: Service | None, row: Row | None, form: IntegrationForm,
    *, test: bool,
) -> str:
    """Save it; the URL to go on to."""
    with transaction.atomic():
        if row is None:
            row = actions.create(access.account, service, form.wanted, signed=form.is_signed, by=str(access.asker))
            reveal_once(request, row)
        else:
            newly_signed = form.is_signed and not row.signing_secrets
            actions.change(row, form.wanted, signed=form.is_signed, by=str(access.asker))
            if newly_signed:
                reveal_once(request, row)
        onwards = ask_for_test(access, row) if test else ""
    messages.success(request, _("%(name)s is saved. It is in force within two seconds.") % {"name": row.name})
    if onwards:
        return onwards
    if request.session.get(f"reveal:{row.id}"):
        return f"{list_url(access, None)}{row.id}/"
    return list_url(access, service)


def _preview(request: HttpRequest, access: Access, service: Service | None, row: Row | None) -> HttpResponse:
    found = _before(request, access, service, row)
    form = _form(request, access, found, row, bound=request.method == "POST")
    form.is_valid()
    return render(request, "integrations/_preview.html", _preview_context(request, access, service, form))


def _shown(
    request: HttpRequest, access: Access, service: Service | None, row: Row | None, form: IntegrationForm,
    *, complaints: bool = False,
) -> HttpResponse:
    before = _before(request, access, service, row)
    authentication = before.integration.authentication
    context = _preview_context(request, access, service, form) | {
        "form": form, "row": row, "template": None if row else _template(request, access, service),
        "service": service, "unreadable": before.unreadable,
        "complaints": list(form.complaints()) if complaints else [],
        "errors": form.row_errors | form.filter_errors if complaints else {},
        "choices": [(one, value_choices(form.event_type_chosen, one.field)) for one in form.value_rows],
        "event": EVENTS[form.event_type_chosen],
        "has_password": isinstance(authentication, BasicAuth) and bool(authentication.password),
        "has_token": isinstance(authentication, TokenAuth) and bool(authentication.token),
        "preview_url": (f"{list_url(access, None)}{row.id}/edit/" if row else new_url(access, service)) + "preview/",
        "cancel_url": f"{list_url(access, None)}{row.id}/" if row else list_url(access, service),
    }
    response = render(request, "integrations/form.html", context)
    response["Cache-Control"] = "no-store"  # what was typed into a password's input comes back to who typed it
    return response


def _preview_context(
    request: HttpRequest, access: Access, service: Service | None, form: IntegrationForm,
) -> dict[str, object]:
    wanted, at = form.wanted, timezone.now()
    samples = recent_events(access, wanted)
    chosen = request.POST.get("preview_event", "")
    event = chosen_event(samples, chosen, wanted, service, at)
    return {
        "preview": preview(wanted, event, signed=form.is_signed, at=at), "samples": samples, "chosen": chosen,
        "passing": passing(access, wanted), "as_curl": request.POST.get("preview_as") == "curl",
        "warnings": warnings(wanted) if wanted.request_url else [],
    }


def _before(request: HttpRequest, access: Access, service: Service | None, row: Row | None) -> Opened:
    """The integration as it stands, or stood in the version that is to be restored; a new one is blank, but for what
    its template says, or for the event that a link brings (the catalogue's)."""
    if row is None:
        event = request.GET.get("event", "")
        if event in EXTRA_EVENTS and event not in access.account.granted_events:
            event = ""
        new = blank(access.account.id, None if service is None else service.id, event)
        template = _template(request, access, service)
        return Opened(integration=new if template is None else template.applied(new))
    found, number = opened(row, timezone.now()), request.GET.get("version", "")
    version = row.versions.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    try:
        return found if version is None else replace(found, integration=restored(found.integration, version.stands))
    except (ValueError, KeyError):  # of another release
        return found


def _template(request: HttpRequest, access: Access, service: Service | None) -> Prepared | None:
    """The template from which a new integration is made, if one was chosen that this level has."""
    found = prepared(request.GET.get("template", ""), access.account.granted_events)
    return found if found is not None and (found.level is Level.ACCOUNT) is (service is None) else None


def _form(
    request: HttpRequest, access: Access, before: Opened, row: Row | None, *, bound: bool,
) -> IntegrationForm:
    """The form. A link may bring a Request URL along (the request inbox does)."""
    form = IntegrationForm(
        request.POST if bound else None, before=before.integration, signed=_is_signed(request, access, row),
        service_type_name=brand_of(request).service_type, granted=access.account.granted_events)
    if "request_url" in request.GET and not bound:
        form.initial["request_url"] = request.GET["request_url"]
    return form


def _is_signed(request: HttpRequest, access: Access, row: Row | None) -> bool:
    """Whether the form begins with Sign requests ticked: a new one does, unless its receiver has no use for it."""
    if row is not None:
        return bool(row.signing_secrets)
    template = prepared(request.GET.get("template", ""), access.account.granted_events)
    return template is None or template.signed



