"""Erasing: what a closed account leaves behind is nothing. Done by the web once the time of grace is over, in small
steps, so that deliveries of others never wait for it; broken off, it goes on where it was. From its first step on the
account cannot be opened again.

Whatever has an `account_id` is its own. What belongs to that without naming the account stands in `_erase_children`;
the rest goes with it (ON DELETE CASCADE, as Django does it). People who are members of nothing else go, too. Engines
that have not learned of it yet may still write: so all is done once more after a while, and then the account itself
goes. What was deleted is overwritten at last (overwriting.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import DatabaseError, close_old_connections, connection, models, transaction
from django.utils import timezone

from switchhook.web.accounts.models import Account, AccountState
from switchhook.web.accounts.overwriting import overwrite_deleted
from switchhook.web.audit.changes import unnoted
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.configuration import touch
from switchhook.web.models import (
    Attempt,
    AuditEntry,
    Delivery,
    DirectoryState,
    Event,
    Inbox,
    InboxRequest,
    Integration,
    IntegrationFailure,
    IntegrationHealth,
    IntegrationHour,
    Person,
    Service,
)

log = logging.getLogger(__name__)

LOOK_SECONDS = 300.0
STEP = 500  # rows that are deleted at once
SETTLE = timedelta(minutes=1)  # engines learn of what is gone within seconds


def keep_erasing(stopped: threading.Event) -> None:
    """Erase what is due, again and again, until told to stop."""
    while not stopped.is_set():
        try:
            close_old_connections()
            erase_due()
        except DatabaseError:
            log.warning("accounts.not_erased the database is away")
        stopped.wait(LOOK_SECONDS)


def erase_due(settle: timedelta = SETTLE) -> list[UUID]:
    """Erase the accounts whose grace is over. Returns those of which nothing is left in any table."""
    due = Account.objects.filter(state=AccountState.CLOSED, erase_at__lte=timezone.now())
    erased = [account.id for account in due if erase(account, settle)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM erased_account")
        if cursor.fetchone()[0] and overwrite_deleted():
            cursor.execute("DELETE FROM erased_account")
    return erased


def erase(account: Account, settle: timedelta = SETTLE) -> bool:
    """Erase it. False when it was opened again meanwhile, or when engines may not have learned of it yet: once more,
    then. One line, in the operator's audit log, says that it was."""
    began_at = _begin(account)
    if began_at is None:
        return False
    with unnoted():
        _erase_what_it_has(account)
        if timezone.now() - began_at < settle:
            return False
        _erase_itself(account)
    note(Action.DELETED, Kind.ACCOUNT, "", "", account_id=None,  # its name is gone, too
         detail="Erased with all that was its own, after its time of grace")
    return True


def _begin(account: Account) -> datetime | None:
    """From here on there is no way back. When that was; None: it is not to be erased."""
    with transaction.atomic():
        due = Account.objects.select_for_update().filter(
            id=account.id, state=AccountState.CLOSED, erase_at__lte=timezone.now()).first()
        if due is None:
            return None
        if due.erasing_since is None:
            due.erasing_since = timezone.now()
            Account.objects.filter(id=due.id).update(erasing_since=due.erasing_since)
        return due.erasing_since


def _erase_what_it_has(account: Account) -> None:
    _erase_children(account)
    for model in owned_models():
        while ids := list(model._base_manager.filter(account_id=account.id).values_list("pk", flat=True)[:STEP]):
            with transaction.atomic():
                model._base_manager.filter(pk__in=ids).delete()
    _erase_strays()
    touch()


def _erase_itself(account: Account) -> None:
    with transaction.atomic():
        Account.objects.filter(id=account.id).delete()
        _erase_audit_log(account.id)
        touch()
    log.info("account.erased account=%s", account.id)


def _erase_audit_log(account_id: UUID) -> None:
    """The database lets no young line go, but of an account that is said to be erased (migration 0010). It is said
    until what was deleted is overwritten, too."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO erased_account (id) VALUES (%s) ON CONFLICT DO NOTHING", [_stored(account_id)])
        AuditEntry.objects.filter(account_id=account_id).delete()


def owned_models() -> list[type[models.Model]]:
    """Every model that says which account a row is of. Members come last: by them we know the people. The audit log is
    none of them: it goes in the transaction of the account itself."""
    found = [one for one in apps.get_app_config("web").get_models()
             if one is not AuditEntry and any(field.attname == "account_id" for field in one._meta.concrete_fields)]
    return sorted(found, key=lambda one: one.__name__ == "Member")


def _erase_children(account: Account) -> None:
    """What belongs to an account by way of something else, and would not be found without it."""
    while ids := _ids(Event.objects.filter(account_id=account.id)):
        with transaction.atomic(), connection.cursor() as cursor:
            deliveries = Delivery.objects.filter(event_id__in=ids)
            Attempt.objects.filter(delivery_id__in=deliveries.values("id")).delete()
            deliveries.delete()
            for one in ids:
                cursor.execute("DELETE FROM intake_key WHERE event_id = %s", [_stored(one)])
            Event.objects.filter(id__in=ids).delete()
    integrations = list(Integration.objects.filter(account=account).values_list("id", flat=True))
    for counted in (IntegrationHealth, IntegrationHour, IntegrationFailure):
        counted._base_manager.filter(integration_id__in=integrations).delete()
    services = list(account.services.values_list("id", flat=True))
    DirectoryState.objects.filter(service_id__in=services).delete()
    inboxes = list(Inbox.objects.filter(account=account).values_list("id", flat=True))
    InboxRequest.objects.filter(inbox_id__in=inboxes).delete()
    Person.objects.filter(
        memberships__account=account, is_superuser=False,
    ).exclude(memberships__in=_memberships_elsewhere(account)).delete()


def _erase_strays() -> None:
    """What engines wrote of an integration, a service or an inbox that was gone already."""
    for counted in (IntegrationHealth, IntegrationHour, IntegrationFailure):
        counted._base_manager.exclude(integration_id__in=Integration.objects.values("id")).delete()
    DirectoryState.objects.exclude(service_id__in=Service.objects.values("id")).delete()
    InboxRequest.objects.exclude(inbox_id__in=Inbox.objects.values("id")).delete()


def _memberships_elsewhere(account: Account) -> models.QuerySet[models.Model]:
    return apps.get_model("web", "Member")._base_manager.exclude(account_id=account.id)


def _ids(found: models.QuerySet[Event]) -> Sequence[UUID]:
    return list(found.values_list("id", flat=True)[:STEP])


def _stored(id_: UUID) -> UUID | str:
    return id_.hex if connection.vendor == "sqlite" else id_
