"""How integrations do, as the engine counts it: engine tables, made by SQL (see migrations)."""

import time
from uuid import UUID

from django.db import models

#: How long after its time a probe may still be on its way.
TOLD_MS = 60_000


class IntegrationHealth(models.Model):
    """Since when an integration has known nothing but failures, and whether its engine leaves it alone."""

    integration_id = models.UUIDField(primary_key=True)
    failing_since_ms = models.BigIntegerField(null=True)
    last_failure_ms = models.BigIntegerField(null=True)
    failures = models.IntegerField()
    resting_since_ms = models.BigIntegerField(null=True)
    probe_at_ms = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "integration_health"


def resting(integration_id: UUID) -> IntegrationHealth | None:
    """How it is left alone, as an engine has told; None: it is not. An engine that tells of no further probe has died
    or has nothing to send: then nobody is left alone by it."""
    recent_ms = time.time_ns() // 1_000_000 - TOLD_MS
    return IntegrationHealth.objects.filter(integration_id=integration_id, probe_at_ms__gt=recent_ms).first()


class IntegrationHour(models.Model):
    """An integration's attempts of one hour; the milliseconds are those of attempts that delivered."""

    pk = models.CompositePrimaryKey("integration_id", "hour_ms")
    integration_id = models.UUIDField()
    hour_ms = models.BigIntegerField()
    delivered = models.IntegerField()
    failed = models.IntegerField()
    total_ms = models.BigIntegerField()
    up_to_50_ms = models.IntegerField()
    up_to_100_ms = models.IntegerField()
    up_to_250_ms = models.IntegerField()
    up_to_500_ms = models.IntegerField()
    up_to_1000_ms = models.IntegerField()
    up_to_2500_ms = models.IntegerField()
    up_to_5000_ms = models.IntegerField()
    up_to_10000_ms = models.IntegerField()
    slower = models.IntegerField()

    class Meta:
        managed = False
        db_table = "integration_hour"


class IntegrationFailure(models.Model):
    """What an integration's attempts of one hour failed of. `answer`: the status, or a domain.delivery.Problem; `said`:
    the last of them in plain words."""

    pk = models.CompositePrimaryKey("integration_id", "hour_ms", "answer", "host")
    integration_id = models.UUIDField()
    hour_ms = models.BigIntegerField()
    answer = models.TextField()
    host = models.TextField()
    said = models.TextField()
    failed = models.IntegerField()
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "integration_failure"


class Notice(models.Model):
    """An e-mail that is owed: to an account's admins about an integration, or to who is invited."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    integration_id = models.UUIDField(null=True)
    invitation_id = models.UUIDField(null=True)
    kind = models.TextField()  # failing · disabled · invitation
    detail = models.TextField()
    created_at_ms = models.BigIntegerField()
    due_ms = models.BigIntegerField()
    sent_at_ms = models.BigIntegerField(null=True)
    problem = models.TextField()  # why it could not be sent the last time

    class Meta:
        managed = False
        db_table = "notice"
