"""The request inbox: a receiver of one's own that keeps and shows what it got."""

import uuid

from django.db import models


class Inbox(models.Model):
    """A URL of one's own, and how it answers. The id is what makes the URL unguessable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="inboxes")
    answer_status = models.PositiveSmallIntegerField(default=200)
    answer_delay_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "inbox"

    def __str__(self) -> str:
        return self.account.name


class InboxRequest(models.Model):
    """A request that an inbox got (an engine table). `headers` is a JSON text of [name, value] pairs."""

    id = models.UUIDField(primary_key=True)
    inbox_id = models.UUIDField()
    at_ms = models.BigIntegerField()
    method = models.TextField()
    url = models.TextField()
    headers = models.TextField()
    body = models.BinaryField()
    body_truncated = models.BooleanField()
    answered_status = models.IntegerField()

    class Meta:
        managed = False
        db_table = "inbox_request"
