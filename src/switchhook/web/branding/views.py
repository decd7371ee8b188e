"""The brand of a request: for every template, as a stylesheet, and its logo."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from switchhook import __version__
from switchhook.web.branding.brands import Brand

_A_WEEK = "public, max-age=604800"


def brand_of(request: HttpRequest) -> Brand:
    """The brand of the host name that was asked for."""
    found: Brand = settings.BRANDS.of_host(request.get_host())
    return found


def brand(request: HttpRequest) -> dict[str, object]:
    """For every template: `brand`, `brand_name`, `service_type_name`, `version`."""
    ours = brand_of(request)
    return {"brand": ours, "brand_name": ours.name, "service_type_name": ours.service_type, "version": __version__,
            "sends_mail": bool(settings.SWITCHHOOK.smtp_url),
            "sso_name": settings.SWITCHHOOK.sso_name if settings.SWITCHHOOK.sso_discovery_url else ""}


@login_not_required
@require_safe
def stylesheet(request: HttpRequest) -> HttpResponse:
    """The brand's colours. A file, because nothing in a page may style it (Content-Security-Policy)."""
    return _kept(brand_of(request).stylesheet.encode(), "text/css; charset=utf-8")


@login_not_required
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    """The brand's picture."""
    picture = brand_of(request).logo
    if picture is None:
        raise Http404("This brand has no logo.")
    return _kept(picture.content, picture.content_type)


def _kept(content: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"Cache-Control": _A_WEEK, "Vary": "Host"})
