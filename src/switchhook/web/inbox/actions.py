"""What people do with their request inbox."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from switchhook.web.models import Account, Inbox, InboxRequest

#: How long the inbox may wait before it answers, in milliseconds, and which statuses it can answer with.
LONGEST_DELAY_MS = 10_000
STATUSES = range(200, 600)


def inbox_of(account: Account) -> Inbox:
    """The account's inbox. It was made with the account, unless the release before this one made that."""
    with transaction.atomic():
        found = Inbox.objects.filter(account=account).order_by("created_at").first()
        return found or Inbox.objects.create(account=account)


def url_of(inbox: Inbox) -> str:
    """Where requests to this inbox go."""
    return f"{settings.SWITCHHOOK.inbox_base_url}/{inbox.id}"


def answer_with(inbox: Inbox, status: int, delay_ms: int) -> None:
    """Answer so from the next request on."""
    inbox.answer_status, inbox.answer_delay_ms = status, delay_ms
    inbox.save(update_fields=["answer_status", "answer_delay_ms"])


def clear(inbox: Inbox) -> None:
    """Forget what it got."""
    InboxRequest.objects.filter(inbox_id=inbox.id).delete()
