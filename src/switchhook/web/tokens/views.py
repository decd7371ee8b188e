"""Pages of API tokens: the list, a new one (shown once), and revoking."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.branding.views import brand_of
from switchhook.web.members.models import Role
from switchhook.web.tenancy import Access, account_view
from switchhook.web.tokens import actions
from switchhook.web.tokens.forms import TokenForm

LIST_LIMIT = 200


@account_view(needs=Role.ADMIN, whole=True)
def tokens(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's tokens. Making one shows it, once."""
    form = TokenForm(request.POST or None, access=access)
    made, text = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, text = actions.make_token(
                access, form.cleaned_data["name"], form.chosen_scopes, services=form.chosen_services,
                expires_at=form.expires_at)
            form = TokenForm(access=access)
        except QuotaReached as reached:
            form.add_error(None, str(reached))
    names = {str(one.id): str(one) for one in access.services()}
    now = timezone.now()
    rows = [
        (token, token.ended(now), [names.get(one, _("a deleted PBX")) for one in token.services])
        for token in access.tokens().select_related("made_by").order_by("-created_at")[:LIST_LIMIT]]
    response = render(request, "tokens/list.html", {
        "rows": rows, "form": form, "made": made, "text": text, "api_url": f"{brand_of(request).portal_url}/api/v1"})
    if text:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def revoke(request: HttpRequest, access: Access, token_id: UUID) -> HttpResponse:
    """It works no more."""
    token = get_object_or_404(access.tokens(), id=token_id)
    actions.revoke(token)
    messages.success(request, _("%(token)s is revoked: it works no more.") % {"token": token})
    return redirect("tokens", account=access.account.slug)
