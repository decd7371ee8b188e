"""All users of a PBX at once: a directory says who there is, and what differs is created, modified, deleted."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from pydantic import Field, StrictBool

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import USERS, access_of
from switchhook.web.api.problems import invalid
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape
from switchhook.web.api.users import UserWanted, check_kept_here, details_of, router
from switchhook.web.models import PbxUser
from switchhook.web.users.directory import MOST_USERS, Faulty, carry_out, planned


class Directory(Shape):
    """Users as they are to be, told apart by extension number. What a user leaves out stays as it is."""

    users: list[UserWanted] = Field(min_length=1, max_length=MOST_USERS)
    delete_missing: StrictBool = Field(default=False, description="Delete users who are not in the list.")
    dry_run: StrictBool = Field(default=False, description="Say what would be done, and do nothing.")


class Modified(Shape):
    """A user who changes: field → [old, new]."""

    extension_number: str
    changes: dict[str, list[object]]


class Upserted(Shape):
    """What was done, or with dry_run would be: extension numbers."""

    dry_run: bool
    created: list[str]
    modified: list[Modified]
    deleted: list[str]
    unchanged: list[str]


@router.put("/services/{uuid:service_id}/users", response=Upserted, auth=USERS)
def upsert_users(request: HttpRequest, service_id: UUID, directory: Directory) -> Upserted:
    """Bring a PBX's users in step with a list, all or nothing; each change fires as if it were made alone."""
    access = access_of(request)
    service = service_of(access, service_id)
    check_kept_here(service)
    try:
        plan = planned(access, service, map(details_of, directory.users), delete_missing=directory.delete_missing)
    except Faulty as faulty:
        raise invalid([Mistake(where=f"users.{one.place}.{one.name}", message=one.message)
                       for one in faulty.faults]) from faulty
    done = Upserted(
        dry_run=directory.dry_run,
        created=_numbers(plan.created),
        modified=[Modified(extension_number=one.user.extension_number,
                           changes={name: list(change) for name, change in one.changes.items()})
                  for one in plan.modified],
        deleted=_numbers(plan.deleted), unchanged=_numbers(plan.unchanged))
    if not directory.dry_run:
        carry_out(plan, access)
    return done


def _numbers(users: list[PbxUser]) -> list[str]:
    return [user.extension_number for user in users]
