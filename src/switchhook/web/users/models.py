"""PbxUser: a user of a PBX, with an extension number."""

import uuid

from django.db import models


class PbxUser(models.Model):
    """A user of one PBX. Changing one fires the account's user events."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey("web.Service", on_delete=models.CASCADE, related_name="users")
    extension_number = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    outbound_phone_number = models.CharField(max_length=40, blank=True)
    has_voicemail = models.BooleanField(default=False)
    enabled_calls = models.JSONField(default=list, blank=True)  # out of catalogue.CALL_TYPES
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "pbx_user"
        constraints = (models.UniqueConstraint(fields=["service", "extension_number"], name="extension_once"),)

    def __str__(self) -> str:
        return f"{self.extension_number} {self.name}"
