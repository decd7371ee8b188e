"""What happens to users: each change, the errand that tells of it, and the new version are one transaction.

The engine turns the errand into an Event and its Deliveries (`user_changed` in store/ports.py). Where
nothing changed, nothing is told.
"""

from __future__ import annotations

import time

from django.db import transaction

from switchhook.domain.catalogue import CALL_TYPES, EventType
from switchhook.web import errands
from switchhook.web.accounts import quotas
from switchhook.web.accounts.quotas import Quota
from switchhook.web.configuration import touch
from switchhook.web.models import Account, PbxUser
from switchhook.web.tenancy import Access, Asker


def create_user(user: PbxUser, by: Asker) -> None:
    """Save a new user, and tell. Raises QuotaReached."""
    with transaction.atomic():
        quotas.check(user.service.account, Quota.USERS)
        user.save(force_insert=True)
        _tell(EventType.USER_CREATED, user, None, by)


def modify_user(user: PbxUser, by: Asker) -> bool:
    """Save a changed user, and tell what they were before. False, and nothing done, when nothing changed."""
    with transaction.atomic():
        before = PbxUser.objects.select_for_update().get(id=user.id)
        if details(before) == details(user):
            return False
        user.save()
        _tell(EventType.USER_MODIFIED, user, before, by)
    return True


def delete_user(user: PbxUser, by: Asker) -> None:
    """Delete a user, and tell who they were."""
    with transaction.atomic():
        _tell(EventType.USER_DELETED, user, None, by)
        user.delete()


def details(user: PbxUser) -> dict[str, object]:
    """The user as an errand tells of them: the fields of domain.service.PbxUser."""
    return {
        "id": str(user.id), "service_id": str(user.service_id), "extension_number": user.extension_number,
        "name": user.name, "outbound_phone_number": user.outbound_phone_number, "has_voicemail": user.has_voicemail,
        "enabled_calls": [one for one in CALL_TYPES if one in user.enabled_calls],
    }


def told(access: Access, event_type: EventType) -> int:
    """How many integrations such a change fires."""
    return access.integrations().filter(service=None, event_type=event_type, enabled=True).count()


def _tell(event_type: EventType, user: PbxUser, before: PbxUser | None, by: Asker) -> None:
    account: Account = user.service.account
    args = {
        "type": event_type.value, "at_ms": time.time_ns() // 1_000_000, "service_id": str(user.service_id),
        "user": details(user), "before": details(before) if before else None,
    }
    errands.ask("user_changed", account, args, by)
    touch()
