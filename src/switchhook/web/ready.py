"""Django made ready, for commands that use the web's models without serving pages."""

from __future__ import annotations

import os


def make_ready() -> None:
    """Set Django up by our settings; doing it twice does no harm."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchhook.web.django_settings")
    import django

    django.setup()
