"""Why a signature fails: what was pasted, against the account's secrets and against what was sent."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from switchhook.domain.errors import CannotOpen
from switchhook.domain.pasted import Pasted
from switchhook.domain.signature_check import Diagnosis, KnownSecret, Sent, diagnose
from switchhook.domain.signing import is_secret
from switchhook.web.deliveries.recorded import body_dropped, request_of
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.integrations.stored import context
from switchhook.web.models import Integration
from switchhook.web.saying import said
from switchhook.web.secrets import unseal
from switchhook.web.tenancy import Access

#: So many other integrations' secrets are tried, and so many attempts are compared with.
MOST_TRIED, MOST_COMPARED = 50, 20


def diagnosis_of(access: Access, row: Integration, pasted: Pasted, secrets: list[KnownSecret]) -> Diagnosis:
    """What is wrong with the signature of a request that is said to be the integration's."""
    known = secrets if row.signing_secrets else []
    return diagnose(pasted, known, list(_sent(access, pasted)), now=timezone.now().timestamp())


def secrets_of(access: Access, row: Integration) -> Iterator[KnownSecret]:
    """Those of the integration, and of others of the account, in the order in which they are tried."""
    for number, secret in enumerate(_opened(row)):
        if number == 0:
            yield KnownSecret(name="this integration's secret", secret=secret, is_current=True)
        else:
            yield KnownSecret(name="the secret before this integration's newest", secret=secret)
    others = access.integrations().exclude(id=row.id).order_by("-updated_at")[:MOST_TRIED]
    for other in others:
        for secret in _opened(other):
            yield KnownSecret(name=f"the secret of {other.name}, another integration", secret=secret)


def _opened(row: Integration) -> Iterator[str]:
    """Its signing secrets, the newest first, also one that no longer signs."""
    for one in row.signing_secrets:
        try:
            yield unseal(one["sealed"], context(row, "signing"))
        except CannotOpen:
            continue


def _sent(access: Access, pasted: Pasted) -> Iterator[Sent]:
    """What was sent under the webhook-id, which is the delivery's id."""
    delivery_id = uuid_or_none(pasted.header("webhook-id"))
    delivery = access.deliveries().filter(id=delivery_id).first() if delivery_id else None
    if delivery is None:
        return
    for attempt in delivery.recorded.order_by("number")[:MOST_COMPARED]:
        request = request_of(attempt.request)
        if request is not None and not body_dropped(attempt):
            headers = {name.lower(): value for name, value in request.headers}
            yield Sent(
                number=attempt.number, timestamp=headers.get("webhook-timestamp", ""),
                signature=headers.get("webhook-signature", ""), query=urlsplit(request.url).query, body=request.body)


def about_secret(secret: str, known: list[KnownSecret]) -> str:
    """Whether the receiver has the right secret."""
    if not secret:
        return ""
    if not is_secret(secret):
        return _("What your receiver has is no signing secret: it must be the whole of it, with whsec_ before it.")
    found = next((one for one in known if hmac.compare_digest(one.secret.encode(), secret.encode())), None)
    if found is None:
        return _(
            "Your receiver has a secret that is of no integration of this account: make a new one, and give it that.")
    if found.is_current:
        return _("Your receiver has the right secret.")
    return _("Your receiver has %(name)s: give it this integration's.") % {"name": said(found.name)}
