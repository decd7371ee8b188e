"""What allauth asks of us: nobody signs up by themselves, and what is kept of a second factor is sealed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.urls import reverse

from switchhook.web.branding.views import brand_of
from switchhook.web.members.addresses import person_at
from switchhook.web.members.letters import send_apart
from switchhook.web.members.proof import prove_by_provider
from switchhook.web.secrets import seal, unseal

#: The context of what is sealed of a second factor (web/secrets.py).
SEALED_AS = "second factor"
#: Where allauth puts it: an app's secret, the seed of the recovery codes.
SEALED_PARTS = ("secret", "seed")


class PersonAdapter(DefaultAccountAdapter):
    """People are added by the operator or an account's admin, and get a one-time link."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Who asks; where a proxy is trusted, the server has put there whom that names."""
        return str(request.META["REMOTE_ADDR"])

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: object) -> str:
        """What tries of a password are counted by: the address. allauth's has the request's host and port in it, which
        who guesses chooses anew each time."""
        return str(credentials.get("email", "")).lower()

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("start")

    def is_safe_url(self, url: str | None) -> bool:
        """Also of what is no URL at all."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Where a letter leads to is ours to say, not the asker's: by `Host` they would have the key sent elsewhere."""
        asked = super().get_reset_password_from_key_url(key)
        return f"{brand_of(self.request).portal_url}{urlsplit(asked).path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        around = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        send_apart(self.render_mail(template_prefix, email, around | context))

    def get_from_email(self) -> str:
        """Each brand has its own sender."""
        return brand_of(self.request).mail_from

    def format_email_subject(self, subject: str) -> str:
        return f"{brand_of(self.request).name}: {' '.join(subject.split())}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are sealed as all others are, and they bear the brand's name."""

    def get_totp_issuer(self) -> str:
        return brand_of(context.request).name

    def encrypt(self, text: str) -> str:
        return seal(text, SEALED_AS)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, SEALED_AS)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on: for people whom we know, by an address that the provider has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The first time it is the address by which somebody is known; from then on the provider's own id."""
        if sociallogin.is_existing:
            return
        addresses = [one.email for one in sociallogin.email_addresses if one.verified]
        person = person_at(addresses[0]) if addresses else None
        if person is not None:
            prove_by_provider(person)
            sociallogin.connect(request, person)
