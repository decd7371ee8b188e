"""Account: a customer. Everything but Connections belongs to exactly one."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountState(models.TextChoices):
    """Open: all works. Suspended: nothing fires and nobody of it gets in, all is kept. Closed: the same, and after a
    time of grace it is erased."""

    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Account(models.Model):
    """A customer, with the limits that the operator set. A quota that is null is the installation's default."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC")
    allowed_networks = models.JSONField(default=list, blank=True)  # CIDR texts: private ranges granted
    call_expiry_seconds = models.PositiveIntegerField(default=24 * 3600)
    user_expiry_seconds = models.PositiveIntegerField(default=3 * 24 * 3600)
    retention_days = models.PositiveIntegerField(default=30)
    body_days = models.PositiveIntegerField(null=True, blank=True)  # bodies of requests and answers; null: as the rest
    country = models.CharField(max_length=2, blank=True, default="", db_default="")  # ISO 3166
    granted_events = models.JSONField(default=list, db_default=[], blank=True)  # extra EventTypes, by their values
    audit_retention_days = models.PositiveIntegerField(default=400, db_default=400)
    second_factor_required = models.BooleanField(default=False, db_default=False)
    brand = models.CharField(max_length=60, blank=True, default="", db_default="")  # a table of brands.toml
    state = models.CharField(max_length=10, choices=AccountState.choices, default=AccountState.OPEN, db_default="open")
    state_reason = models.CharField(max_length=500, blank=True, default="", db_default="")  # its members read it
    state_at = models.DateTimeField(null=True, blank=True)
    erase_at = models.DateTimeField(null=True, blank=True)  # when it is closed: the end of the grace
    erasing_since = models.DateTimeField(null=True, blank=True)  # there is no way back
    max_services = models.PositiveIntegerField(null=True, blank=True)
    max_users = models.PositiveIntegerField(null=True, blank=True)
    max_integrations = models.PositiveIntegerField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    max_events_per_second = models.PositiveIntegerField(null=True, blank=True)
    max_in_flight = models.PositiveIntegerField(null=True, blank=True)
    max_stored_mib = models.PositiveIntegerField(null=True, blank=True)
    stored_bytes = models.BigIntegerField(default=0, db_default=0)  # as the engine last estimated it
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
