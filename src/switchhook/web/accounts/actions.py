"""What happens to accounts."""

from __future__ import annotations

from django.db import transaction

from switchhook.web.configuration import touch
from switchhook.web.models import Account


def save_account(account: Account) -> None:
    """Save an account, new or changed, and tell the engines."""
    with transaction.atomic():
        account.save()
        touch()
