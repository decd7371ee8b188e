"""Integration: a standing order, as people wrote it. Secrets are sealed (domain/sealing.py)."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from switchhook.domain.catalogue import EVENTS


def event_type_choices() -> list[tuple[str, str]]:
    """A function, so that a catalogue that grows needs no migration."""
    return [(type_.value, spec.label) for type_, spec in EVENTS.items()]


class AuthenticationType(models.TextChoices):
    """How requests authenticate."""

    NONE = "none", _("None")
    BASIC = "basic", _("Basic Auth")
    TOKEN = "token", _("Token")


class Integration(models.Model):
    """An integration of an account (`service` null) or of one service.

    headers:  [{"name": …, "value": …}] or, secret, [{"name": …, "sealed": …}]
              (context "integration:{id}:header:{name in lower case}")
    body_keys: [{"key": …, "field": …}] or, a fixed text, [{"key": …, "text": …}]
    filters: as domain/filters.py stores them
    signing_secrets: [{"sealed": …, "made_at": iso, "expires_at": iso or null}], newest first
              (context "integration:{id}:signing")
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="integrations")
    service = models.ForeignKey(
        "web.Service", on_delete=models.CASCADE, null=True, blank=True, related_name="integrations")
    name = models.CharField(max_length=120)
    event_type = models.CharField(max_length=60, choices=event_type_choices)
    request_url = models.TextField()
    path_arguments = models.TextField(blank=True)
    method = models.CharField(max_length=4, choices=[("POST", "POST"), ("GET", "GET")], default="POST")
    format = models.CharField(max_length=5, choices=[("JSON", "JSON"), ("QUERY", "QUERY")], default="JSON")
    authentication_type = models.CharField(
        max_length=5, choices=AuthenticationType.choices, default=AuthenticationType.NONE)
    username = models.CharField(max_length=255, blank=True)
    password_sealed = models.TextField(blank=True)  # context "integration:{id}:password"
    token_sealed = models.TextField(blank=True)  # context "integration:{id}:token"
    token_prefix = models.CharField(max_length=40, blank=True, default="Bearer")
    token_header = models.CharField(max_length=80, default="Authorization")
    headers = models.JSONField(default=list, blank=True)
    body_keys = models.JSONField(default=list, blank=True)
    filters = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    signing_secrets = models.JSONField(default=list, blank=True)
    timeout_seconds = models.FloatField(default=15.0)
    max_in_flight = models.PositiveSmallIntegerField(default=8)
    expiry_seconds = models.PositiveIntegerField(null=True, blank=True)
    rate_per_second = models.PositiveIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True)
    disabled_by_hand = models.BooleanField(default=False, db_default=False)  # on purpose, not by the engine
    disabled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "integration"

    def __str__(self) -> str:
        return self.name


class IntegrationVersion(models.Model):
    """An integration as it stood after a change: who made it, when, and how it stood then.

    `stands` is what web/integrations/history.py writes: everything but secrets, of which it says only that they are
    set. `replaced_secrets` names those that this change replaced.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey("web.Integration", on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=300, blank=True)
    what = models.CharField(max_length=120)
    stands = models.JSONField()
    replaced_secrets = models.JSONField(default=list)

    class Meta:
        db_table = "integration_version"
        constraints = (models.UniqueConstraint(fields=["integration", "number"], name="version_once"),)
