"""Event, Delivery, Attempt and Errand as the portal reads them: engine tables, made by SQL (see migrations)."""

from django.db import models


class Event(models.Model):
    """An accepted event. `fields` is a JSON text."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    service_id = models.UUIDField(null=True)
    type = models.TextField()
    at_ms = models.BigIntegerField()
    accepted_at_ms = models.BigIntegerField()
    order_key = models.TextField()
    sequence = models.IntegerField()
    call_uuid = models.UUIDField(null=True)
    native_call_id = models.TextField()
    source_number = models.TextField()
    source_tail = models.TextField()  # the last eight digits
    destination_number = models.TextField()
    destination_tail = models.TextField()
    extension_number = models.TextField()
    fields = models.TextField()
    unwanted_reason = models.TextField()
    is_test = models.BooleanField()

    class Meta:
        managed = False
        db_table = "event"


class Delivery(models.Model):
    """One event owed to one integration."""

    id = models.UUIDField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.DO_NOTHING, related_name="deliveries", db_constraint=False)
    account_id = models.UUIDField()
    integration_id = models.UUIDField()
    service_id = models.UUIDField(null=True)
    event_type = models.TextField()
    order_key = models.TextField()
    sequence = models.IntegerField()
    state = models.TextField()
    attempts = models.IntegerField()
    tried = models.BooleanField()  # an attempt has been recorded: its first attempt has ended
    manual = models.BooleanField()
    owner = models.UUIDField(null=True)
    next_attempt_at_ms = models.BigIntegerField(null=True)
    created_at_ms = models.BigIntegerField()
    expires_at_ms = models.BigIntegerField()
    finished_at_ms = models.BigIntegerField(null=True)
    last_status = models.IntegerField(null=True)
    last_problem = models.TextField()
    is_test = models.BooleanField()

    class Meta:
        managed = False
        db_table = "delivery"


class Attempt(models.Model):
    """One HTTP request of a delivery. `request` and `answer` are JSON texts (see store/rows.py)."""

    pk = models.CompositePrimaryKey("delivery_id", "number")
    delivery = models.ForeignKey(Delivery, on_delete=models.DO_NOTHING, related_name="recorded", db_constraint=False)
    number = models.IntegerField()
    engine_id = models.UUIDField(null=True)
    started_at_ms = models.BigIntegerField()
    duration_ms = models.IntegerField()
    status = models.IntegerField(null=True)
    problem = models.TextField()
    verdict = models.TextField()
    request = models.TextField()
    answer = models.TextField()

    class Meta:
        managed = False
        db_table = "attempt"


class Errand(models.Model):
    """Something asked of the engine (kinds and args: store/ports.py). The web inserts it; the engine does it."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField(null=True)
    kind = models.TextField()
    state = models.TextField()  # asked · working · paused · done · failed · cancelled
    args = models.TextField()
    result = models.TextField()
    owner = models.UUIDField(null=True)
    asked_by = models.UUIDField(null=True)
    connection_id = models.UUIDField(null=True)  # at whose PBX it is to be done
    created_at_ms = models.BigIntegerField()
    finished_at_ms = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "errand"
