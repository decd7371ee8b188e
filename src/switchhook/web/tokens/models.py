"""ApiToken: what a program shows to use the REST API. ApiAnswer: what a POST was answered, so that it is done once."""

import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from switchhook.web.members.models import Person


class Scope(models.TextChoices):
    """What a token may do. The label says it to people."""

    READ = "read", _("Read everything of the account but secrets")
    USERS = "users", _("Create, modify and delete users")
    INTEGRATIONS = "integrations", _("Change integrations and PBXs, send tests")
    EVENTS = "events", _("Redeliver and cancel deliveries")
    MEMBERS = "members", _("Invite, change and remove members")
    RECORDINGS = "recordings", _("Listen to recordings")
    TOKENS = "tokens", _("Make and revoke API tokens")


#: What changes nothing: all that a viewer's token may.
CHANGES_NOTHING = (Scope.READ, Scope.RECORDINGS)
#: What is for all of an account: nothing for who is limited to some services.
OF_ALL = (Scope.MEMBERS, Scope.TOKENS)


class ApiToken(models.Model):
    """A token for an account. It can do what its scopes say. Only its hash is kept.

    of_account: it is the account's own, and stays when its maker leaves; else it is its maker's, may no more than they
        may in the account at any time, and ends with their membership
    made_by: null: who made it is erased
    services: ids (texts) of the services that it is limited to; empty: all
    counted: the requests that web processes took of what it may ask in `counted_minute` (api/limits.py)
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="tokens")
    made_by = models.ForeignKey("web.Person", on_delete=models.SET_NULL, null=True, related_name="tokens")
    of_account = models.BooleanField(default=False, db_default=False)
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12)  # how the token begins, to tell it from others
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    services = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    counted_minute = models.BigIntegerField(default=0, db_default=0, editable=False)  # since 1970
    counted = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        db_table = "api_token"

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> Person | None:
        """Whose it is, by whose role it acts; None: the account's."""
        return None if self.of_account else self.made_by

    @property
    def may(self) -> list[str]:
        """What it may do, in words."""
        return [str(label) for scope, label in Scope.choices if scope in self.scopes]

    def ended(self, now: datetime) -> str:
        """Why it works no more: "revoked", "expired"; empty while it works."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else ""


class ApiAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered: written in the transaction of what it did, kept 24 hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body_sealed = models.TextField(blank=True)  # context "api-answer:{id}": a new signing secret may be in it
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "api_answer"
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="answer_once"),)
