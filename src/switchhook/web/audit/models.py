"""AuditEntry: who did what, when and from where. A table that is only added to (made by SQL: see migrations)."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """What was done. The label says it in the log."""

    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")
    ASKED = "asked", _("Asked for")
    REVEALED = "revealed", _("Shown a secret")
    EXPORTED = "exported", _("Exported")
    VIEWED = "viewed", _("Viewed as")
    LISTENED = "listened", _("Listened to")
    LOGGED_IN = "logged_in", _("Logged in")
    LOGGED_OUT = "logged_out", _("Logged out")
    LOGIN_FAILED = "login_failed", _("Login failed")


class Kind(models.TextChoices):
    """What it was done to."""

    ACCOUNT = "account", _("Account")
    MEMBER = "member", _("Member")
    INVITATION = "invitation", _("Invitation")
    LOGIN = "login", _("Login")
    SESSION = "session", _("Session")
    SECOND_FACTOR = "second_factor", _("Second factor")
    SERVICE = "service", _("PBX")
    CONNECTION = "connection", _("Connection")
    USER = "user", _("User")
    INTEGRATION = "integration", _("Integration")
    ERRAND = "errand", _("Errand")
    TOKEN = "token", _("API token")
    INBOX = "inbox", _("Request inbox")
    RECORDING = "recording", _("Recording")


class Via(models.TextChoices):
    """How it was done."""

    PORTAL = "portal", _("Portal")
    API = "api", "API"
    LINK = "link", _("Signed link")
    ENGINE = "engine", _("Engine")
    COMMAND = "command", _("Command line")


class AuditEntry(models.Model):
    """One line of the audit log.

    account_id: null for what belongs to no account (connections, the operator's own login)
    person_id, who: null and a name for what no person did; `who` is as it was then
    changes: a JSON text, field → [before, after]; secrets are masked
    """

    id = models.UUIDField(primary_key=True)  # begins with the milliseconds of `at_ms`
    at_ms = models.BigIntegerField()
    account_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    who = models.TextField()
    by_operator = models.BooleanField()
    via = models.TextField(choices=Via.choices)
    token = models.TextField()
    address = models.TextField()
    request_id = models.TextField()
    action = models.TextField(choices=Action.choices)
    kind = models.TextField(choices=Kind.choices)
    object_id = models.TextField()
    object_name = models.TextField()
    detail = models.TextField()
    changes = models.TextField()

    class Meta:
        managed = False
        db_table = "audit_entry"

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """Each field that is another now: its name, before, after (None: there was, or is, none)."""
        return [(field, before, after) for field, (before, after) in json.loads(self.changes).items()]
