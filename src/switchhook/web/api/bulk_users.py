"""All users of a PBX at once: a directory says who there is, and what differs is created, modified, deleted."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from pydantic import Field, StrictBool

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import USERS, access_of
from switchhook.web.api.problems import Problem, invalid
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape
from switchhook.web.api.users import NAMES, UserWanted, filled, router
from switchhook.web.models import PbxUser, Service
from switchhook.web.tenancy import Access
from switchhook.web.users import actions

MOST_USERS = 2000


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
    there = {user.extension_number: user for user in
             access.users().select_related("service__account").filter(service=service)}
    before = {number: actions.details(user) for number, user in there.items()}
    wanted = _checked(directory.users, service, there)
    done = Upserted(
        dry_run=directory.dry_run,
        created=[number for number in wanted if number not in there],
        modified=[Modified(extension_number=number, changes=changes) for number, user in wanted.items()
                  if (changes := _changes(before.get(number), user))],
        deleted=[number for number in there if number not in wanted] if directory.delete_missing else [],
        unchanged=[number for number, user in wanted.items()
                   if number in there and not _changes(before[number], user)])
    if not directory.dry_run:
        _do(done, wanted, there, access)
    return done


def _checked(users: list[UserWanted], service: Service, there: dict[str, PbxUser]) -> dict[str, PbxUser]:
    """Each user as wanted, by extension number. Raises Problem 422 that names all mistakes."""
    wanted: dict[str, PbxUser] = {}
    mistakes: list[Mistake] = []
    for place, one in enumerate(users):
        where = f"users.{place}."
        try:
            user = filled(there.get(one.extension_number.strip()) or PbxUser(service=service), one, service, where)
        except Problem as problem:
            mistakes += problem.errors
            continue
        if user.extension_number in wanted:
            mistakes.append(Mistake(where=f"{where}extension_number", message="This extension is there twice."))
        wanted[user.extension_number] = user
    if mistakes:
        raise invalid(mistakes)
    return wanted


def _changes(before: dict[str, object] | None, user: PbxUser) -> dict[str, list[object]]:
    """What differs, field → [old, new]; nothing of a user who is new."""
    if before is None:
        return {}
    after = actions.details(user)
    return {name: [before[name], after[name]] for name in NAMES if before[name] != after[name]}


def _do(done: Upserted, wanted: dict[str, PbxUser], there: dict[str, PbxUser], access: Access) -> None:
    for number in done.created:
        actions.create_user(wanted[number], access.person)
    for one in done.modified:
        actions.modify_user(wanted[one.extension_number], access.person)
    for number in done.deleted:
        actions.delete_user(there[number], access.person)
