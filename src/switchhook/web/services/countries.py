"""Countries, as people type them."""

from __future__ import annotations

from django import forms

from switchhook.domain.numbers import COUNTRIES


def clean_country(typed: str) -> str:
    """Two capital letters, or none. Raises ValidationError."""
    country = typed.strip().upper()
    if country and country not in COUNTRIES:
        raise forms.ValidationError(f"“{country}” is no country: write its two letters, like AU, DE or US.")
    return country
