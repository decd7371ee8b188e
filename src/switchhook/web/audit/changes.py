"""What is noted by itself: every row of these models that is saved or deleted, by whatever page or program.

`QuerySet.update` goes by unseen: verbs that use it on one of these models note what they did themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.db.models.signals import post_save, pre_delete, pre_save

from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.pictures import Picture, differences, picture
from switchhook.web.audit.writing import note, note_of_person
from switchhook.web.models import (
    Account,
    ApiToken,
    Connection,
    Errand,
    Inbox,
    Integration,
    Invitation,
    Member,
    PbxUser,
    Person,
    Service,
    UserDatabase,
)

KINDS: dict[type[Model], Kind] = {
    Account: Kind.ACCOUNT, Member: Kind.MEMBER, Service: Kind.SERVICE, Connection: Kind.CONNECTION,
    PbxUser: Kind.USER, Integration: Kind.INTEGRATION, ApiToken: Kind.TOKEN, Inbox: Kind.INBOX,
    UserDatabase: Kind.CONNECTION, Invitation: Kind.INVITATION, Person: Kind.LOGIN, Authenticator: Kind.SECOND_FACTOR,
}

#: Asked of the engine by a person; what tells of a changed user is noted as the change itself.
_ERRANDS = {
    "send_test": "a test", "redeliver": "redelivering deliveries", "cancel": "cancelling a delivery",
    "catch_up": "catching up", "redeliver_many": "recovering failed deliveries", "test_event": "a test event",
    "test_connection": "trying a connection", "test_call": "a test call", "detect": "detecting how a PBX is read"}


_unnoted: ContextVar[bool] = ContextVar("unnoted", default=False)


@contextmanager
def unnoted() -> Iterator[None]:
    """What is erased leaves nothing behind, also in the log: nothing is noted by itself meanwhile."""
    before = _unnoted.set(True)
    try:
        yield
    finally:
        _unnoted.reset(before)


def begin() -> None:
    """Note from now on."""
    for model in KINDS:
        pre_save.connect(_before, sender=model, dispatch_uid=f"audit before {model.__name__}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"audit saved {model.__name__}")
        pre_delete.connect(_deleted, sender=model, dispatch_uid=f"audit deleted {model.__name__}")
    post_save.connect(_asked, sender=Errand, dispatch_uid="audit asked")


def _before(sender: type[Model], instance: Any, **more: Any) -> None:
    """Remember how the row was until now."""
    known = None if instance._state.adding else sender._base_manager.filter(pk=instance.pk).first()
    instance.audit_before = None if known is None else picture(known)


def _saved(sender: type[Model], instance: Any, created: bool, **more: Any) -> None:
    before: Picture | None = None if created else instance.audit_before
    changed = differences(before or {}, picture(instance))
    if changed or created:
        _note(Action.CREATED if before is None else Action.CHANGED, sender, instance, changed)


def _deleted(sender: type[Model], instance: Any, **more: Any) -> None:
    _note(Action.DELETED, sender, instance, differences(picture(instance), {}))


def _note(action: Action, sender: type[Model], row: Any, changes: dict[str, tuple[Any, Any]]) -> None:
    if _unnoted.get():
        return
    kind = KINDS[sender]
    match row:
        case Person():
            note_of_person(action, kind, row, changes=changes)
        case Authenticator():
            note_of_person(action, kind, row.user, detail=row.get_type_display(), changes=changes)
        case Member():
            note(action, kind, row.id, row.person.email, account_id=row.account_id, changes=changes)
        case _:
            note(action, kind, row.pk, str(row), account_id=_account_of(row), changes=changes)


def _account_of(row: Any) -> UUID | None:
    match row:
        case Account():
            return row.id
        case Connection() | UserDatabase():
            return None
        case PbxUser():
            return row.service.account_id
        case _:
            account_id: UUID = row.account_id
            return account_id


def _asked(sender: type[Model], instance: Errand, created: bool, **more: Any) -> None:
    if created and instance.kind in _ERRANDS:
        asked = {name: (None, value) for name, value in json.loads(instance.args).items() if value not in ("", None)}
        note(Action.ASKED, Kind.ERRAND, instance.id, _ERRANDS[instance.kind], account_id=instance.account_id,
             changes=asked)
