"""Quotas: how much of each thing an account may have, so that none takes what others need.

The operator sets them for an account; what is not set is the installation's default (settings `account_…`). What an
account may have is checked under a lock of the account, in the transaction that adds to it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from switchhook.web.accounts.models import Account
from switchhook.web.saying import said

if TYPE_CHECKING:
    from switchhook.web.models import Errand, Notice

MIB = 1024 * 1024
_MINUTE_MS, _DAY_MS = 60_000, 24 * 3_600_000
#: Errands that send something, or have a PBX made up for it, because a person asked.
TESTS = frozenset({"send_test", "test_event", "test_call"})


class Quota(StrEnum):
    """What is counted; the values are what a person calls it."""

    SERVICES = "PBXs"
    USERS = "users"
    INTEGRATIONS = "integrations"
    TOKENS = "API tokens"


class QuotaReached(Exception):
    """The account may have no more. `retry_after_s`: in how many seconds it may; None: not by waiting."""

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is used."""

    label: str
    used: int
    limit: int
    unit: str = ""

    @property
    def is_full(self) -> bool:
        return self.used >= self.limit


def limit_of(account: Account, quota: Quota) -> int:
    """How many the account may have."""
    ours = settings.SWITCHHOOK
    own, default = {
        Quota.SERVICES: (account.max_services, ours.account_services),
        Quota.USERS: (account.max_users, ours.account_users),
        Quota.INTEGRATIONS: (account.max_integrations, ours.account_integrations),
        Quota.TOKENS: (account.max_tokens, ours.account_tokens),
    }[quota]
    return int(default if own is None else own)


def used_of(account: Account, quota: Quota) -> int:
    """How many it has."""
    match quota:
        case Quota.SERVICES:
            return account.services.count()
        case Quota.USERS:
            from switchhook.web.models import PbxUser

            return PbxUser.objects.filter(service__account=account).count()
        case Quota.INTEGRATIONS:
            return account.integrations.count()
        case Quota.TOKENS:
            in_force = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
            return account.tokens.filter(in_force).count()


def check(account: Account, quota: Quota, adding: int = 1) -> None:
    """Call it inside the transaction that adds. Raises QuotaReached with what to say."""
    Account.objects.select_for_update().get(id=account.id)
    limit, used = limit_of(account, quota), used_of(account, quota)
    if used + adding > limit:
        raise QuotaReached(
            _("This account may have %(limit)s %(what)s and has %(used)s. Delete what is not needed, or ask the "
              "operator for more.") % {"limit": intcomma(limit), "what": said(quota.value), "used": intcomma(used)})


def check_tests(account: Account) -> None:
    """Tests are asked for by people, one after the other; no program shall drive them. Raises QuotaReached."""
    from switchhook.web.models import Errand

    limit = settings.SWITCHHOOK.account_tests_per_minute
    wait = _wait(Errand.objects.filter(account_id=account.id, kind__in=TESTS), limit, _MINUTE_MS)
    if wait:
        raise QuotaReached(
            _("This account may ask for %(limit)s tests in a minute. Try again in %(wait)s seconds.") % {
                "limit": limit, "wait": wait}, retry_after_s=wait)


def check_invitations(account_id: UUID) -> None:
    """An invitation is an e-mail to whomever a member likes. Call it inside the transaction that owes it. Raises
    QuotaReached."""
    from switchhook.web.models import Notice

    Account.objects.select_for_update().get(id=account_id)
    limit = settings.SWITCHHOOK.account_invitations_per_day
    wait = _wait(Notice.objects.filter(account_id=account_id, kind="invitation"), limit, _DAY_MS)
    if wait:
        raise QuotaReached(
            _("This account may send %(limit)s invitations in 24 hours. Try again in %(wait)s hours.") % {
                "limit": limit, "wait": ceil(wait / 3600)}, retry_after_s=wait)


def _wait(asked: QuerySet[Errand] | QuerySet[Notice], limit: int, window_ms: int) -> int:
    """In how many seconds there may be another of them, of which so many may be in a window of time. 0: now."""
    now_ms = time.time_ns() // 1_000_000
    times = asked.filter(created_at_ms__gt=now_ms - window_ms).order_by("-created_at_ms")
    newest = list(times.values_list("created_at_ms", flat=True)[:limit])
    return 0 if len(newest) < limit else max(1, ceil((newest[-1] + window_ms - now_ms) / 1000))


def uses(account: Account) -> list[Use]:
    """All of an account's quotas, for the operator's page."""
    stored = settings.SWITCHHOOK.account_stored_mib if account.max_stored_mib is None else account.max_stored_mib
    return [
        *(Use(capfirst(said(one.value)), used_of(account, one), limit_of(account, one)) for one in Quota),
        Use(_("Stored, about"), account.stored_bytes // MIB, stored, "MiB"),
    ]
