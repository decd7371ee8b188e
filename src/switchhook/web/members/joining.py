"""The page on which an invitation is accepted: by who is logged in, by who has a login, by who has none yet."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from switchhook.web.members import invitations
from switchhook.web.members.addresses import person_at
from switchhook.web.members.forms import NewcomerForm
from switchhook.web.members.models import Invitation
from switchhook.web.models import Person


@login_not_required
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Only a button accepts: mail scanners and previews follow links."""
    invitation = invitations.invitation_of(token)
    if invitation is None:
        return render(request, "members/join.html", {"invitation": None}, status=410)
    person = person_at(invitation.email)
    if person is None or invitations.is_first_way_in(invitation, person):
        return _as_new(request, invitation)
    ours = request.user.is_authenticated and request.user.id == person.id
    if request.method == "POST" and ours:
        if invitations.accept(invitation, person) is None:
            return render(request, "members/join.html", {"invitation": None}, status=410)
        messages.success(request, _("You are a member of %(account)s now.") % {"account": invitation.account})
        return redirect("home", account=invitation.account.slug)
    return render(request, "members/join.html", {"invitation": invitation, "ours": ours, "known": True})


def _as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who has no login yet gets one with a name and a password, and is in."""
    form = NewcomerForm(data=request.POST or None, user=Person(email=invitation.email))
    if request.method == "POST" and not request.user.is_authenticated and form.is_valid():
        member = invitations.accept_as_new(invitation, form.cleaned_data["name"], form.cleaned_data["password1"])
        if member is None:
            return render(request, "members/join.html", {"invitation": None}, status=410)
        home = reverse("home", kwargs={"account": invitation.account.slug})
        answer: HttpResponse = perform_login(request, member.person, redirect_url=home)
        return answer
    return render(request, "members/join.html", {"invitation": invitation, "form": form})
