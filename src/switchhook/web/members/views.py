"""Pages of people: the one-time link, one's own profile, and the members of an account (the operator's)."""

from __future__ import annotations

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from switchhook.web.members import actions
from switchhook.web.members.forms import MemberForm, ProfileForm
from switchhook.web.members.links import LIFETIME, one_time_link, person_of, redeem
from switchhook.web.members.models import Role
from switchhook.web.members.proof import is_proven
from switchhook.web.models import Account, Member
from switchhook.web.tenancy import operator_view


@login_not_required
@never_cache
def login_once(request: HttpRequest, token: str) -> HttpResponse:
    """A button that logs in. Only the button uses the link up: mail scanners and previews follow links."""
    if request.method != "POST":
        person = person_of(token)
        return render(request, "members/login_once.html", {"person": person}, status=200 if person else 410)
    person = redeem(token)
    if person is None:
        return render(request, "members/login_once.html", {"person": None}, status=410)
    onwards = "start"
    if not person.has_usable_password():
        messages.info(request, _("You are in. Choose a password now, so that you can log in again."))
        onwards = "account_set_password"
    answer: HttpResponse = perform_login(request, person, redirect_url=reverse(onwards))
    return answer


def _changes_address(request: HttpRequest) -> bool:
    """Who has the address has the login: that is more than a name."""
    assert request.user.is_authenticated
    return request.POST.get("email", "").lower() != request.user.email.lower()


@reauthentication_required(allow_get=True, enabled=_changes_address)  # type: ignore[untyped-decorator]
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name and e-mail."""
    assert request.user.is_authenticated  # the middleware sees to it
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        actions.save_profile(form.save(commit=False))
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "members/profile.html", {"form": form})


@operator_view
def members(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Who may log in to an account; adding somebody shows their one-time link."""
    account = get_object_or_404(Account, id=account_id)
    form = MemberForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        added = actions.add_member(account, data["email"], data["name"], Role(data["role"]))
        if added.person.last_login is not None and not is_proven(added.person):
            messages.warning(request, _(
                "%(email)s has a login already, and nothing has proven so far that the address is theirs. Make sure "
                "that it is the person whom you mean.") % {"email": added.person.email})
        return _shown(request, account, MemberForm(account=account), added)
    return _shown(request, account, form, None)


@operator_view
@require_POST
def new_link(request: HttpRequest, account_id: UUID, member_id: UUID) -> HttpResponse:
    """Another one-time link for a member."""
    member = _member(account_id, member_id)
    return _shown(request, member.account, MemberForm(account=member.account), member)


@operator_view
@require_POST
def forget_second_factor(request: HttpRequest, account_id: UUID, member_id: UUID) -> HttpResponse:
    """For who lost phone and recovery codes."""
    member = _member(account_id, member_id)
    actions.forget_second_factor(member.person)
    messages.success(request, _(
        "%(person)s logs in without a second factor, until they set up another.") % {"person": member.person})
    return redirect("operator-members", account_id=account_id)


@operator_view
@require_POST
def remove(request: HttpRequest, account_id: UUID, member_id: UUID) -> HttpResponse:
    """Take somebody's role in an account away. The person stays. The operator may remove the last admin, too."""
    member = _member(account_id, member_id)
    member.delete()
    messages.success(request, _("%(person)s is no longer a member.") % {"person": member.person})
    return redirect("operator-members", account_id=account_id)


def _member(account_id: UUID, member_id: UUID) -> Member:
    return get_object_or_404(Member.objects.select_related("person", "account"), id=member_id, account_id=account_id)


def _shown(request: HttpRequest, account: Account, form: MemberForm, added: Member | None) -> HttpResponse:
    """The list; with the one-time link of who was just added, or needs another."""
    rows = account.members.select_related("person").order_by("person__email")
    link = one_time_link(added.person, account.brand) if added else ""
    return render(request, "members/members.html", {
        "account": account, "rows": rows, "form": form, "added": added, "link": link,
        "with_factor": actions.with_second_factor(row.person_id for row in rows),
        "hours": int(LIFETIME.total_seconds() // 3600)})
