"""Pages on which an account's admin sees to its people: the list, invitations, roles, what is asked of them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.web.accounts.actions import save_account
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.members import actions, invitations
from switchhook.web.members.forms import InvitationForm, RoleForm
from switchhook.web.members.models import Role
from switchhook.web.models import Member
from switchhook.web.tenancy import Access, account_view

LIST_LIMIT = 500


@account_view(needs=Role.ADMIN, whole=True)
def members(request: HttpRequest, access: Access) -> HttpResponse:
    """Who may see this account, and who is invited."""
    form = InvitationForm(request.POST or None, access=access)
    if request.method == "POST" and form.is_valid():
        try:
            invited = invitations.invite(
                access.account.id, form.cleaned_data["email"], form.chosen_role, form.chosen_services, access.person)
        except QuotaReached as reached:
            form.add_error(None, str(reached))
        else:
            messages.success(request, _("%(email)s is invited.") % {"email": invited.email} + (
                _(" The e-mail is on its way.") if settings.SWITCHHOOK.smtp_url else _(" Send them the link below.")))
            return redirect("members", account=access.account.slug)
    names = {str(one.id): str(one) for one in access.services()}
    rows = list(access.members().select_related("person").order_by("person__email")[:LIST_LIMIT])
    factors = actions.with_second_factor(row.person_id for row in rows)
    now = timezone.now()
    return render(request, "members/list.html", {
        "rows": [(row, _names(row.services, names), row.person_id in factors) for row in rows],
        "invited": [
            (one, _names(one.services, names), one.expires_at <= now,
             "" if settings.SWITCHHOOK.smtp_url else invitations.link_of(one))
            for one in access.invitations().select_related("invited_by").order_by("email")[:LIST_LIMIT]],
        "form": form})


@account_view(needs=Role.ADMIN, whole=True)
def member(request: HttpRequest, access: Access, member_id: UUID) -> HttpResponse:
    """One member: another role, other PBXs."""
    row = get_object_or_404(access.members().select_related("person"), id=member_id)
    form = RoleForm(request.POST or None, access=access, initial={"role": row.role, "services": row.services})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_member(row, form.chosen_role, form.chosen_services)
        except actions.LastAdmin as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, _("%(person)s is saved.") % {"person": row.person})
            return _onwards(access, row)
    return render(request, "members/edit.html", {"row": row, "form": form})


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def remove(request: HttpRequest, access: Access, member_id: UUID) -> HttpResponse:
    """They see the account no more."""
    row = get_object_or_404(access.members().select_related("person"), id=member_id)
    try:
        actions.remove_member(row)
    except actions.LastAdmin as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(person)s is no longer a member.") % {"person": row.person})
    return _onwards(access, row)


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def send_again(request: HttpRequest, access: Access, invitation_id: UUID) -> HttpResponse:
    """A new e-mail with a new link; the one before does not work any more."""
    invited = get_object_or_404(access.invitations(), id=invitation_id)
    invitations.send(invited)
    messages.success(request, _("%(email)s is invited again. Only the new link works.") % {"email": invited.email})
    return redirect("members", account=access.account.slug)


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def revoke(request: HttpRequest, access: Access, invitation_id: UUID) -> HttpResponse:
    """The link does not work any more."""
    invited = get_object_or_404(access.invitations(), id=invitation_id)
    invited.delete()
    messages.success(request, _("The invitation of %(email)s is revoked.") % {"email": invited.email})
    return redirect("members", account=access.account.slug)


@require_POST
@account_view(needs=Role.ADMIN, whole=True)
def policy(request: HttpRequest, access: Access) -> HttpResponse:
    """Whether everybody needs a second factor."""
    access.account.second_factor_required = "second_factor" in request.POST
    save_account(access.account, "second_factor_required")
    messages.success(request, _("Everybody needs a second factor from now on.")
                     if access.account.second_factor_required else _("A second factor is up to each member."))
    return redirect("members", account=access.account.slug)


def _onwards(access: Access, row: Member) -> HttpResponse:
    """To the list; who changed themselves may see it no more."""
    if row.person_id == access.asker.id:
        return redirect("start")
    return redirect("members", account=access.account.slug)


def _names(services: list[str], names: dict[str, str]) -> list[str]:
    return [names.get(one, _("a deleted PBX")) for one in services]
