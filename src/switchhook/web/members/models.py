"""Person and Member: who logs in, and with which role in which account."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class People(BaseUserManager["Person"]):
    """Makes persons by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> "Person":
        person = self.model(email=self.normalize_email(email), **more)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **more: Any) -> "Person":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **more)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in. `is_superuser`: an operator, above all accounts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True, default="", db_default="")  # empty: as the browser asks
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[People] = People()

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_operator(self) -> bool:
        """Whether this person stands above accounts."""
        return self.is_superuser


class Role(models.TextChoices):
    """What a member may do in an account."""

    ADMIN = "admin", _("Admin")
    VIEWER = "viewer", _("Viewer")


class Member(models.Model):
    """A person's role in an account.

    services: ids (texts) of the services that they are limited to; empty: all. A list, and no relation: who was
    limited to a service that is deleted sees nothing then, and not everything
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ADMIN)
    services = models.JSONField(default=list, db_default=[], blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "member"
        constraints = (models.UniqueConstraint(fields=["account", "person"], name="member_once"),)


class Invitation(models.Model):
    """An e-mail address that may become a member, by a link that works once. Gone when it is accepted or revoked.

    number: how often it was sent; only the link that was sent last works
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("web.Account", on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    services = models.JSONField(default=list, blank=True)  # as a Member's
    invited_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "invitation"
        constraints = (models.UniqueConstraint(fields=["account", "email"], name="invited_once"),)

    def __str__(self) -> str:
        return self.email
