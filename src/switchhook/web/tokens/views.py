"""Pages of an account's API tokens: the list, a new one (shown once), and revoking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.branding.views import brand_of
from switchhook.web.members.models import Role
from switchhook.web.models import ApiToken, Service
from switchhook.web.tenancy import Access, account_view
from switchhook.web.tokens import actions
from switchhook.web.tokens.forms import TokenForm
from switchhook.web.tokens.models import Scope

LIST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A token that was made just now, and its text: shown this once."""

    token: ApiToken
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A token in a list: why it works no more (or ""), and the names of the PBXs that it is limited to."""

    token: ApiToken
    ended: str
    services: Sequence[str]


@account_view(needs=Role.ADMIN, whole=True)
def tokens(request: HttpRequest, access: Access) -> HttpResponse:
    """All tokens for the account. Those made here are the account's own. Making one shows it, once."""
    form = TokenForm(request.POST or None, access=access, scopes=list(Scope))
    made = make(access, form, of_account=True) if request.method == "POST" and form.is_valid() else None
    if made is not None:
        form = TokenForm(access=access, scopes=list(Scope))
    return shown(request, "tokens/list.html", made, rows=rows(access.tokens()), form=form)


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def revoke(request: HttpRequest, access: Access, token_id: UUID) -> HttpResponse:
    """It works no more."""
    token = get_object_or_404(access.tokens(), id=token_id)
    actions.revoke(token)
    messages.success(request, _("%(token)s is revoked: it works no more.") % {"token": token})
    return redirect("tokens", account=access.account.slug)


def make(access: Access, form: TokenForm, *, of_account: bool) -> Made | None:
    """The token that the form describes; None when there cannot be one more: the form then says so."""
    try:
        return Made(*actions.make_token(
            access, form.cleaned_data["name"], form.chosen_scopes, of_account=of_account,
            services=form.chosen_services, expires_at=form.expires_at))
    except QuotaReached as reached:
        form.add_error(None, str(reached))
        return None


def rows(found: QuerySet[ApiToken]) -> list[Row]:
    """The newest of these tokens, for their list."""
    tokens, now = list(found.select_related("made_by", "account").order_by("-created_at")[:LIST_LIMIT]), timezone.now()
    limits = {one for token in tokens for one in token.services}
    names = {str(one.id): str(one) for one in Service.objects.filter(id__in=limits)}
    return [Row(token, token.ended(now), [names.get(one, _("a deleted PBX")) for one in token.services])
            for token in tokens]


def shown(request: HttpRequest, template: str, made: Made | None, **more: object) -> HttpResponse:
    """The page, which no cache keeps when a token's text is on it."""
    response = render(request, template, {"made": made, "api_url": f"{brand_of(request).portal_url}/api/v1", **more})
    if made is not None:
        response["Cache-Control"] = "no-store"
    return response
