"""Members and invitations over the API: for admins of all the account, by the same verbs as in the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import MEMBERS, READ, running_account
from switchhook.web.api.paging import by_id
from switchhook.web.api.problems import Problem, invalid, not_found
from switchhook.web.api.services import known_services
from switchhook.web.api.shapes import Page, PagingById, Shape, Text
from switchhook.web.members import actions, invitations
from switchhook.web.members.forms import not_yet_member
from switchhook.web.members.models import Invitation, Role
from switchhook.web.models import Member
from switchhook.web.tenancy import Access

router = Router()

RoleName = Literal["admin", "viewer"]


class MemberShape(Shape):
    """Somebody who may log in to the account."""

    id: UUID
    email: str
    name: str
    role: str
    services: list[UUID] = Field(description="The services that they are limited to; empty: all of the account.")
    last_login: datetime | None
    created_at: datetime


class MemberChange(Shape):
    """What is to change; what is left out stays."""

    role: RoleName | None = None
    services: list[UUID] | None = Field(default=None, description="Empty: all of the account.")


class InvitationShape(Shape):
    """Somebody who is invited."""

    id: UUID
    email: str
    role: str
    services: list[UUID]
    created_at: datetime
    expires_at: datetime


class NewInvitation(Shape):
    """Somebody to be invited."""

    email: Text = Field(max_length=254)
    role: RoleName = "viewer"
    services: list[UUID] = Field(default=[], description="The services that they are limited to; empty: to none.")


@router.get("/members", response=Page[MemberShape], auth=READ)
def list_members(request: HttpRequest, paging: Query[PagingById]) -> Page[MemberShape]:
    """The account's members."""
    rows, following = by_id(running_account(request).members().select_related("person"), paging, newest_first=False)
    return Page(data=[_shape(row) for row in rows], next=following)


@router.post("/members", response={201: InvitationShape}, auth=MEMBERS)
def invite_member(request: HttpRequest, wanted: NewInvitation) -> InvitationShape:
    """Invite somebody: they get an e-mail with a link that works once, within seven days."""
    access = running_account(request)
    try:
        validate_email(wanted.email)
        email = not_yet_member(access.account, wanted.email)
    except ValidationError as error:
        raise invalid([Mistake(where="email", message=str(error.message))]) from error
    services = known_services(access, wanted.services)
    invited = invitations.invite(access.account.id, email, Role(wanted.role), services, access.person)
    return _invited(invited)


@router.patch("/members/{uuid:member_id}", response=MemberShape, auth=MEMBERS)
def change_member(request: HttpRequest, member_id: UUID, change: MemberChange) -> MemberShape:
    """Another role, other services."""
    access = running_account(request)
    row = _member(access, member_id)
    kept = [UUID(one) for one in row.services]
    services = kept if change.services is None else known_services(access, change.services)
    try:
        actions.change_member(row, Role(change.role or row.role), services)
    except actions.LastAdmin as error:
        raise Problem(409, str(error), code="last_admin") from error
    return _shape(row)


@router.delete("/members/{uuid:member_id}", response={204: None}, auth=MEMBERS)
def remove_member(request: HttpRequest, member_id: UUID) -> None:
    """They see the account no more."""
    try:
        actions.remove_member(_member(running_account(request), member_id))
    except actions.LastAdmin as error:
        raise Problem(409, str(error), code="last_admin") from error


@router.get("/invitations", response=Page[InvitationShape], auth=READ)
def list_invitations(request: HttpRequest, paging: Query[PagingById]) -> Page[InvitationShape]:
    """Who is invited and has not accepted yet."""
    rows, following = by_id(running_account(request).invitations(), paging, newest_first=False)
    return Page(data=[_invited(row) for row in rows], next=following)


@router.post("/invitations/{uuid:invitation_id}/send", response=InvitationShape, auth=MEMBERS)
def send_invitation(request: HttpRequest, invitation_id: UUID) -> InvitationShape:
    """Send it again, with a new link; the one before does not work any more."""
    row = _invitation(running_account(request), invitation_id)
    invitations.send(row)
    return _invited(row)


@router.delete("/invitations/{uuid:invitation_id}", response={204: None}, auth=MEMBERS)
def revoke_invitation(request: HttpRequest, invitation_id: UUID) -> None:
    """Its link does not work any more."""
    _invitation(running_account(request), invitation_id).delete()


def _member(access: Access, member_id: UUID) -> Member:
    row = access.members().select_related("person").filter(id=member_id).first()
    if row is None:
        raise not_found("member")
    return row


def _invitation(access: Access, invitation_id: UUID) -> Invitation:
    row = access.invitations().filter(id=invitation_id).first()
    if row is None:
        raise not_found("invitation")
    return row


def _shape(row: Member) -> MemberShape:
    return MemberShape(
        id=row.id, email=row.person.email, name=row.person.name, role=row.role,
        services=[UUID(one) for one in row.services], last_login=row.person.last_login, created_at=row.created_at)


def _invited(row: Invitation) -> InvitationShape:
    return InvitationShape(
        id=row.id, email=row.email, role=row.role, services=[UUID(one) for one in row.services],
        created_at=row.created_at, expires_at=row.expires_at)
