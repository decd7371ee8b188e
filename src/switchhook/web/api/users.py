"""Users over the API, one by one. Each change tells the account's integrations, as in the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, StrictBool

from switchhook.domain.catalogue import CALL_TYPES
from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import READ, USERS, access_of
from switchhook.web.api.etags import check_match, stamp
from switchhook.web.api.problems import conflict, invalid, not_found
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Page, Paging, Shape, Text
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.models import PbxUser, Service
from switchhook.web.tenancy import Access
from switchhook.web.users import actions, directory
from switchhook.web.users.directory import NAMES, Faulty
from switchhook.web.users.search import matching
from switchhook.web.users.sources import is_kept_here, known_to_pbx

router = Router()

CallType = Literal["Local", "National", "Mobile", "International", "International Other", "Premium", "Other"]


class UserShape(Shape):
    """A user of a PBX."""

    id: UUID
    service_id: UUID
    extension_number: str
    name: str
    outbound_phone_number: str
    has_voicemail: bool
    enabled_calls: list[str] = Field(description=f"Out of {', '.join(CALL_TYPES)}.")
    created_at: datetime
    updated_at: datetime


class UserChange(Shape):
    """What is to change; what is left out stays as it is."""

    extension_number: Text | None = None
    name: Text | None = None
    outbound_phone_number: Text | None = None
    has_voicemail: StrictBool | None = None
    enabled_calls: list[CallType] | None = None


class UserWanted(UserChange):
    """A user as they are to be."""

    extension_number: Text


class NewUser(UserWanted):
    """A new user."""

    name: Text


class WantedUsers(Paging):
    """Which users, and which page of them."""

    search: Text = Field(default="", max_length=120,
                         description="Whose extension begins so, or who have it in their name or number.")


@router.get("/services/{uuid:service_id}/users", response=Page[UserShape], auth=READ)
def list_users(request: HttpRequest, service_id: UUID, wanted: Query[WantedUsers]) -> Page[UserShape]:
    """The users of a PBX, by extension number."""
    access = access_of(request)
    found = access.users().filter(service=service_of(access, service_id)).order_by("extension_number")
    if wanted.cursor:
        found = found.filter(extension_number__gt=wanted.cursor)
    rows = list(matching(found, wanted.search)[: wanted.limit + 1])
    shown = [shape_of(row) for row in rows[: wanted.limit]]
    return Page(data=shown, next=shown[-1].extension_number if len(rows) > wanted.limit else None)


@router.post("/services/{uuid:service_id}/users", response={201: UserShape}, auth=USERS)
def create_user(request: HttpRequest, service_id: UUID, wanted: NewUser, response: HttpResponse) -> UserShape:
    """Create a user: Create User fires."""
    access = access_of(request)
    service = service_of(access, service_id)
    check_kept_here(service)
    user = filled(PbxUser(service=service), wanted, service)
    actions.create_user(user, access.asker)
    response["Location"] = f"{request.path}/{user.id}"
    return _stamped(user, response)


@router.get("/services/{uuid:service_id}/users/{user}", response=UserShape, auth=READ)
def get_user(request: HttpRequest, service_id: UUID, user: str, response: HttpResponse) -> UserShape:
    """One user, by id or extension number (# is written %23)."""
    access = access_of(request)
    return _stamped(_user_of(access, service_of(access, service_id), user), response)


@router.patch("/services/{uuid:service_id}/users/{user}", response=UserShape, auth=USERS)
def modify_user(
    request: HttpRequest, service_id: UUID, user: str, change: UserChange, response: HttpResponse,
) -> UserShape:
    """Modify a user: Modify User fires, unless nothing changes."""
    access = access_of(request)
    service = service_of(access, service_id)
    row = _user_of(access, service, user, lock=True)
    check_match(request, shape_of(row))
    check_known_here(service, row, change)
    actions.modify_user(filled(row, change, service), access.asker)
    row.refresh_from_db()
    return _stamped(row, response)


@router.delete("/services/{uuid:service_id}/users/{user}", response={204: None}, auth=USERS)
def delete_user(request: HttpRequest, service_id: UUID, user: str) -> None:
    """Delete a user: Delete User fires."""
    access = access_of(request)
    service = service_of(access, service_id)
    check_kept_here(service)
    row = _user_of(access, service, user, lock=True)
    check_match(request, shape_of(row))
    actions.delete_user(row, access.asker)


def check_kept_here(service: Service) -> None:
    """Raises Problem 409 where users are created and deleted on the PBX alone."""
    if not is_kept_here(service):
        raise conflict("The users of this PBX come from the PBX itself: create and delete them there.")


def check_known_here(service: Service, user: PbxUser, change: UserChange) -> None:
    """Raises Problem 422 for details that are the PBX's to say, unless they stay as they are."""
    differing = [name for name in NAMES if (value := getattr(change, name)) is not None
                 and name in known_to_pbx(service) and value != getattr(user, name)]
    if differing:
        raise invalid([Mistake(where=name, message="The PBX says this: change it there.") for name in differing])


def shape_of(user: PbxUser) -> UserShape:
    """The user as the API tells of them."""
    return UserShape(
        id=user.id, service_id=user.service_id, created_at=user.created_at, updated_at=user.updated_at,
        **{name: getattr(user, name) for name in NAMES})


def filled(user: PbxUser, change: UserChange, service: Service) -> PbxUser:
    """The user with what was sent, checked by the portal's form. Raises Problem 422."""
    try:
        return directory.filled(user, details_of(change), service)
    except Faulty as faulty:
        raise invalid([Mistake(where=one.name, message=one.message) for one in faulty.faults]) from faulty


def details_of(change: UserChange) -> dict[str, Any]:
    """What was sent, without what was left out."""
    return {name: value for name in NAMES if (value := getattr(change, name)) is not None}


def _user_of(access: Access, service: Service, named: str, *, lock: bool = False) -> PbxUser:
    """The user of that id or extension number; `lock`: nobody else changes them meanwhile. Raises Problem 404."""
    found = access.users().select_related("service__account").filter(service=service)
    if lock:
        found = found.select_for_update(of=("self",))
    id_ = uuid_or_none(named)
    user = found.filter(id=id_).first() if id_ else found.filter(extension_number=named).first()
    if user is None:
        raise not_found("user")
    return user


def _stamped(user: PbxUser, response: HttpResponse) -> UserShape:
    shape = shape_of(user)
    stamp(response, shape)
    return shape
