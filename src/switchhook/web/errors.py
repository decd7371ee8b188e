"""Error pages: what happened, in plain words, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.accounts.viewing import viewing_of
from switchhook.web.tenancy import AccountShut, RoleNeeded

_UNKNOWN_HOST = (
    "The portal has no such host name. Whoever runs it says by which one it is reached: by SWITCHHOOK_PUBLIC_URL, or "
    "in the file of brands where there are several. A proxy in front has to pass the header Host on.\n")


@login_not_required
def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400. Under a host name that is not ours no brand is known, and so there is no page: mostly it is the operator who
    sees this, after setting up a proxy."""
    if isinstance(exception, DisallowedHost):
        return HttpResponse(_UNKNOWN_HOST, status=400, content_type="text/plain; charset=utf-8")
    return render(request, "errors/400.html", status=400)


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403. Names the role that is needed, where it is a matter of roles."""
    if isinstance(exception, AccountShut):
        return render(request, "errors/shut.html", {"account": exception.account}, status=403)
    role = exception.role if isinstance(exception, RoleNeeded) else ""
    return render(request, "errors/403.html", {"role": role, "viewing": viewing_of(request)}, status=403)


class QuotaPages:
    """The middleware that says so when an account may have no more, where no form does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, QuotaReached):
            return None
        wait = exception.retry_after_s
        status = 409 if wait is None else 429
        response = render(request, "errors/quota.html", {"message": str(exception)}, status=status)
        if wait is not None:
            response["Retry-After"] = str(wait)
        return response


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404. Also for what is there but is none of this person's business."""
    return render(request, "errors/404.html", status=404)


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    """500. Asks nothing of the database: that may be what is broken."""
    request_id = getattr(request, "request_id", "")
    return render(request, "errors/500.html", {"request_id": request_id, "bare": True}, status=500)


@login_not_required
def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token did not fit: mostly a page that was open for too long."""
    return render(request, "errors/403_csrf.html", {"bare": True}, status=403)
