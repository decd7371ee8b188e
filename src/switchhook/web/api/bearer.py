"""Who asks: the token in `Authorization: Bearer swh_…`, and what it may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from switchhook.web.api.problems import Problem
from switchhook.web.members.models import Role
from switchhook.web.models import ApiToken
from switchhook.web.tenancy import Access, AccountShut, access_to, check_open, limit
from switchhook.web.tokens.actions import note_use, token_of
from switchhook.web.tokens.models import CHANGES_NOTHING, Scope

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


def authenticated(request: HttpRequest) -> ApiToken:
    """The token that the request shows. Raises Problem 401 that says what is wrong with it."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise _unknown("Show a token: Authorization: Bearer swh_… (My Admin, or Your profile → API tokens).",
                       "unauthenticated")
    token = token_of(text.strip())
    if token is None:
        raise _unknown("This token is unknown.", "token_unknown")
    now = timezone.now()
    if ended := token.ended(now):
        raise _unknown(f"This token is {ended}.", f"token_{ended}")
    note_use(token, now)
    return token


def access_of_token(token: ApiToken) -> Access:
    """What the token may see: no more than its services, nor than whose it is. Raises Problem 401."""
    try:
        check_open(token.account)
        if token.of_account:
            return Access(token, token.account, Role.ADMIN, limit(token.services))
        if token.owner is None or not token.owner.is_active:
            raise Http404
        access = access_to(token.owner, token.account.slug)
    except AccountShut as shut:
        raise Problem(403, f"{shut} Nothing of it is answered until it is open again.", code="account_shut") from None
    except Http404:
        raise _unknown("Whose token this is has no access to the account any more.", "token_orphaned") from None
    only = limit(token.services)
    if only is not None and access.only is not None:
        only &= access.only
    return replace(access, only=access.only if only is None else only)


def token_of_request(request: HttpRequest) -> ApiToken:
    """The token that was shown."""
    token: ApiToken = request.api_token  # type: ignore[attr-defined]  # manners.py put it there
    return token


def access_of(request: HttpRequest) -> Access:
    """What this request may see and do; all querysets come from here."""
    access: Access = request.access  # type: ignore[attr-defined]  # manners.py put it there
    return access


def running_account(request: HttpRequest) -> Access:
    """The same, for what concerns all of the account: its people, its audit log. Raises Problem 403."""
    access = access_of(request)
    if not access.can_write:
        raise Problem(403, "Whose token this is, is no admin of the account.", code="role_missing")
    if not access.whole:
        raise Problem(403, "This is for all of the account, and this token is limited to services.", code="limited")
    return access


class Bearer(HttpBearer):
    """On every operation: the scope that it needs. The token itself was looked at before (manners.py)."""

    openapi_description = "A token: of the account (My Admin → API tokens), or one's own (Your profile → API tokens)."

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        token = token_of_request(request)
        if self.scope.value not in token.scopes:
            raise Problem(403, f"This token lacks the scope “{self.scope.value}”.", code="scope_missing",
                          scope=self.scope.value)
        if self.scope not in CHANGES_NOTHING and access_of(request).role is not Role.ADMIN:
            raise Problem(403, "Whose token this is, is no admin of the account.", code="role_missing")
        return token

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError  # __call__ does it all


READ, USERS, INTEGRATIONS, EVENTS, MEMBERS, RECORDINGS, TOKENS = (Bearer(one) for one in Scope)


def _unknown(detail: str, code: str) -> Problem:
    return Problem(401, detail, code=code, headers=_CHALLENGE)
