"""Invitations: sent by e-mail, accepted once by a signed link, sent again, revoked.

The link says which invitation it is and how often that was sent: what was sent before does not work any more, and
nothing secret is stored. Who has a login already accepts with it; an invitation never logs in to one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from switchhook.domain.event import timed_id
from switchhook.web.accounts.quotas import check_invitations
from switchhook.web.members.addresses import person_at
from switchhook.web.members.models import Invitation, Member, Person, Role
from switchhook.web.members.proof import has_proven

LIFETIME = timedelta(days=7)
#: The kind of its Notice.
INVITATION = "invitation"
_SALT = "switchhook invitation"


@transaction.atomic
def invite(account_id: UUID, email: str, role: Role, services: Sequence[UUID], by: Person | None) -> Invitation:
    """Invite somebody, and owe them the e-mail. Who is invited already is invited anew, as it is said now. Raises
    QuotaReached."""
    invitation = Invitation.objects.filter(account_id=account_id, email__iexact=email).first()
    if invitation is None:
        invitation = Invitation(account_id=account_id, email=email.lower(), number=0)
    invitation.role, invitation.services, invitation.invited_by = role, sorted(map(str, services)), by
    send(invitation)
    return invitation


@transaction.atomic
def send(invitation: Invitation) -> None:
    """Owe the e-mail, with a new link and a new time. Raises QuotaReached."""
    from switchhook.web.integrations.health import Notice

    check_invitations(invitation.account_id)
    invitation.number += 1
    invitation.expires_at = timezone.now() + LIFETIME
    invitation.save()
    now_ms = time.time_ns() // 1_000_000
    Notice.objects.filter(invitation_id=invitation.id, sent_at_ms=None).delete()
    Notice.objects.create(
        id=timed_id(now_ms, "notice", uuid4()), account_id=invitation.account_id, invitation_id=invitation.id,
        kind=INVITATION, detail="", created_at_ms=now_ms, due_ms=now_ms, problem="")


def link_of(invitation: Invitation) -> str:
    """The whole URL of the page on which the invitation is accepted."""
    token = signing.dumps([str(invitation.id), invitation.number], salt=_SALT)
    brand = settings.BRANDS.of_key(invitation.account.brand)
    return str(brand.portal_url) + reverse("join", kwargs={"token": token})


def invitation_of(token: str) -> Invitation | None:
    """Which invitation the link is of; None when it is used, revoked, sent anew, too old or not ours."""
    try:
        id_, number = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    found = Invitation.objects.select_related("account", "invited_by")
    return found.filter(id=id_, number=number, expires_at__gt=timezone.now()).first()


@transaction.atomic
def accept(invitation: Invitation, person: Person) -> Member | None:
    """Make the person a member, use the invitation up. None when somebody was quicker."""
    used = Invitation.objects.select_for_update().filter(id=invitation.id, number=invitation.number).first()
    if used is None:
        return None
    used.delete()
    member = Member.objects.filter(account=invitation.account, person=person).first()
    if member is None:
        member = Member(account=invitation.account, person=person)
    member.role, member.services = invitation.role, invitation.services
    member.save()
    return member


@transaction.atomic
def accept_as_new(invitation: Invitation, name: str, password: str) -> Member | None:
    """The same for who has no way to log in yet (`is_first_way_in`). The link came by e-mail, and so the address is
    theirs; where no e-mail is sent, an admin passed it on, which proves nothing (proof.py)."""
    if not Invitation.objects.select_for_update().filter(id=invitation.id, number=invitation.number).exists():
        return None
    person = person_at(invitation.email) or Person(email=invitation.email)
    person.name = name
    person.set_password(password)
    person.save()
    if settings.SWITCHHOOK.smtp_url:
        has_proven(person)
    return accept(invitation, person)


def is_first_way_in(invitation: Invitation, person: Person | None) -> bool:
    """Whether the link gives the person their login: they are not known, or were added by the operator and never came.

    Who got the e-mail has the address. Where none is sent, an admin passes the link on, and may keep it: then it opens
    nothing that another account, or the operator, has given to the person."""
    if person is None:
        return True
    if person.has_usable_password() or person.last_login is not None:
        return False
    elsewhere = person.memberships.exclude(account_id=invitation.account_id)
    return bool(settings.SWITCHHOOK.smtp_url) or not (person.is_operator or elsewhere.exists())
