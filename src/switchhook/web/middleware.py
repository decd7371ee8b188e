"""What happens around every request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from switchhook.web.oversized import is_too_large

log = logging.getLogger(__name__)


class RequestId:
    """Gives every request an id: it stands in the answer (`X-Request-Id`), on the error page and in the log.

    And begins it in UTC: the thread may still be in the time zone of the account that it served before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid4().hex[:12]  # type: ignore[attr-defined]
        timezone.deactivate()
        nul = "%00" in request.META.get("QUERY_STRING", "")  # no database takes it: PostgreSQL would fail over it
        if nul and not request.path.startswith("/api/"):  # the API says itself which parameter it is
            response = HttpResponse("A NUL character stands for nothing here.", status=400, content_type="text/plain")
        else:
            response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # no proxy on the way keeps it
            response.headers.setdefault("Cache-Control", "private, no-cache")
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if response.status_code >= 500:
            log.error("request %s: %s %s answered %s", request.request_id, request.method,  # type: ignore[attr-defined]
                      request.path, response.status_code)
        return response


class BodySize:
    """Says what to do to who sends more than we take, before anything reads it. The API says it itself (manners.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        if is_too_large(request.META.get("CONTENT_LENGTH", "")):
            return render(request, "errors/413.html", status=413)
        return None


class SecondFactor:
    """Leads who lacks the second factor that an account wants of its people to where it is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from switchhook.web.tenancy import SecondFactorNeeded  # models are not loaded any sooner

        if not isinstance(exception, SecondFactorNeeded):
            return None
        messages.warning(request, _("This account asks everybody for a second factor. Set one up, then go on."))
        if request.headers.get("HX-Request"):  # a part of a page asks for news: all of the page goes there
            return HttpResponseClientRedirect(reverse("mfa_index"))
        return redirect("mfa_index")


class LoginRequired(LoginRequiredMiddleware):
    """Every page needs a login, unless it says otherwise. The API needs a token instead (web/api/manners.py); its
    page of documentation is a page like the others."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and match.app_name == "ninja" and match.url_name != "openapi-view":
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # a redirect of htmx is no HttpResponseRedirect
        self, request: HttpRequest, view_func: Callable[..., Any],
    ) -> HttpResponseBase:
        """To the login, and from there back. A part of a page that asks for news takes the whole page there: put
        into its place, the login would stand in the middle of a list."""
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = page.path + (f"?{page.query}" if page.query else "")
        return HttpResponseClientRedirect(redirect_to_login(back or "/", self.get_login_url(view_func)).url)
