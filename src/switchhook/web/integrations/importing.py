"""Integrations from a file and as one, in the portal: the file of `switchhook integrations export` and `apply`.

First a dry run says what it would do, then, when asked for, the same is done, all or nothing. What the file refers to
in the environment, its secrets, is asked for here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from switchhook.domain.checks import Mistake
from switchhook.domain.errors import WrongFile
from switchhook.domain.integration_file import Record, read, references, written
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.api.bulk_integrations import MOST_INTEGRATIONS, Configuration, Configured, in_step
from switchhook.web.api.integration_shapes import shape_of
from switchhook.web.api.problems import Problem, mistake_of
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.file_or_text import FileOrText, file_field
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.saying import said
from switchhook.web.tenancy import Access, account_view

#: What a file refers to in the environment is shown as it is typed when its name ends like this; else it is a secret.
_PLAIN = ("_HOST", "_URL", "_USERNAME")


class ImportForm(FileOrText):
    """A file, or its text; and the PBX of those that need one and name none."""

    nothing = _lazy("Choose a YAML file, or paste its text.")

    file = file_field(_lazy("YAML file"), ".yaml,.yml")
    service = forms.ChoiceField(
        label=_lazy("PBX"), required=False,
        help_text=_lazy("Of those that are for calls and do not name theirs in the file."))

    def __init__(self, data: Any, files: Any, services: Sequence[Service]) -> None:
        super().__init__(data, files)
        field = self.fields["service"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.id), str(one)) for one in services]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that the file refers to in the environment, and what was typed for it."""

    name: str
    value: str

    @property
    def is_secret(self) -> bool:
        return not self.name.endswith(_PLAIN)


@account_view(needs=Role.ADMIN, whole=True)
def import_integrations(request: HttpRequest, access: Access) -> HttpResponse:
    """Asks for the file, then its secrets; shows what it would do; does it when that is confirmed and still true."""
    services = list(access.services().order_by("friendly_name", "name"))
    form = ImportForm(request.POST or None, request.FILES or None, services)
    context: dict[str, object] = {"form": form, "most": MOST_INTEGRATIONS}
    if not form.is_valid():
        return render(request, "integrations/import.html", context)
    text, usual_service = form.cleaned_data["text"], form.cleaned_data["service"]
    try:
        asked = [Asked(name=one, value=request.POST.get(f"env-{one}", "")) for one in references(text)]
        given = {one.name: one.value for one in asked if one.value}
        ids = {name: str(one.id) for one in services for name in (one.name, str(one.id))}
        wanted = read(text, ids, given, usual_service=usual_service)
    except WrongFile as error:
        form.add_error(None, said(error))
        return render(request, "integrations/import.html", context)
    context |= {"text": text, "usual_service": usual_service, "asked": asked, "read": True}
    if len(given) == len(asked):
        try:
            plan = _done(access, wanted, dry_run=True)
            if request.POST.get("confirmed") == _stamp(plan):
                return _finished(request, access, _done(access, wanted, dry_run=False))
            context |= {"plan": _named(plan, services), "stamp": _stamp(plan),
                        "to_do": bool(plan.created or plan.changed)}
        except Problem as problem:
            context["mistakes"] = [_at_home(one, wanted) for one in problem.errors]
        except QuotaReached as reached:
            context["mistakes"] = [Mistake(where="", message=str(reached))]
    response = render(request, "integrations/import.html", context)
    response["Cache-Control"] = "no-store"  # secrets that were typed come back to who typed them
    return response


@require_safe
@account_view
def export_integrations(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's integrations as such a file, without secrets."""
    rows = access.integrations().order_by("service__name", "name", "id")
    names = {str(one.id): one.name for one in access.services()}
    text = written([shape_of(row).model_dump(mode="json") for row in rows], names)
    note(Action.EXPORTED, Kind.ACCOUNT, access.account.id, access.account.name, account_id=access.account.id,
         detail="integrations.yaml")
    return HttpResponse(text, content_type="application/yaml", headers={
        "Content-Disposition": f'attachment; filename="{access.account.slug}-integrations.yaml"'})


def _done(access: Access, wanted: Sequence[Record], *, dry_run: bool) -> Configured:
    """Raises Problem that names all mistakes, and QuotaReached."""
    try:
        configuration = Configuration.model_validate({"integrations": wanted, "dry_run": dry_run})
    except ValidationError as error:
        mistakes = [mistake_of({**one, "loc": ("body", "", *one["loc"])}) for one in error.errors()]
        raise Problem(422, "The file cannot be used.", errors=mistakes) from None
    with transaction.atomic():
        return in_step(access, configuration, by=str(access.person))


def _finished(request: HttpRequest, access: Access, done: Configured) -> HttpResponse:
    """Back to the list where they are; but first the new signing secrets, this once."""
    messages.success(request, _("Imported: %(counts)s.") % {"counts": _counted(done)})
    service = next((one.service_id for one in (*done.created, *done.changed) if one.service_id), None)
    onwards = (reverse("pbx-integrations", args=[access.account.slug, service]) if service
               else reverse("integrations", args=[access.account.slug]))
    secrets = [one for one in done.created if one.signing_secret]
    if not secrets:
        return redirect(onwards)
    response = render(request, "integrations/imported.html", {"created": secrets, "onwards": onwards})
    response["Cache-Control"] = "no-store"
    return response


def _named(plan: Configured, services: Sequence[Service]) -> list[tuple[str, str, str, Sequence[str]]]:
    """What would be done: what, to which integration, where it is, and which fields change."""
    places: Mapping[UUID | None, str] = {one.id: str(one) for one in services}
    created = [("Created", one, ()) for one in plan.created]
    changed = [("Changed", one, tuple(one.changes)) for one in plan.changed]
    same = [("Unchanged", one, ()) for one in plan.unchanged]
    return [(what, one.name, places.get(one.service_id, _("Account")), fields)
            for what, one, fields in (*created, *changed, *same)]


def _counted(plan: Configured) -> str:
    counts = ((len(plan.created), _("created")), (len(plan.changed), _("changed")),
              (len(plan.unchanged), _("unchanged")))
    return ", ".join(f"{count} {what}" for count, what in counts if count) or _("nothing")


def _stamp(plan: Configured) -> str:
    """Tells one plan from another: what was confirmed is done, or shown anew."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()[:16]


def _at_home(mistake: Mistake, wanted: Sequence[Record]) -> Mistake:
    """The mistake at the integration's name instead of its number in the list."""
    head, _, rest = mistake.where.removeprefix("integrations.").partition(".")
    if not head.isdecimal() or int(head) >= len(wanted):
        return mistake
    return replace(mistake, where=f"{wanted[int(head)].get('name', head)}, {rest}")
