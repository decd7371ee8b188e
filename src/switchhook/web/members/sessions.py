"""The page of one's own sessions: where one is logged in, and how to end that elsewhere."""

from __future__ import annotations

from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note_of_person
from switchhook.web.members.browsers import browser_of


def sessions(request: HttpRequest) -> HttpResponse:
    """Every browser in which one is logged in."""
    assert request.user.is_authenticated  # the middleware sees to it
    rows = sorted(UserSession.objects.purge_and_list(request.user), key=lambda one: one.created_at, reverse=True)
    return render(request, "members/sessions.html", {
        "rows": [(row, browser_of(row.user_agent), row.is_current()) for row in rows]})


@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """That browser is logged out with its next page."""
    assert request.user.is_authenticated
    row = get_object_or_404(UserSession, id=session_id, user_id=request.user.id)
    note_of_person(Action.DELETED, Kind.SESSION, request.user, detail=f"{browser_of(row.user_agent)}, {row.ip}")
    end_sessions(request, [row])
    messages.success(request, _("That session is ended."))
    return redirect("sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """All but this one."""
    assert request.user.is_authenticated
    note_of_person(Action.DELETED, Kind.SESSION, request.user, detail="All other sessions")
    end_other_sessions(request, request.user)
    messages.success(request, _("You are logged in here, and nowhere else."))
    return redirect("sessions")
