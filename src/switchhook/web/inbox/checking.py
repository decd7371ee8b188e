"""Whose signature a request in the inbox has, and if it is nobody's, why: what a receiver would have to check."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from switchhook.domain.signing import Verification, verify
from switchhook.web.inbox.models import InboxRequest
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Integration
from switchhook.web.saying import said

#: So many integrations' secrets are tried; those that point at the inbox first.
MOST_TRIED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """An integration that may have signed a request."""

    name: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What checking came to: `good`, and in words."""

    good: bool
    signed: bool
    words: str


def signers(integrations: Iterable[Integration], inbox_url: str) -> list[Signer]:
    """The integrations whose secrets to try, those that point at the inbox first."""
    now, signing = timezone.now(), [one for one in integrations if one.signing_secrets]
    signing.sort(key=lambda one: inbox_url not in one.request_url)
    return [
        Signer(name=one.name, secrets=opened(one, now).integration.signing_secrets) for one in signing[:MOST_TRIED]]


def headers_of(request: InboxRequest) -> list[tuple[str, str]]:
    """The request's headers."""
    return [(name, value) for name, value in json.loads(request.headers)]


def check(request: InboxRequest, among: Sequence[Signer]) -> Checked:
    """Check the request as of when it came in. Without a body the query string is what was signed."""
    if request.body_truncated:
        return Checked(
            good=False, signed=True,
            words=_("Only the beginning of the body was kept: the signature cannot be checked."))
    headers, payload = headers_of(request), bytes(request.body) or urlsplit(request.url).query.encode()
    at = request.at_ms / 1000
    result = verify([secret for one in among for secret in one.secrets], headers, payload, now=at)
    if result is not Verification.GOOD:
        return Checked(good=False, signed=result is not Verification.MISSING, words=said(result.value))
    name = next(one.name for one in among if verify(one.secrets, headers, payload, now=at) is Verification.GOOD)
    return Checked(good=True, signed=True, words=_("The signature is good: %(name)s signed it.") % {"name": name})
