"""The pages that belong to no subject: the way in, health, the choice of a theme."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_POST

from switchhook.web.accounts.viewing import viewing_of
from switchhook.web.tenancy import accounts_of
from switchhook.web.way_back import way_back

_A_YEAR_SECONDS = 365 * 24 * 3600


def start(request: HttpRequest) -> HttpResponse:
    """To the account's home, or, where there are several, to the choice of one."""
    assert request.user.is_authenticated  # the middleware sees to it
    viewing = viewing_of(request)
    if viewing is not None:
        return redirect("home", account=get_object_or_404(accounts_of(request.user), id=viewing.account_id).slug)
    accounts = list(accounts_of(request.user)[:101])
    if len(accounts) == 1:
        return redirect("home", account=accounts[0].slug)
    if request.user.is_operator:
        return redirect("operator-overview")
    return render(request, "shell/choose_account.html", {"accounts": accounts})


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the web reaches its database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database is away"}, status=503)
    return JsonResponse({"status": "ok"})


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask here whatever the page says."""
    return redirect(static("switchhook/favicon.svg"))


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or auto in a cookie, and go back."""
    response = HttpResponseRedirect(way_back(request))
    theme = request.POST.get("theme", "auto")
    response.set_cookie(
        "theme", theme if theme in ("light", "dark") else "auto", max_age=_A_YEAR_SECONDS, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE, httponly=True)
    return response
