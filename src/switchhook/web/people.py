"""What the command line asks about people: the first operator, and links to log in once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from switchhook.domain.errors import SettingsError
from switchhook.web.ready import database, make_ready

if TYPE_CHECKING:
    from switchhook.web.models import Person


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """How somebody gets in for the first time. `link` is empty when they have been in before."""

    person: Person
    password: str | None
    link: str


def ensure_operator(email: str) -> FirstLogin:
    """The operator, made without a password when there is none; with a one-time link until they have been in."""
    with database():
        from switchhook.web.models import Person

        person = Person.objects.filter(is_superuser=True, is_active=True).order_by("date_joined").first()
        if person is None:
            person = Person.objects.create_superuser(email)
        return FirstLogin(person, None, "" if person.last_login else one_time_link(person))


def way_back_in(email: str, *, forget_second_factor: bool) -> str:
    """A one-time link for who has that address, also for an operator. Where there is no operator yet (engine and web
    were started apart), who has it becomes the first. Raises SettingsError when nobody has it."""
    with database():
        from django.core.exceptions import ValidationError

        from switchhook.web.members import actions
        from switchhook.web.members.addresses import person_at, plain_address
        from switchhook.web.models import Person

        try:
            person = person_at(email)
            if person is None and not Person.objects.filter(is_superuser=True).exists():
                person = Person.objects.create_superuser(plain_address(email))
        except ValidationError as error:  # no address that anybody can have
            raise SettingsError(" ".join(error.messages)) from error
        if person is None or not person.is_active:
            raise SettingsError(f"Nobody here has the address {email}.")
        if forget_second_factor:
            actions.forget_second_factor(person)
        return one_time_link(person)


def one_time_link(person: Person) -> str:
    """A link that logs this person in, once, within 24 hours."""
    make_ready()
    from switchhook.web.members.links import one_time_link

    return one_time_link(person)
