"""The brand: the product's name and what Trigger Service Type shows, from the settings."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from switchhook import __version__


def brand(request: HttpRequest) -> dict[str, object]:
    """For every template: `brand_name`, `service_type_name`, `version`."""
    ours = settings.SWITCHHOOK
    return {"brand_name": ours.brand_name, "service_type_name": ours.service_type_name, "version": __version__,
            "sends_mail": bool(ours.smtp_url), "sso_name": ours.sso_name if ours.sso_discovery_url else ""}
