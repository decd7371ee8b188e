"""Call as the portal reads it: an engine table, made by SQL (see migrations)."""

from django.db import models


class Call(models.Model):
    """A call and its timeline. `notes` is one JSON object a line (see store/rows.py)."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    service_id = models.UUIDField()
    native_call_id = models.TextField()
    began_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)
    direction = models.TextField()
    source_number = models.TextField()
    source_tail = models.TextField()  # the last eight digits
    destination_number = models.TextField()
    destination_tail = models.TextField()
    extension_number = models.TextField()
    state = models.TextField()
    partial = models.BooleanField()
    is_test = models.BooleanField()
    notes = models.TextField()
    recordings = models.TextField(default="[]")  # JSON: files, as the PBX names them

    class Meta:
        managed = False
        db_table = "call"
