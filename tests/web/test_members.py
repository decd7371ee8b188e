"""People: getting in once by a link, logging in, and who is added to an account."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from switchhook.domain.errors import SettingsError
from switchhook.web.mail import django_mail
from switchhook.web.members.adapter import SEALED_AS
from switchhook.web.members.links import one_time_link
from switchhook.web.models import Member, Person
from switchhook.web.people import ensure_operator, way_back_in
from switchhook.web.secrets import seal
from tests.fixtures.processes import wait_until

from .conftest import World

AsPerson = Callable[[Person | None], Client]


def _logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def _path(link: str) -> str:
    return urlsplit(link).path


def test_a_one_time_link_logs_in_once(world: World, client: Client) -> None:
    path = _path(one_time_link(world.admin))
    assert "admin@example.com" in client.get(path).content.decode()
    assert not _logged_in(client)  # looking at it does not use it up
    assert client.post(path)["Location"] == "/"
    assert _logged_in(client)
    second = Client()
    assert second.get(path).status_code == 410
    assert second.post(path).status_code == 410
    assert not _logged_in(second)


def test_any_login_kills_the_links_that_were_there(world: World, client: Client) -> None:
    path = _path(one_time_link(world.admin))
    client.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    assert _logged_in(client)
    assert Client().post(path).status_code == 410


def test_a_link_is_dead_after_a_day(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _path(one_time_link(world.admin))
    later = (timezone.now() + timedelta(hours=24, seconds=5)).timestamp()
    monkeypatch.setattr(signing.time, "time", lambda: later)  # type: ignore[attr-defined]
    assert client.post(path).status_code == 410


@pytest.mark.parametrize("token", ["nonsense", "WyJ4Il0:1xUyYh:forged"])
def test_a_forged_link_is_no_link(world: World, client: Client, token: str) -> None:
    assert client.get(f"/login/once/{token}/").status_code == 410


def test_a_person_without_a_password_is_asked_for_one(world: World, client: Client) -> None:
    person = Person.objects.create_user("new@example.com")
    assert client.post(_path(one_time_link(person)))["Location"] == "/me/password/set/"
    client.post("/me/password/set/", {"password1": "battery staple 9", "password2": "battery staple 9"})
    person.refresh_from_db()
    assert person.check_password("battery staple 9")


def test_a_closed_persons_link_is_dead(world: World, client: Client) -> None:
    path = _path(one_time_link(world.admin))
    Person.objects.filter(id=world.admin.id).update(is_active=False)
    assert client.post(path).status_code == 410


def test_the_first_operator_gets_a_link_until_they_have_been_in() -> None:
    first = ensure_operator("operator@example.com")
    assert first.person.is_operator
    assert first.password is None
    again = ensure_operator("somebody@example.com")
    assert (again.person, Person.objects.count()) == (first.person, 1)
    assert Client().post(_path(again.link)).status_code == 302
    assert ensure_operator("operator@example.com").link == ""


def test_a_wrong_password_and_an_unknown_address_are_told_alike(world: World, client: Client) -> None:
    answers = [
        list(client.post("/login/", {"login": login, "password": "wrong"}).context["form"].non_field_errors())
        for login in ("admin@example.com", "unknown@example.com")]
    assert answers[0] == answers[1] != []


def test_logging_out_is_a_post(world: World, admin: Client) -> None:
    admin.get("/logout/")
    assert _logged_in(admin)
    admin.post("/logout/")
    assert not _logged_in(admin)


def test_a_reset_is_answered_alike_for_whom_there_is_and_for_nobody_also_when_the_mail_server_is_silent(
    world: World, caplog: pytest.LogCaptureFixture,
) -> None:
    told = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail_server = django_mail(f"smtp://127.0.0.1:{silent.getsockname()[1]}") | {"EMAIL_TIMEOUT": 60}
        with override_settings(**mail_server):
            for address in ("admin@example.com", "nobody.here@example.com"):
                answer = Client().post("/password/", {"email": address})
                told.append((answer.status_code, answer["Location"]))
            silent.accept()[0].close()  # it was asked, once the answer was there
            wait_until(lambda: "mail.not_sent" in caplog.text, "the log tells the operator")
    assert told == [(302, "/password/sent/")] * 2
    assert "password/key" not in caplog.text


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    password = "battery staple 9"
    client.post("/login/none/", {"email": "me@example.com", "password1": password, "password2": password})
    assert not Person.objects.exists()


def test_an_added_member_gets_a_link_that_is_shown_once(world: World, operator: Client) -> None:
    url = f"/operator/accounts/{world.account.id}/members/"
    page = operator.post(url, {"email": "New@Example.com", "name": "New", "role": "viewer"}).content.decode()
    member = Member.objects.get(person__email="new@example.com")
    assert (member.account, member.role, member.person.has_usable_password()) == (world.account, "viewer", False)
    [link] = re.findall(r"/login/once/[^<]+/", page)
    assert link not in operator.get(url).content.decode()
    browser = Client()
    browser.post(link)
    assert browser.get("/a/acme/").status_code == 200
    assert browser.get("/a/other/").status_code == 404


def test_a_known_person_is_added_with_the_login_that_they_have(world: World, operator: Client) -> None:
    url = f"/operator/accounts/{world.account.id}/members/"
    operator.post(url, {"email": "STRANGER@example.com", "role": "admin"})
    assert world.stranger.memberships.count() == 2
    answer = operator.post(url, {"email": "stranger@example.com", "role": "admin"})
    assert "is a member of the account already" in answer.content.decode()


def test_a_removed_member_sees_the_account_no_more(world: World, operator: Client, admin: Client) -> None:
    member = Member.objects.get(person=world.admin)
    operator.post(f"/operator/accounts/{world.account.id}/members/{member.id}/remove/")
    assert admin.get("/a/acme/").status_code == 404


def test_who_changes_their_address_logs_in_with_the_new_one(
    world: World, admin: Client, as_person: AsPerson,
) -> None:
    admin.post("/me/again/", {"password": "correct horse battery"})
    answer = admin.post("/me/", {"name": "Admin", "email": "viewer@example.com"})
    assert "Somebody else logs in with this address." in answer.content.decode()
    admin = as_person(world.admin)
    answer = admin.post("/me/", {"name": "Admin", "email": "Renamed@example.com"})
    assert answer["Location"].startswith("/me/again/")  # an open browser is not enough to take a login over
    admin.post(answer["Location"], {"password": "correct horse battery", "next": "/me/"})
    client = Client()
    client.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    assert not _logged_in(client)
    client.post("/login/", {"login": "renamed@example.com", "password": "correct horse battery"})
    assert _logged_in(client)


def test_start_leads_everybody_where_they_belong(world: World, as_person: AsPerson) -> None:
    assert as_person(world.admin).get("/")["Location"] == "/a/acme/"
    assert as_person(world.operator).get("/")["Location"] == "/operator/"
    assert "You are not a member of any account" in as_person(world.nobody).get("/").content.decode()
    Member.objects.create(account=world.other_account, person=world.admin)
    page = as_person(world.admin).get("/").content.decode()
    assert "Acme" in page
    assert "Other" in page


def test_guessing_a_password_is_slowed_down_for_all_webs_together(world: World, client: Client) -> None:
    for _ in range(5):
        client.post("/login/", {"login": "admin@example.com", "password": "a guess"})
    answer = client.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    assert "Too many failed login attempts" in answer.content.decode()
    assert not _logged_in(client)
    with connection.cursor() as cursor:  # what counts is in the database
        cursor.execute("SELECT count(*) FROM web_cache WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone()[0] > 0
    client.post("/login/", {"login": "viewer@example.com", "password": "correct horse battery"})
    assert _logged_in(client)


@pytest.fixture
def with_app(world: World) -> Person:
    """The admin, with an app as second factor."""
    Authenticator.objects.create(user=world.admin, type="totp", data={"secret": "sealed"})
    return world.admin


def test_a_one_time_link_is_no_way_around_the_second_factor(with_app: Person, client: Client) -> None:
    assert client.post(_path(one_time_link(with_app)))["Location"] == "/me/second-factor/authenticate/"
    assert not _logged_in(client)


def test_guessing_a_second_factor_is_slowed_down_in_every_browser_together(world: World) -> None:
    """Who knows the password, and tries codes."""
    secret = seal("JBSWY3DPEHPK3PXP", SEALED_AS)
    Authenticator.objects.create(user=world.admin, type="totp", data={"secret": secret})
    told = []
    for code in ("0", "00", "000", "0000", "00000", "000000"):
        browser = Client()
        browser.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
        answer = browser.post("/me/second-factor/authenticate/", {"code": code})
        told.append("Too many failed login attempts" in answer.content.decode())
        assert not _logged_in(browser)
    assert told == [False] * 5 + [True]


def test_the_operator_forgets_a_lost_second_factor(with_app: Person, world: World, operator: Client) -> None:
    url = f"/operator/accounts/{world.account.id}/members/"
    assert "Forget second factor" in operator.get(url).content.decode()
    member = Member.objects.get(person=with_app)
    operator.post(f"{url}{member.id}/second-factor/")
    assert "Forget second factor" not in operator.get(url).content.decode()
    browser = Client()
    browser.post(_path(one_time_link(with_app)))
    assert _logged_in(browser)


def test_the_command_line_makes_the_first_operator_and_no_second(client: Client) -> None:
    client.post(_path(way_back_in("First@example.com", forget_second_factor=False)))
    assert Person.objects.get(is_superuser=True).email == "first@example.com"
    assert client.get("/operator/").status_code == 200
    with pytest.raises(SettingsError, match="Nobody here has the address"):
        way_back_in("second@example.com", forget_second_factor=False)


def test_the_command_line_is_the_way_back_in(with_app: Person, client: Client) -> None:
    with pytest.raises(SettingsError, match="Nobody here has the address"):
        way_back_in("nobody-of-ours@example.com", forget_second_factor=False)
    client.post(_path(way_back_in("Admin@example.com", forget_second_factor=True)))
    assert _logged_in(client)
