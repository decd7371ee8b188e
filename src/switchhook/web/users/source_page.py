"""The page that says where a PBX's users come from: the form, and how reading them goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from switchhook.domain.service import DirectorySource
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.services.actions import confirm_gone
from switchhook.web.services.asking import may_ask
from switchhook.web.services.state import engine_runs
from switchhook.web.tenancy import Access, service_view
from switchhook.web.users.sources import NotOurs, choose_source, is_kept_here, possible_sources, state_of


class DirectoryForm(forms.Form):
    """The one source of a service's users."""

    source = forms.ChoiceField(label=_lazy("Users come from"), widget=forms.RadioSelect)
    scope = forms.CharField(
        label=_lazy("Voicemail context or domain"), required=False, max_length=120,
        help_text=_lazy("Needed where the PBX has several: the context of the mailboxes, the domain of the users. "
                        "An empty domain is that of the tenant key."))

    def __init__(self, data: Any, service: Service) -> None:
        super().__init__(data, initial={"source": service.directory_source, "scope": service.directory_scope})
        self.fields["source"].choices = possible_sources(service)  # type: ignore[attr-defined]


@service_view
def directory(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Says where the users come from; who may look into the PBX may change that."""
    permitted = may_ask(access, service) or not is_kept_here(service)
    form = DirectoryForm(request.POST or None, service)
    if request.method == "POST" and form.is_valid():
        source = DirectorySource(form.cleaned_data["source"])
        try:
            choose_source(access, service, source, form.cleaned_data["scope"])
        except NotOurs as error:
            form.add_error("source", str(error))
        else:
            to_portal = source is DirectorySource.PORTAL
            messages.success(request, _("Saved.") if to_portal else _("Saved. The PBX is read within a few seconds."))
            return redirect("pbx-directory", account=access.account.slug, service_id=service.id)
    return render(request, "users/directory.html", {
        "service": service, "form": form, "permitted": permitted, "state": state_of(service),
        "user_count": service.users.count(), "engine_runs": engine_runs(), "choices": len(possible_sources(service))})


@service_view(needs=Role.ADMIN)
@require_POST
def confirm_missing(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """A person says that the users who are missing on the PBX are gone: those they have seen, and no others."""
    state = state_of(service)
    if state is None or not state.missing:
        messages.info(request, _("Meanwhile nobody waits to be deleted."))
    else:
        seen = sorted(set(request.POST.get("missing", "").split()) & set(state.missing))
        confirm_gone(service, seen)
        messages.success(request, _(
            "Confirmed. Who is still missing when the PBX is read again is deleted then."))
    return redirect("pbx-directory", account=access.account.slug, service_id=service.id)


def only_on_the_pbx(request: HttpRequest, access: Access, service: Service) -> HttpResponse | None:
    """To where it is said, when users are created and deleted on the PBX alone."""
    if is_kept_here(service):
        return None
    messages.info(request, _("The users of this PBX come from the PBX itself: create and delete them there."))
    return redirect("pbx-directory", account=access.account.slug, service_id=service.id)
