"""Django for the tests of the web, and the people in them: an operator, an account's admin and viewer, a stranger.

Django is set up while this file is read, by settings of the tests' own; the environment is put back at once, so
that tests of the engine in the same process see nothing of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

_state_dir = tempfile.TemporaryDirectory(prefix="switchhook-web-")


def _set_django_up() -> None:
    ours = {"SWITCHHOOK_STATE_DIR": _state_dir.name, "SWITCHHOOK_SECRET_KEYS": "a key for tests only"}
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("SWITCHHOOK_", "DATABASE_URL"))]:
        del os.environ[name]
    os.environ.update(ours, DJANGO_SETTINGS_MODULE="switchhook.web.django_settings")
    try:
        import django

        django.setup()
        from django.conf import settings

        # Hashing passwords as slowly as for real would take most of the tests' time.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    finally:
        for name in (*ours, "DJANGO_SETTINGS_MODULE"):  # a worker of xdist would set Django up by it, before this
            os.environ.pop(name)
        os.environ.update({name: value for name, value in before.items() if name not in os.environ})


_set_django_up()

from django.apps import apps  # noqa: E402
from django.test import Client  # noqa: E402

from switchhook.web.accounts.actions import save_account  # noqa: E402
from switchhook.web.audit.models import AuditEntry  # noqa: E402
from switchhook.web.members.models import Role  # noqa: E402
from switchhook.web.models import Account, Connection, Member, PbxUser, Person, Service  # noqa: E402


@pytest.fixture(autouse=True)
def _database(db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test of the web may use the database; what it did is rolled back. What tests with a live server write is
    not, and then Django empties only its own tables: the engine's are emptied here."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        for model in apps.get_models():
            if not model._meta.managed and model is not AuditEntry:  # nobody deletes from that
                model._default_manager.all().delete()


@dataclass(frozen=True, slots=True)
class World:
    """Two accounts that must not see each other. `account` has a PBX with two users."""

    account: Account
    service: Service
    connection: Connection
    users: tuple[PbxUser, PbxUser]
    other_account: Account
    other_service: Service
    other_user: PbxUser
    operator: Person
    admin: Person
    viewer: Person
    stranger: Person  # admin of the other account
    nobody: Person  # member of nothing


@pytest.fixture
def world() -> World:
    account = Account(slug="acme", name="Acme", time_zone="Australia/Sydney")
    other = Account(slug="other", name="Other")
    save_account(account)
    save_account(other)
    connection = Connection.objects.create(name="pbx.example", host="pbx.example", username="switchhook")
    service = Service.objects.create(
        account=account, connection=connection, name="pbx-0001", friendly_name="Head Office", applications_enabled=True)
    other_service = Service.objects.create(account=other, name="pbx-0002", friendly_name="Elsewhere")
    people = Person.objects
    operator = people.create_superuser("operator@example.com", "correct horse battery")
    admin, viewer, stranger, nobody = (
        people.create_user(f"{name}@example.com", "correct horse battery", name=name.title())
        for name in ("admin", "viewer", "stranger", "nobody"))
    for person, where, role in (
        (admin, account, Role.ADMIN), (viewer, account, Role.VIEWER), (stranger, other, Role.ADMIN),
    ):
        Member.objects.create(person=person, account=where, role=role)
    return World(
        account=account, service=service, connection=connection, other_account=other, other_service=other_service,
        users=(_user(service, "201", "Ada Example"), _user(service, "202", "Ben Sample")),
        other_user=_user(other_service, "301", "Eve Elsewhere"),
        operator=operator, admin=admin, viewer=viewer, stranger=stranger, nobody=nobody)


def _user(service: Service, extension: str, name: str) -> PbxUser:
    return PbxUser.objects.create(
        service=service, extension_number=extension, name=name, outbound_phone_number="12025550100", has_voicemail=True,
        enabled_calls=["Local", "National"])


@pytest.fixture
def as_person() -> Callable[[Person | None], Client]:
    """A browser (without JavaScript) in which that person is logged in; None: nobody is."""

    def browser(person: Person | None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return browser


@pytest.fixture
def admin(world: World, as_person: Callable[[Person | None], Client]) -> Client:
    """The account's admin, logged in."""
    return as_person(world.admin)


@pytest.fixture
def operator(world: World, as_person: Callable[[Person | None], Client]) -> Client:
    """The operator, logged in."""
    return as_person(world.operator)
