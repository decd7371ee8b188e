"""What allauth asks of us: nobody signs up by themselves, and where to go afterwards."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from switchhook.web.branding.views import brand_of


class PersonAdapter(DefaultAccountAdapter):
    """People are added by the operator or an account's admin, and get a one-time link."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("start")

    def is_safe_url(self, url: str | None) -> bool:
        """Also of what is no URL at all."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_from_email(self) -> str:
        """Each brand has its own sender."""
        return brand_of(self.request).mail_from

    def format_email_subject(self, subject: str) -> str:
        return f"{brand_of(self.request).name}: {' '.join(subject.split())}"
