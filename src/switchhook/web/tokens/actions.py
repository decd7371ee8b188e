"""What happens to API tokens: made (and shown once), used, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from switchhook.web.accounts import quotas
from switchhook.web.accounts.quotas import Quota
from switchhook.web.models import ApiToken
from switchhook.web.secrets import new_token, token_hash
from switchhook.web.tenancy import Access
from switchhook.web.tokens.models import CHANGES_NOTHING, OF_ALL, Scope

#: What a token begins with, so that who finds one somewhere knows what it is.
PREFIX = "swh_"
SHOWN_CHARACTERS = 8

#: That a token is used is written at most so often.
NOTED_EVERY = timedelta(minutes=1)


def scopes_for(access: Access) -> tuple[Scope, ...]:
    """What a token of this person's own can be good for."""
    if not access.can_write:
        return CHANGES_NOTHING
    return tuple(one for one in Scope if access.whole or one not in OF_ALL)


@transaction.atomic
def make_token(
    access: Access, name: str, scopes: Sequence[Scope], *, of_account: bool = False, services: Sequence[UUID] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can see again: the account's own, or of the person who makes it. What a
    program of the account makes is the account's, too. Raises QuotaReached."""
    quotas.check(access.account, Quota.TOKENS)
    text = new_token(PREFIX)
    token = ApiToken.objects.create(
        account=access.account, made_by=access.person, of_account=of_account or access.person is None, name=name,
        prefix=text[:SHOWN_CHARACTERS], hash=token_hash(text), scopes=[one.value for one in Scope if one in scopes],
        services=sorted(map(str, services)), expires_at=expires_at)
    return token, text


def revoke(token: ApiToken) -> None:
    """It works no more, from the next request on."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])


def token_of(text: str) -> ApiToken | None:
    """The token of that text, whether or not it still works; None when it is none of ours."""
    if not text.startswith(PREFIX):
        return None
    return ApiToken.objects.select_related("account", "made_by").filter(hash=token_hash(text)).first()


def note_use(token: ApiToken, now: datetime) -> None:
    """Remember that it was used."""
    if token.last_used_at is None or token.last_used_at < now - NOTED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
        ApiToken.objects.filter(long_ago, id=token.id).update(last_used_at=now)
