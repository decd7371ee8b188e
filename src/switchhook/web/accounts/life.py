"""An account's life: open, suspended, closed, open again. Engines learn of each change within two seconds.

Suspended, nothing of it fires and its members see why; all is kept. Closed, the same, and when its time of grace is
over it is erased (erasing.py). Until then it can be opened again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from switchhook.web.accounts.actions import save_account
from switchhook.web.accounts.models import Account, AccountState
from switchhook.web.members.models import Person

log = logging.getLogger(__name__)


class BeingErased(Exception):
    """There is no way back: parts of it are gone."""

    def __init__(self, account: Account) -> None:
        super().__init__(_("The time of grace of %(name)s is over: it is being erased.") % {"name": account.name})


def suspend(account: Account, reason: str, by: Person) -> None:
    """Have it rest. Its members read the reason. Raises BeingErased."""
    _enter(account, AccountState.SUSPENDED, reason, by)


def close(account: Account, reason: str, by: Person) -> None:
    """Have it rest, and be erased after the time of grace. Raises BeingErased."""
    _enter(account, AccountState.CLOSED, reason, by, timedelta(days=settings.SWITCHHOOK.account_grace_days))


def reopen(account: Account, by: Person) -> None:
    """All works again, and what was still owed is sent if it has not expired. Raises BeingErased."""
    _enter(account, AccountState.OPEN, "", by)


@transaction.atomic
def _enter(account: Account, state: AccountState, reason: str, by: Person, grace: timedelta | None = None) -> None:
    if not Account.objects.select_for_update().filter(id=account.id, erasing_since=None).exists():
        raise BeingErased(account)
    account.erase_at = None if grace is None else timezone.now() + grace
    account.state, account.state_reason, account.state_at = state, " ".join(reason.split()), timezone.now()
    save_account(account, "state", "state_reason", "state_at", "erase_at")
    log.info("account.%s account=%s by=%s", state.value, account.id, by.id)
