"""What allauth asks of us: nobody signs up by themselves, and where to go afterwards."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class PersonAdapter(DefaultAccountAdapter):
    """People are added by the operator or an account's admin, and get a one-time link."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("start")
