"""What happens to members: added to an account, given another role, limited to some services, removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from switchhook.web.members.addresses import person_at
from switchhook.web.members.models import Role
from switchhook.web.models import Account, Member, Person


def add_member(account: Account, email: str, name: str, role: Role) -> Member:
    """Make the person (with no password yet) unless they are known, and give them the role in the account."""
    with transaction.atomic():
        person = person_at(email)
        if person is None:
            person = Person.objects.create_user(email.lower(), name=name)
        return Member.objects.create(account=account, person=person, role=role)


class LastAdmin(ValueError):
    """Nobody would be left who runs the account."""

    def __init__(self) -> None:
        super().__init__(_("Somebody must stay admin of all the account. Make another member admin first."))


@transaction.atomic
def change_member(member: Member, role: Role, services: Sequence[UUID]) -> None:
    """Another role, other services; in force with the next page. Raises LastAdmin."""
    if role is not Role.ADMIN or services:
        _check_not_last(member)
    member.role, member.services = role, sorted(map(str, services))
    member.save()


@transaction.atomic
def remove_member(member: Member) -> None:
    """Take the role in the account away. The person stays, and so do their other accounts. Raises LastAdmin."""
    _check_not_last(member)
    member.delete()


def _check_not_last(member: Member) -> None:
    """Two admins who remove each other wait for one another: the account's members are locked."""
    everybody = list(Member.objects.select_for_update().filter(account_id=member.account_id).select_related("person"))
    if not any(one.id != member.id and one.role == Role.ADMIN and not one.services and one.person.is_active
               for one in everybody):
        raise LastAdmin


def with_second_factor(person_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these people have one. Recovery codes alone are none."""
    found = Authenticator.objects.filter(user_id__in=list(person_ids))
    return set(found.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list("user_id", flat=True))


@transaction.atomic
def forget_second_factor(person: Person) -> None:
    """For who lost phone and codes: the password alone lets them in, until they set up another."""
    Authenticator.objects.filter(user_id=person.id).delete()


def save_profile(person: Person) -> None:
    """Save name, e-mail and language; the address before no longer logs in."""
    with transaction.atomic():
        person.save(update_fields=["name", "email", "language"])
        EmailAddress.objects.filter(user_id=person.id).exclude(email__iexact=person.email).delete()
