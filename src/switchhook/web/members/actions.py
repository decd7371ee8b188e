"""What happens to members: added to an account, given another role, removed."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from switchhook.web.members.models import Role
from switchhook.web.models import Account, Member, Person


def add_member(account: Account, email: str, name: str, role: Role) -> Member:
    """Make the person (with no password yet) unless they are known, and give them the role in the account."""
    with transaction.atomic():
        person = Person.objects.filter(email__iexact=email).first()
        if person is None:
            person = Person.objects.create_user(email.lower(), name=name)
        return Member.objects.create(account=account, person=person, role=role)


def save_profile(person: Person) -> None:
    """Save name and e-mail; the address before no longer logs in."""
    with transaction.atomic():
        person.save(update_fields=["name", "email"])
        EmailAddress.objects.filter(user_id=person.id).exclude(email__iexact=person.email).delete()
