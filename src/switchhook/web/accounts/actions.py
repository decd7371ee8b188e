"""What happens to accounts."""

from __future__ import annotations

from django.db import transaction

from switchhook.web.configuration import touch
from switchhook.web.models import Account, Inbox


def save_account(account: Account) -> None:
    """Save an account, new or changed, and tell the engines. A new one gets its request inbox."""
    is_new = account._state.adding
    with transaction.atomic():
        account.save()
        if is_new:
            Inbox.objects.create(account=account)
        touch()
