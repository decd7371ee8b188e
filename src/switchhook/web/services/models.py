"""Connection (the operator's login to a PBX), Service (one PBX as an account knows it), what engines say of them."""

import json
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS, DirectorySource


def default_trunk_contexts() -> list[str]:
    return list(DEFAULT_TRUNK_CONTEXTS)


def default_extensions() -> list[str]:
    return list(DEFAULT_EXTENSIONS)


def default_menus() -> list[list[str]]:
    return [list(menu) for menu in DEFAULT_MENUS]


#: What a service's users come from, as the form asks for it.
DIRECTORY_SOURCES = (
    (DirectorySource.PORTAL.value, _("This portal and its API")),
    (DirectorySource.FREEPBX.value, _("The PBX: FreePBX's extensions")),
    (DirectorySource.VOICEMAIL.value, _("The PBX: the mailboxes of a plain Asterisk")),
    (DirectorySource.FREESWITCH.value, _("The PBX: FreeSWITCH's users, as its Event Socket lists them")),
    (DirectorySource.FUSIONPBX.value, _("The PBX: FusionPBX's extensions, out of its database")),
)


class ConnectionPlatform(models.TextChoices):
    """What kind of PBX it speaks to (values: domain.service.Platform)."""

    ASTERISK = "asterisk", _("Asterisk or FreePBX (AMI)")
    FREESWITCH = "freeswitch", _("FreeSWITCH or FusionPBX (ESL)")
    SIMULATOR = "simulator", _("Simulated PBX")


class Connection(models.Model):
    """One login to one PBX. It may feed several services."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=20, choices=ConnectionPlatform.choices, default=ConnectionPlatform.ASTERISK)
    host = models.CharField(max_length=255, default="127.0.0.1")
    port = models.PositiveIntegerField(default=5038)
    tls = models.BooleanField(default=False)
    tls_ca = models.TextField(blank=True, default="", db_default="")  # PEM; certificates are no secret
    username = models.CharField(max_length=120, blank=True)
    secret_sealed = models.TextField(blank=True)  # context "connection:{id}:secret"
    calls_per_minute = models.FloatField(default=12.0)  # the simulator's rate
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "connection"

    def __str__(self) -> str:
        return self.name


class UserDatabase(models.Model):
    """The PostgreSQL in which a FusionPBX keeps its users, and our login there, which may only read."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="user_database")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(default=5432)
    name = models.CharField(max_length=63, default="fusionpbx")
    username = models.CharField(max_length=63, default="switchhook")
    secret_sealed = models.TextField(blank=True)  # context "user-database:{connection_id}:secret"
    tls = models.BooleanField(default=False)
    tls_ca = models.TextField(blank=True, default="")  # PEM; certificates are no secret

    class Meta:
        db_table = "user_database"

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


class Service(models.Model):
    """One PBX as an account knows it. Without a connection it is fed by intake."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="services")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="services")
    name = models.CharField(max_length=120)
    friendly_name = models.CharField(max_length=120, blank=True)
    tenant_key = models.CharField(max_length=120, blank=True)
    applications_enabled = models.BooleanField(default=False)
    trunks = models.JSONField(default=list, blank=True)
    trunk_contexts = models.JSONField(default=default_trunk_contexts, blank=True)
    extensions = models.JSONField(default=default_extensions, blank=True)
    menus = models.JSONField(default=default_menus, blank=True)  # [[context glob, name], …]
    intake_token_hash = models.CharField(max_length=64, blank=True)
    country = models.CharField(max_length=2, blank=True, default="", db_default="")  # ISO 3166; empty: the account's
    directory_source = models.CharField(
        max_length=20, choices=DIRECTORY_SOURCES, default=DirectorySource.PORTAL.value,
        db_default=DirectorySource.PORTAL.value)
    directory_scope = models.CharField(max_length=120, blank=True, default="", db_default="")
    recordings_root = models.CharField(max_length=500, blank=True, default="", db_default="")  # a directory or URL
    recordings_base = models.CharField(max_length=500, blank=True, default="", db_default="")  # domain/recordings.py
    recordings_pattern = models.CharField(max_length=500, blank=True, default="", db_default="")
    recordings_options_sealed = models.TextField(  # JSON; context "service:{id}:recordings_options"
        blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "service"
        constraints = (models.UniqueConstraint(fields=["account", "name"], name="service_name_once"),)

    def __str__(self) -> str:
        return self.friendly_name or self.name


class ConnectionState(models.Model):
    """How a connection is, as the engine that owns it reports (an engine table)."""

    connection_id = models.UUIDField(primary_key=True)
    owner = models.UUIDField(null=True)
    state = models.TextField()
    since_ms = models.BigIntegerField()
    detail = models.TextField()
    last_message_at_ms = models.BigIntegerField(null=True)
    messages = models.BigIntegerField()
    messages_per_second = models.FloatField(default=0.0)
    reconnects = models.IntegerField()
    unclaimed = models.IntegerField()

    class Meta:
        managed = False
        db_table = "connection_state"


class UnclaimedCall(models.Model):
    """One of the last calls of a connection that no service claimed (an engine table)."""

    pk = models.CompositePrimaryKey("connection_id", "native_call_id")
    connection_id = models.UUIDField()
    native_call_id = models.TextField()
    at_ms = models.BigIntegerField()
    device = models.TextField()
    caller_number = models.TextField()
    dialled = models.TextField()
    tenant = models.TextField()
    place = models.TextField()
    account_code = models.TextField()

    class Meta:
        managed = False
        db_table = "unclaimed_call"


class DirectoryState(models.Model):
    """How reading a service's users from its PBX goes, as the engine reports (an engine table)."""

    service_id = models.UUIDField(primary_key=True)
    source = models.TextField()
    scope = models.TextField()
    imported_at_ms = models.BigIntegerField(null=True)
    read_at_ms = models.BigIntegerField(null=True)
    tried_at_ms = models.BigIntegerField(null=True)
    users = models.IntegerField()
    problem = models.TextField()
    held = models.TextField(default="[]")  # JSON: the extensions whose deletion waits for a person
    confirmed = models.TextField(default="[]")  # JSON: those of which a person said that they are gone; the web's

    class Meta:
        managed = False
        db_table = "directory_state"

    @property
    def missing(self) -> list[str]:
        """The extensions of users who are here and not on the PBX, when they are so many that a person must say yes."""
        held: list[str] = json.loads(self.held)
        return held if set(held) - set(json.loads(self.confirmed)) else []


class Gap(models.Model):
    """When we did not hear a PBX (an engine table)."""

    id = models.UUIDField(primary_key=True)
    connection_id = models.UUIDField()
    begin_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    reason = models.TextField()
    partial_calls = models.IntegerField()

    class Meta:
        managed = False
        db_table = "gap"


class Engine(models.Model):
    """An incarnation of an engine, with its heartbeat (an engine table)."""

    id = models.UUIDField(primary_key=True)
    host = models.TextField()
    pid = models.IntegerField()
    started_at_ms = models.BigIntegerField()
    heartbeat_at_ms = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "engine"
