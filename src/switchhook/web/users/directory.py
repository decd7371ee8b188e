"""All users of a PBX at once: a directory says who there is, and what differs is created, modified, deleted.

The API's bulk upsert and the portal's import do the same by it: all or nothing, each change told as if it were made
alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import EventType
from switchhook.web.models import PbxUser, Service
from switchhook.web.tenancy import Access
from switchhook.web.users import actions
from switchhook.web.users.forms import PbxUserForm

#: What is told of a user; what a directory leaves out stays as it is.
NAMES = ("extension_number", "name", "outbound_phone_number", "has_voicemail", "enabled_calls")
MOST_USERS = 2000

#: What a directory says of one user, by these names.
Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the user at that place of the directory, from 0."""

    place: int
    name: str
    message: str


class Faulty(Exception):
    """A directory with mistakes: nothing of it is done."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} mistakes")
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """A user who changes: name → (old, new)."""

    user: PbxUser
    changes: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done so that a PBX's users are as the directory says."""

    created: list[PbxUser]
    modified: list[Modified]
    deleted: list[PbxUser]
    unchanged: list[PbxUser]

    def counts(self) -> list[tuple[EventType, int]]:
        """How often each event will happen."""
        found = ((EventType.USER_CREATED, self.created), (EventType.USER_MODIFIED, self.modified),
                 (EventType.USER_DELETED, self.deleted))
        return [(event_type, len(users)) for event_type, users in found if users]


def planned(access: Access, service: Service, directory: Iterable[Details], *, delete_missing: bool) -> Plan:
    """What is to be done; nothing is done yet. Raises Faulty."""
    there = {user.extension_number: user for user in
             access.users().select_related("service__account").filter(service=service)}
    before = {number: actions.details(user) for number, user in there.items()}
    wanted = _checked(directory, service, there)
    changes = {number: _changes(before[number], user) for number, user in wanted.items() if number in there}
    return Plan(
        created=[user for number, user in wanted.items() if number not in there],
        modified=[Modified(user=wanted[number], changes=what) for number, what in changes.items() if what],
        deleted=[user for number, user in there.items() if number not in wanted] if delete_missing else [],
        unchanged=[wanted[number] for number, what in changes.items() if not what])


def carry_out(plan: Plan, access: Access) -> None:
    """Do it, and tell of each change. Who goes makes room for who comes. Raises QuotaReached."""
    with transaction.atomic():
        for user in plan.deleted:
            actions.delete_user(user, access.asker)
        for one in plan.modified:
            actions.modify_user(one.user, access.asker)
        for user in plan.created:
            actions.create_user(user, access.asker)


def filled(user: PbxUser, details: Details, service: Service, place: int = 0) -> PbxUser:
    """The user with what was sent, checked by the portal's form. Raises Faulty."""
    data = {name: details.get(name, getattr(user, name)) for name in NAMES}
    form = PbxUserForm(data, service=service, instance=user)
    if not form.is_valid():
        raise Faulty([Fault(place=place, name=name, message=str(message))
                      for name, messages in form.errors.items() for message in messages])
    saved: PbxUser = form.save(commit=False)
    return saved


def _checked(directory: Iterable[Details], service: Service, there: Mapping[str, PbxUser]) -> dict[str, PbxUser]:
    """Each user as wanted, by extension number. Raises Faulty that names all mistakes."""
    wanted: dict[str, PbxUser] = {}
    faults: list[Fault] = []
    for place, details in enumerate(directory):
        number = str(details.get("extension_number", "")).strip()
        try:
            user = filled(there.get(number) or PbxUser(service=service), details, service, place)
        except Faulty as faulty:
            faults += faulty.faults
            continue
        if user.extension_number in wanted:
            faults.append(Fault(place=place, name="extension_number", message=_("This extension is there twice.")))
        wanted[user.extension_number] = user
    if faults:
        raise Faulty(faults)
    return wanted


def _changes(before: Mapping[str, object], user: PbxUser) -> dict[str, tuple[object, object]]:
    """What differs, name → (old, new)."""
    after = actions.details(user)
    return {name: (before[name], after[name]) for name in NAMES if before[name] != after[name]}
