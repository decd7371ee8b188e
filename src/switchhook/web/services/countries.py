"""Countries, as people type them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from switchhook.domain.numbers import COUNTRIES


def clean_country(typed: str) -> str:
    """Two capital letters, or none. Raises ValidationError."""
    country = typed.strip().upper()
    if country and country not in COUNTRIES:
        raise forms.ValidationError(_(
            "“%(country)s” is no country: write its two letters, like AU, DE or US.") % {"country": country})
    return country
