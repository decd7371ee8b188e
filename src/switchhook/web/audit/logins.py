"""Logins in the audit log: those that came about, those that failed, and the end of them."""

from __future__ import annotations

from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note, note_of_person
from switchhook.web.members.addresses import person_at
from switchhook.web.members.models import Person


def begin() -> None:
    """Note from now on."""
    user_logged_in.connect(_in, dispatch_uid="audit logged in")
    user_logged_out.connect(_out, dispatch_uid="audit logged out")
    user_login_failed.connect(_failed, dispatch_uid="audit login failed")
    authentication_failed.connect(_wrong_factor, dispatch_uid="audit second factor failed")


def _in(sender: Any, user: Person, request: HttpRequest, **more: Any) -> None:
    note_of_person(Action.LOGGED_IN, Kind.LOGIN, user, detail=_browser(request), by_themselves=True)


def _out(sender: Any, user: Person | None, request: HttpRequest, **more: Any) -> None:
    if user is not None:
        note_of_person(Action.LOGGED_OUT, Kind.LOGIN, user, by_themselves=True)


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    """Only what looks like an address is kept of what was typed: some type their password there."""
    typed = str(credentials.get("email") or credentials.get("login") or "").strip()
    person = person_at(typed)
    if person is not None:
        note_of_person(Action.LOGIN_FAILED, Kind.LOGIN, person, detail=_browser(request))
    else:
        note(Action.LOGIN_FAILED, Kind.LOGIN, "", typed if "@" in typed else "", account_id=None,
             detail="Nobody has this address.")


def _wrong_factor(sender: Any, user: Person, request: HttpRequest, **more: Any) -> None:
    """The password was right: who tries is somebody to be known of."""
    note_of_person(Action.LOGIN_FAILED, Kind.SECOND_FACTOR, user, detail=_browser(request))


def _browser(request: HttpRequest | None) -> str:
    return "" if request is None else request.headers.get("User-Agent", "")[:200]
