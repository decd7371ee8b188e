"""Notices: the e-mails that are owed, to an account's admins or to who is invited, sent by a thread of the web.

A notice is taken by putting its next turn off, so that of several webs one sends it; one that dies over it is no
loss, the notice comes up again. Nothing is sent that is older than three days, or when there is no SMTP server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, close_old_connections
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from switchhook.domain.failing import NoticeKind
from switchhook.web.members.invitations import INVITATION, link_of
from switchhook.web.members.models import Role
from switchhook.web.models import Account, Integration, Invitation, Member, Notice
from switchhook.web.saying import said
from switchhook.web.templatetags.portal import written

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
AGAIN_MS = 300_000  # after a failure
TOO_OLD_MS = 3 * 24 * 3_600_000
AT_ONCE = 20


def send_notices(stopped: threading.Event) -> None:
    """Send what is owed, again and again, until told to stop."""
    while not stopped.wait(LOOK_SECONDS):
        try:
            close_old_connections()
            send_owed()
        except DatabaseError:
            log.warning("notices.database_away")


def send_owed() -> int:
    """Send what is owed now. Returns how many were sent."""
    now_ms = time.time_ns() // 1_000_000
    owed = Notice.objects.filter(sent_at_ms=None, due_ms__lte=now_ms, created_at_ms__gt=now_ms - TOO_OLD_MS)
    sent = 0
    for notice in owed.order_by("due_ms")[:AT_ONCE]:
        ours = Notice.objects.filter(id=notice.id, due_ms=notice.due_ms).update(due_ms=now_ms + AGAIN_MS)
        if not ours:
            continue
        try:
            _send(notice)
        except (OSError, SMTPException) as error:
            log.warning("notice.not_sent notice=%s reason=%s", notice.id, error)
            Notice.objects.filter(id=notice.id).update(problem=str(error)[:500])
        else:
            Notice.objects.filter(id=notice.id).update(sent_at_ms=time.time_ns() // 1_000_000, problem="")
            sent += 1
    return sent


def _send(notice: Notice) -> None:
    """What has no integration and no invitation any more is owed to nobody."""
    for message in _invitation(notice) if notice.kind == INVITATION else _of_integration(notice):
        message.send()


def _invitation(notice: Notice) -> Iterator[EmailMessage]:
    """To who is invited, in the language of who invites. The link is made here: it stands in no row."""
    if notice.invitation_id is None:
        return
    known = Invitation.objects.select_related("account", "invited_by")
    invitation = known.filter(id=notice.invitation_id).first()
    if invitation is None:
        return
    brand = settings.BRANDS.of_key(invitation.account.brand)
    by = invitation.invited_by
    with override(by.language if by and by.language else brand.language):
        first = _("%(by)s invites you to %(account)s on %(brand)s, as %(role)s.") if by else \
            _("You are invited to %(account)s on %(brand)s, as %(role)s.")
        body = (first + "\n\n" + _("To accept, open this link. It works once, until %(until)s UTC:")
                + "\n%(link)s\n\n" + _("If you do not expect this, do nothing.") + "\n") % {
            # their address, not the name that they gave themselves: that could say anything, under our sender
            "by": by.email if by else "", "account": invitation.account, "brand": brand.name,
            "role": invitation.get_role_display(), "until": written(invitation.expires_at, "%d %B %Y %H:%M"),
            "link": link_of(invitation)}
        subject = _("%(brand)s: an invitation to %(account)s") % {
            "brand": brand.name, "account": " ".join(invitation.account.name.split())}
    yield EmailMessage(subject, body, brand.mail_from, to=[invitation.email])


def _of_integration(notice: Notice) -> Iterator[EmailMessage]:
    """To each of the account's admins who see it, in their language, nobody seeing the others' addresses."""
    integration = Integration.objects.filter(id=notice.integration_id).first() if notice.integration_id else None
    account = Account.objects.filter(id=notice.account_id).first()
    if integration is None or account is None:
        return
    admins = Member.objects.filter(account=account, role=Role.ADMIN, person__is_active=True).select_related("person")
    brand = settings.BRANDS.of_key(account.brand)
    addresses: dict[str, list[str]] = {}
    for member in admins:
        if not member.services or str(integration.service_id) in member.services:
            addresses.setdefault(member.person.language or brand.language, []).append(member.person.email)
    url = brand.portal_url + reverse(
        "integration", kwargs={"account": account.slug, "integration_id": integration.id})
    for language, theirs in addresses.items():
        with override(language):
            subject, first = _words(NoticeKind(notice.kind), integration.name)
            body = f"{first}\n\n{said(notice.detail)}\n\n{_('What was sent and what came back:')}\n{url}\n"
        yield EmailMessage(f"{brand.name}: {subject}", body, brand.mail_from, bcc=theirs)


def _words(kind: NoticeKind, name: str) -> tuple[str, str]:
    name = " ".join(name.split())  # a subject is one line
    match kind:
        case NoticeKind.FAILING:
            return _("%(name)s is failing") % {"name": name}, _(
                "The integration “%(name)s” does nothing but fail. When that lasts for five days, it will be "
                "disabled.") % {"name": name}
        case NoticeKind.DISABLED:
            return _("%(name)s is disabled") % {"name": name}, _(
                "The integration “%(name)s” has been disabled. It sends nothing any more. Nothing is lost: once its "
                "receiver is mended, enable it and catch up with what it missed.") % {"name": name}
