"""View as: the operator sees one account as its members do, and for the time being nothing else of the portal.

It begins and ends by a click, is logged, and every page says so. It is read-only until the operator asks to change
something; that is logged, too. Kept in the operator's session.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest

from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note

if TYPE_CHECKING:
    from switchhook.web.accounts.models import Account

log = logging.getLogger(__name__)

_KEY = "viewing"
#: What the account's audit log says of it.
_WORDS = {
    "operator.views": "Began, reading only", "operator.may_change": "May change from now on",
    "operator.reads": "Only reads again", "operator.views_no_more": "Ended"}


@dataclass(frozen=True, slots=True)
class Viewing:
    """Which account the operator views, and whether they may change anything there."""

    account_id: UUID
    account_name: str
    may_change: bool


def viewing_of(request: HttpRequest) -> Viewing | None:
    """What this request's operator views; None for everybody else."""
    session, user = getattr(request, "session", None), getattr(request, "user", None)
    if session is None or user is None or not user.is_authenticated or not user.is_operator:
        return None
    kept = session.get(_KEY)
    return Viewing(UUID(kept["id"]), kept["name"], kept["may_change"]) if kept else None


def view(request: HttpRequest, account: Account) -> None:
    """Begin."""
    _keep(request, account.id, account.name, may_change=False)
    _log("operator.views", request, account.id, account.name)


def allow_changes(request: HttpRequest, allowed: bool) -> None:
    """Let the operator change what they view, or no longer."""
    now = viewing_of(request)
    if now is not None:
        _keep(request, now.account_id, now.account_name, may_change=allowed)
        _log("operator.may_change" if allowed else "operator.reads", request, now.account_id, now.account_name)


def end(request: HttpRequest) -> UUID | None:
    """End it. Returns which account it was."""
    now = viewing_of(request)
    request.session.pop(_KEY, None)
    if now is None:
        return None
    _log("operator.views_no_more", request, now.account_id, now.account_name)
    return now.account_id


def _keep(request: HttpRequest, account_id: UUID, name: str, *, may_change: bool) -> None:
    request.session[_KEY] = {"id": str(account_id), "name": name, "may_change": may_change}


def _log(what: str, request: HttpRequest, account_id: UUID, name: str) -> None:
    log.info("%s account=%s by=%s address=%s", what, account_id, request.user.pk, request.META.get("REMOTE_ADDR"))
    note(Action.VIEWED, Kind.ACCOUNT, account_id, name, account_id=account_id, detail=_WORDS[what])
