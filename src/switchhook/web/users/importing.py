"""Import of users from a CSV: first a dry run that says what it would do and fire, then, when asked for, the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from switchhook.domain.catalogue import EVENTS
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.file_or_text import FileOrText, file_field
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.tenancy import Access, service_view
from switchhook.web.users import actions, csv_directory
from switchhook.web.users.csv_directory import Mistake
from switchhook.web.users.directory import MOST_USERS, Faulty, Plan, carry_out, planned
from switchhook.web.users.source_page import only_on_the_pbx

SHOWN = 200  # changes of a kind that are listed; the counts are of all


class ImportForm(FileOrText):
    """A file, or its text."""

    nothing = _lazy("Choose a CSV file, or paste its text.")

    file = file_field(_lazy("CSV file"), ".csv,text/csv")
    delete_missing = forms.BooleanField(
        label=_lazy("Delete users of this PBX who are not in it"), required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An event that the import fires so often, to so many integrations."""

    label: str
    count: int
    integrations: int


@service_view(needs=Role.ADMIN)
def import_users(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Asks for the file; shows what it would do; does it when what was shown is confirmed and still true."""
    if (elsewhere := only_on_the_pbx(request, access, service)) is not None:
        return elsewhere
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, object] = {"service": service, "form": form, "most": MOST_USERS}
    if not form.is_valid():
        return render(request, "users/import.html", context)
    text, delete_missing = form.cleaned_data["text"], form.cleaned_data["delete_missing"]
    found = csv_directory.read(text)
    mistakes, plan = [*found.mistakes], None
    try:
        plan = planned(access, service, found.users, delete_missing=delete_missing)
    except Faulty as faulty:
        mistakes += [
            Mistake(line=found.lines[one.place],
                    message=csv_directory.fault_message(one.name, one.message, found.users[one.place]))
            for one in faulty.faults]
    if mistakes:  # whichever of the two found them: all are told at once
        plan, mistakes = None, sorted(mistakes, key=lambda one: one.line)
    confirmed = request.POST.get("confirmed", "")
    stamp = "" if plan is None else _stamp(plan)
    if plan is not None and confirmed == stamp:
        try:
            return _do(request, access, service, plan)
        except QuotaReached as reached:
            form.add_error(None, str(reached))
            confirmed = ""
    firings = [] if plan is None else _firings(access, plan)
    return render(request, "users/import.html", context | {
        "plan": plan, "mistakes": mistakes, "left_out": found.left_out, "text": text, "delete_missing": delete_missing,
        "stamp": stamp, "firings": firings, "outdated": bool(confirmed), "shown": f":{SHOWN}",
        "happenings": sum(one.count for one in firings)})


def _do(request: HttpRequest, access: Access, service: Service, plan: Plan) -> HttpResponse:
    fires = any(one.integrations for one in _firings(access, plan))
    carry_out(plan, access)
    done = f"{_counted(plan)}."
    url = reverse("deliveries", args=[access.account.slug])
    messages.success(
        request, format_html('{} <a href="{}">{}</a>', done, url, _("See the deliveries.")) if fires else done)
    return redirect("pbx-users", account=access.account.slug, service_id=service.id)


def _counted(plan: Plan) -> str:
    """What was done, in words."""
    created, modified, deleted = len(plan.created), len(plan.modified), len(plan.deleted)
    words = [text % {"count": count} for count, text in (
        (created, ngettext("%(count)s user created", "%(count)s users created", created)),
        (modified, ngettext("%(count)s user modified", "%(count)s users modified", modified)),
        (deleted, ngettext("%(count)s user deleted", "%(count)s users deleted", deleted))) if count]
    return ", ".join(words) or _("Nothing was to be changed")


def _firings(access: Access, plan: Plan) -> list[Firing]:
    return [
        Firing(label=EVENTS[event_type].label, count=count, integrations=actions.told(access, event_type))
        for event_type, count in plan.counts()]


def _stamp(plan: Plan) -> str:
    """Tells one plan from another: what was confirmed is done, or shown anew."""
    told = [f"+{actions.details(one) | {'id': ''}}" for one in plan.created]
    told += [f"~{one.user.id}{one.changes}" for one in plan.modified] + [f"-{one.id}" for one in plan.deleted]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]
