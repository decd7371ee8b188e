"""The setting `smtp_url` as Django wants it told."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


def django_mail(url: str) -> dict[str, Any]:
    """Django's EMAIL_… settings for smtp://USER:PASSWORD@HOST:PORT (STARTTLS from port 587 on) or smtps://…

    Empty: no e-mail leaves the house.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    implicit_tls = parts.scheme == "smtps"
    port = parts.port or (465 if implicit_tls else 587)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit_tls,
        "EMAIL_USE_TLS": not implicit_tls and port == 587,
        "EMAIL_TIMEOUT": 10,
    }
