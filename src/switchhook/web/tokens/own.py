"""Pages of one's own API tokens, viewers' included: they act by one's role in the account, and end with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.navigation import SWITCHER_LIMIT
from switchhook.web.tenancy import Access, accounts_of, own_view, tokens_of
from switchhook.web.tokens import actions
from switchhook.web.tokens.forms import TokenForm
from switchhook.web.tokens.views import make, rows, shown


def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens for all accounts, and for which of these another can be made."""
    assert request.user.is_authenticated  # the middleware sees to it
    return shown(request, "tokens/own.html", None, rows=rows(tokens_of(request.user)),
                 accounts=accounts_of(request.user)[:SWITCHER_LIMIT])


@own_view
def new(request: HttpRequest, access: Access) -> HttpResponse:
    """A new token for the account. Making it shows it, once."""
    scopes = actions.scopes_for(access)
    form = TokenForm(request.POST or None, access=access, scopes=scopes)
    made = make(access, form, of_account=False) if request.method == "POST" and form.is_valid() else None
    return shown(request, "tokens/own_new.html", made, form=form)


@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """It works no more."""
    assert request.user.is_authenticated
    token = get_object_or_404(tokens_of(request.user), id=token_id)
    actions.revoke(token)
    messages.success(request, _("%(token)s is revoked: it works no more.") % {"token": token})
    return redirect("own-tokens")
