"""What happens to accounts."""

from __future__ import annotations

from django.db import transaction

from switchhook.web.configuration import touch
from switchhook.web.models import Account, Inbox


def save_account(account: Account, *fields: str) -> None:
    """Save a new account, which gets its request inbox, or these fields of one, and tell the engines. What somebody
    else changed of it meanwhile (its state!) stays as they want it."""
    is_new = account._state.adding
    with transaction.atomic():
        account.save(update_fields=fields or None)
        if is_new:
            Inbox.objects.create(account=account)
        touch()
