"""Pages of an integration's signatures: code that checks them, and the secret, for who confirms that it is them."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.integrations.preview import example, preview
from switchhook.web.integrations.stored import opened
from switchhook.web.integrations.verifying import SAMPLES, sample, signs_body
from switchhook.web.integrations.views import reveal_once
from switchhook.web.members.models import Role
from switchhook.web.models import Integration
from switchhook.web.tenancy import Access


@require_POST
@integration_view(needs=Role.ADMIN)
@reauthentication_required(app="switchhook")  # type: ignore[untyped-decorator]  # allauth's
def reveal(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Show the signing secret once more: to who has just proved by password or second factor that it is them.

    Who has neither, but logs in elsewhere, cannot prove it here, and is not shown it."""
    row, person = row, access.person
    if person is not None and (person.has_usable_password() or is_mfa_enabled(person)):
        reveal_once(request, row)
    else:
        messages.warning(request, _(
            "You log in by single sign-on, so we cannot ask you here whether it is you: set up a second factor first, "
            "or make a new secret."))
    return redirect("integration", account=access.account.slug, integration_id=row.id)


@integration_view
def verifying(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Code that checks the signatures of this integration, in the receiver's language. It holds no secret."""
    integration, now = opened(row, timezone.now()).integration, timezone.now()
    chosen = sample(request.GET.get("language", ""))
    shown = preview(integration, example(integration, row.service, now), signed=bool(row.signing_secrets), at=now)
    return render(request, "integrations/verifying.html", {
        "row": row, "samples": SAMPLES, "chosen": chosen, "call": chosen.call_for(integration),
        "signs_body": signs_body(integration), "header_names": shown.header_names})

