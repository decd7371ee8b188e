"""Proof that an address is a person's own: a letter reached them, or their provider says so.

Without it, whoever made the login may have made the address up, to be there before its owner: by an invitation whose
link was passed on by hand, or by changing their own address. So with the first proof every way in goes but the one that
proved it. A second factor stays: its owner is asked for it, and taking it away would be a way around it.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from switchhook.web.models import Person


def is_proven(person: Person) -> bool:
    """Whether the address by which they log in was proven to be theirs."""
    return bool(EmailAddress.objects.filter(user_id=person.id, email__iexact=person.email, verified=True).exists())


def has_proven(person: Person) -> None:
    """Remember it."""
    EmailAddress.objects.update_or_create(
        user_id=person.id, email=person.email.lower(), defaults={"verified": True, "primary": True})


@transaction.atomic
def prove_by_provider(person: Person) -> None:
    """Single sign-on: a password that was there before the first proof works no more, and its sessions end with it."""
    if not is_proven(person):
        person.set_unusable_password()
        person.save(update_fields=["password"])
        SocialAccount.objects.filter(user_id=person.id).delete()
        has_proven(person)


def begin() -> None:
    """Notice from now on who has a new password by the link of a letter."""
    password_reset.connect(_by_letter, dispatch_uid="proof by letter")


@transaction.atomic
def _by_letter(sender: Any, user: Person, **more: Any) -> None:
    """The password before is gone; a provider's login that was there before the first proof goes, too."""
    if not is_proven(user):
        SocialAccount.objects.filter(user_id=user.id).delete()
        has_proven(user)
