"""The operator's page of where a PBX's recordings are, and whether the last ones are found there."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from switchhook.web.models import Call, Service
from switchhook.web.recordings.forms import RecordingsForm
from switchhook.web.recordings.recorded import Recording, recordings_of
from switchhook.web.recordings.storage import Unreachable
from switchhook.web.secrets import seal
from switchhook.web.services.actions import save_service
from switchhook.web.tenancy import operator_view

LOOKED_AT = 5  # of the last recorded calls
LOOKED_THROUGH = 200  # of the last calls


@operator_view
def recordings(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """The form, and what is found of the last recorded calls."""
    service = get_object_or_404(Service.objects.select_related("account"), id=service_id)
    form = RecordingsForm(request.POST or None, instance=service)
    if request.method == "POST" and form.is_valid():
        _save(form)
        messages.success(request, _("Saved. Below is what is found of the last recorded calls."))
        return redirect("operator-service-recordings", service_id=service.id)
    found, unreachable = ([], "") if form.is_bound else _last(service)
    return render(request, "recordings/operator.html", {
        "service": service, "form": form, "found": found, "unreachable": unreachable})


def _save(form: RecordingsForm) -> None:
    service: Service = form.save(commit=False)
    if form.cleaned_data["options"] or form.cleaned_data.get("forget_options"):
        service.recordings_options_sealed = seal(
            form.cleaned_data["options"], f"service:{service.id}:recordings_options")
    save_service(service)


def _last(service: Service) -> tuple[list[tuple[Call, Recording]], str]:
    """Recordings of the last recorded calls, and why none could be looked at."""
    found: list[tuple[Call, Recording]] = []
    calls = Call.objects.filter(account_id=service.account_id, service_id=service.id).defer("notes")
    recorded = [one for one in calls.order_by("-began_ms")[:LOOKED_THROUGH] if one.recordings != "[]"]
    try:
        for call in recorded[:LOOKED_AT]:
            found += [(call, one) for one in recordings_of(call, service)]
    except Unreachable as error:
        return found, str(error)
    return found, ""
