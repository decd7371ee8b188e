"""Account: a customer. Everything but Connections belongs to exactly one."""

import uuid

from django.db import models


class Account(models.Model):
    """A customer, with the limits that the operator set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC")
    allowed_networks = models.JSONField(default=list, blank=True)  # CIDR texts: private ranges granted
    call_expiry_seconds = models.PositiveIntegerField(default=24 * 3600)
    user_expiry_seconds = models.PositiveIntegerField(default=3 * 24 * 3600)
    retention_days = models.PositiveIntegerField(default=30)
    body_days = models.PositiveIntegerField(null=True, blank=True)  # bodies of requests and answers; null: as the rest
    country = models.CharField(max_length=2, blank=True)  # ISO 3166
    granted_events = models.JSONField(default=list, blank=True)  # extra EventTypes, by their values
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "account"

    def __str__(self) -> str:
        return self.name


class ConfigurationVersion(models.Model):
    """One row: grows with every change that engines must learn of (see web/configuration.py)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "configuration_version"
