"""An account's life: open, suspended, closed, open again. Engines learn of each change within two seconds.

Suspended, nothing of it fires and its members see why; all is kept. Closed, the same, and when its time of grace is
over it is erased (erasing.py). Until then it can be opened again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from switchhook.web.accounts.actions import save_account
from switchhook.web.accounts.models import Account, AccountState
from switchhook.web.members.models import Person

log = logging.getLogger(__name__)


def suspend(account: Account, reason: str, by: Person) -> None:
    """Have it rest. Its members read the reason."""
    _enter(account, AccountState.SUSPENDED, reason, by)


def close(account: Account, reason: str, by: Person) -> None:
    """Have it rest, and be erased after the time of grace."""
    account.erase_at = timezone.now() + timedelta(days=settings.SWITCHHOOK.account_grace_days)
    _enter(account, AccountState.CLOSED, reason, by)


def reopen(account: Account, by: Person) -> None:
    """All works again, and what was still owed is sent if it has not expired."""
    _enter(account, AccountState.OPEN, "", by)


def _enter(account: Account, state: AccountState, reason: str, by: Person) -> None:
    if state is not AccountState.CLOSED:
        account.erase_at = None
    account.state, account.state_reason, account.state_at = state, " ".join(reason.split()), timezone.now()
    save_account(account)
    log.info("account.%s account=%s by=%s", state.value, account.id, by.id)
