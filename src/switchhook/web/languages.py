"""In which language a page speaks: as its reader chose in their profile, else as their browser asks, else as the brand
has it. The API, and all that leaves the house, speaks English."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from switchhook.web.branding.views import brand_of

ENGLISH = "en"


class Language:
    """The middleware that has each request speak one language, and says so in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            with translation.override(ENGLISH):
                return self.get_response(request)
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language",))
        return response


def language_of(request: HttpRequest) -> str:
    """The reader's language."""
    return _chosen(request) or _asked_for(request) or brand_of(request).language


def _chosen(request: HttpRequest) -> str:
    """What the person chose; who has no session is nobody, and the database need not be asked."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    try:
        chosen = getattr(request.user, "language", "")
    except DatabaseError:  # the page of that is in the browser's language
        return ""
    return known(chosen)


def _asked_for(request: HttpRequest) -> str:
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return next((found for wish, _ in asked if (found := known(wish.partition("-")[0]))), "")


def known(language: str) -> str:
    """The language if there is a catalogue of it, else ""."""
    return language if language in dict(settings.LANGUAGES) else ""
