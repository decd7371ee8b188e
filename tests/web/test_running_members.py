"""Members, seen to by their account's admin: invitations, roles, what somebody limited to one PBX sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.web.mail import django_mail
from switchhook.web.members.invitations import link_of
from switchhook.web.members.models import Role
from switchhook.web.members.proof import is_proven
from switchhook.web.models import Invitation, Member, Notice, Person, Service
from switchhook.web.notices import send_owed
from tests.fixtures.mail import Mailbox, letters, mailbox
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_hostile_forms import Forms

__all__ = ["mailbox"]

AsPerson = Callable[[Person | None], Client]
PASSWORD = "battery staple 9"
NEW = {"name": "Nova New", "password1": PASSWORD, "password2": PASSWORD}


def invite(admin: Client, email: str = "nova@example.com", **more: Any) -> Invitation:
    answer = admin.post("/a/acme/members/", {"email": email, "role": "viewer", **more}, follow=True)
    assert f"{email.lower()} is invited." in answer.content.decode()
    return Invitation.objects.get(email=email.lower())


def path_of(invitation: Invitation) -> str:
    return urlsplit(link_of(invitation)).path


def member(person: Person) -> Member:
    return Member.objects.get(person=person, account__slug="acme")


@pytest.fixture
def branch(world: World) -> Service:
    """A second PBX of the account, so that there is something to choose from."""
    return Service.objects.create(account=world.account, name="pbx-0003", friendly_name="Branch")


def test_who_is_invited_joins_by_the_link_in_the_e_mail(world: World, admin: Client, mailbox: Mailbox) -> None:
    invite(admin, "Nova@example.com", role="admin")
    with override_settings(**django_mail(f"smtp://127.0.0.1:{mailbox.port}")):
        assert send_owed() == 1
    ((to, message),) = mailbox.got
    assert to == ["nova@example.com"]
    [link] = re.findall(r"http://\S+/join/\S+", message.get_content())
    browser = Client()
    assert "Join Acme" in browser.get(urlsplit(link).path).content.decode()
    assert browser.post(urlsplit(link).path, NEW)["Location"] == "/a/acme/"
    assert browser.get("/a/acme/").status_code == 200
    joined = Member.objects.get(person__email="nova@example.com")
    assert (joined.role, joined.person.name, joined.person.check_password(PASSWORD)) == ("admin", "Nova New", True)
    assert Client().post(urlsplit(link).path, NEW).status_code == 410  # once


def test_the_letter_says_nothing_that_whoever_invites_made_up(world: World, admin: Client, mailbox: Mailbox) -> None:
    Person.objects.filter(id=world.admin.id).update(name="Your bank\n\nPay at https://evil.example/")
    invite(admin)
    with override_settings(**django_mail(f"smtp://127.0.0.1:{mailbox.port}")):
        send_owed()
    ((_, message),) = mailbox.got
    assert message.get_content().startswith("admin@example.com invites you to Acme on Switchhook, as Viewer.")
    assert "evil" not in message.get_content()


def test_no_row_has_the_link_in_it(world: World, admin: Client) -> None:
    token = path_of(invite(admin)).split("/")[2]
    notice = Notice.objects.get(kind="invitation")
    assert token not in str(notice.__dict__) + str(Invitation.objects.get().__dict__)


def test_a_link_that_was_sent_before_revoked_or_is_too_old_does_not_work(world: World, admin: Client) -> None:
    invitation = invite(admin)
    first = path_of(invitation)
    admin.post(f"/a/acme/members/invitations/{invitation.id}/send/")
    assert Client().get(first).status_code == 410
    invitation.refresh_from_db()
    assert Client().get(path_of(invitation)).status_code == 200
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path_of(invitation)).status_code == 410
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    admin.post(f"/a/acme/members/invitations/{invitation.id}/revoke/")
    assert Client().post(path_of(invitation), NEW).status_code == 410
    assert Client().get("/join/forged:nonsense/").status_code == 410
    send_owed()
    assert mail.outbox == []  # what is revoked is sent to nobody


def test_an_invitation_logs_nobody_in_who_has_a_login(world: World, admin: Client, as_person: AsPerson) -> None:
    path = path_of(invite(admin, "stranger@example.com"))
    anonymous = Client()
    assert f"/login/?next={quote(path)}" in anonymous.get(path).content.decode()
    assert anonymous.post(path, NEW).status_code == 200
    assert "_auth_user_id" not in anonymous.session
    other = as_person(world.nobody)
    assert "You are logged in as nobody@example.com" in other.get(path).content.decode()
    other.post(path)
    assert not world.nobody.memberships.exists()
    ours = as_person(world.stranger)
    assert ours.post(path)["Location"] == "/a/acme/"
    page = ours.get("/a/acme/").content.decode()
    assert '<summary><span class="switcher-name">Acme' in page  # now there are two accounts to switch between
    assert 'href="/a/other/"' in page


def test_who_was_added_and_never_came_gets_in_by_an_invitation(world: World, admin: Client) -> None:
    person = Person.objects.create_user("nova@example.com")  # the operator added them to another account
    browser = Client()
    assert browser.post(path_of(invite(admin)), NEW)["Location"] == "/a/acme/"
    person.refresh_from_db()
    assert (person.name, person.check_password(PASSWORD)) == ("Nova New", True)


@pytest.mark.parametrize("has", ["another account", "the operator's role"])
def test_without_e_mail_an_admin_makes_nobody_a_password_who_has_more_than_their_account(
    has: str, world: World, admin: Client,
) -> None:
    """The admin sees the link then: it must not be a way into what is none of theirs."""
    if has == "another account":
        person = Person.objects.create_user("nova@example.com")
        Member.objects.create(account=world.other_account, person=person, role=Role.ADMIN)
    else:
        person = Person.objects.create_superuser("nova@example.com")
    path = path_of(invite(admin))
    assert path.partition(":")[0] in admin.get("/a/acme/members/").content.decode()  # behind it: when it was signed
    assert "There is a login for this address already" in Client().post(path, NEW).content.decode()
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_a_weak_password_is_refused_and_the_invitation_stays(world: World, admin: Client) -> None:
    path = path_of(invite(admin))
    answer = Client().post(path, NEW | {"password1": "12345", "password2": "12345"})
    assert "too short" in answer.content.decode()
    assert Client().get(path).status_code == 200


def test_a_member_is_not_invited_again(world: World, admin: Client) -> None:
    answer = admin.post("/a/acme/members/", {"email": "VIEWER@example.com", "role": "admin"})
    assert "is a member of the account already" in answer.content.decode()


def test_a_role_is_changed_and_a_member_removed(world: World, admin: Client, as_person: AsPerson) -> None:
    viewer = member(world.viewer)
    admin.post(f"/a/acme/members/{viewer.id}/", {"role": "admin"})
    assert as_person(world.viewer).get("/a/acme/members/").status_code == 200
    admin.post(f"/a/acme/members/{viewer.id}/remove/")
    assert as_person(world.viewer).get("/a/acme/").status_code == 404


@pytest.mark.parametrize("how", ["demoted", "limited", "removed"])
def test_the_last_admin_of_all_the_account_stays(world: World, branch: Service, admin: Client, how: str) -> None:
    Person.objects.create_user("closed@example.com", is_active=False)
    Member.objects.create(account=world.account, person=Person.objects.get(email="closed@example.com"), role=Role.ADMIN)
    url = f"/a/acme/members/{member(world.admin).id}/"
    answer = {
        "demoted": lambda: admin.post(url, {"role": "viewer"}),
        "limited": lambda: admin.post(url, {"role": "admin", "services": [str(branch.id)]}),
        "removed": lambda: admin.post(f"{url}remove/", follow=True),
    }[how]()
    assert "Somebody must stay admin" in answer.content.decode()
    left = member(world.admin)
    assert (left.role, left.services) == ("admin", [])


def test_who_is_limited_to_a_pbx_sees_nothing_of_the_others(
    world: World, branch: Service, admin: Client, as_person: AsPerson,
) -> None:
    house = House(world)
    account_level = house.integration(EventType.USER_CREATED, name="HR system")
    other_pbx = house.integration(name="CRM of head office")
    event = house.event()
    delivery = house.delivery(event, other_pbx)
    call = house.call({"kind": "began"})
    admin.post(f"/a/acme/members/{member(world.viewer).id}/", {"role": "admin", "services": [str(branch.id)]})
    limited = as_person(world.viewer)
    pages = "".join(limited.get(f"/a/acme/{path}").content.decode() for path in (
        "", "pbx/", "calls/", "deliveries/", "events/", "users/", "integrations/", f"pbx/{branch.id}/"))
    for hidden in ("Head Office", "HR system", "CRM of head office", "Ada Example", "12025550171"):
        assert hidden not in pages, hidden
    assert "Branch" in pages
    for path in (
        f"pbx/{world.service.id}/", f"pbx/{world.service.id}/users/", f"integrations/{account_level.id}/",
        f"integrations/{other_pbx.id}/", f"deliveries/{delivery.id}/", f"events/{event.id}/", f"calls/{call.id}/",
    ):
        assert limited.get(f"/a/acme/{path}").status_code == 404, path
    for path in ("members/", "tokens/", "audit/", "inbox/", "integrations/new/"):
        assert limited.get(f"/a/acme/{path}").status_code == 403, path
    assert limited.get(f"/a/acme/pbx/{branch.id}/integrations/new/").status_code == 200


def test_a_limited_members_token_sees_no_more_than_they(world: World, branch: Service) -> None:
    from switchhook.web.tenancy import Access
    from switchhook.web.tokens.actions import make_token
    from switchhook.web.tokens.models import Scope

    access = Access(world.admin, world.account, Role.ADMIN)
    texts = [make_token(access, "CRM", [Scope.READ], services=services)[1] for services in ([], [world.service.id])]
    Member.objects.filter(person=world.admin).update(services=[str(branch.id)])
    seen = [
        [one["name"] for one in Client().get("/api/v1/services", headers={"Authorization": f"Bearer {text}"}).json()[
            "data"]] for text in texts]
    assert seen == [["pbx-0003"], []]


def test_who_is_limited_to_a_pbx_that_was_deleted_stays_limited_when_their_role_is_changed(
    world: World, branch: Service, admin: Client,
) -> None:
    """Their form must have the tick: without one, they would be of all the account."""
    row = member(world.viewer)
    row.services = [str(branch.id)]
    row.save()
    gone = str(branch.id)
    branch.delete()
    [form] = [one for one in Forms(admin.get(f"/a/acme/members/{row.id}/").content.decode()).found
              if any(name == "role" for name, _ in one.fields)]
    ticked = [value for name, value in form.fields if name == "services"]
    assert ticked == [gone]
    admin.post(f"/a/acme/members/{row.id}/", {"role": "admin", "services": ticked})
    row.refresh_from_db()
    assert (row.role, row.services) == ("admin", [gone])


def test_bulk_recovery_is_not_for_who_is_limited(world: World, branch: Service, as_person: AsPerson) -> None:
    Member.objects.filter(person=world.admin).update(services=[str(branch.id)])
    assert as_person(world.admin).get("/a/acme/deliveries/recover/").status_code == 403


def test_an_account_leads_to_a_second_factor_whoever_has_none(
    world: World, admin: Client, as_person: AsPerson,
) -> None:
    admin.post("/a/acme/members/policy/", {"second_factor": "on"})
    viewer = as_person(world.viewer)
    for path in ("/a/acme/", "/a/acme/users/", "/a/acme/members/"):
        assert viewer.get(path)["Location"] == "/me/second-factor/"
        assert admin.get(path)["Location"] == "/me/second-factor/"
    news = viewer.get("/a/acme/calls/", headers={"HX-Request": "true"})
    assert (news.status_code, news["HX-Redirect"]) == (200, "/me/second-factor/")  # not into the middle of the list
    assert "asks everybody for a second factor" in viewer.get("/me/second-factor/").content.decode()
    assert as_person(world.stranger).get("/a/other/").status_code == 200  # another account asks for none


def test_a_link_that_an_admin_passed_on_proves_no_address_and_one_that_came_by_letter_does(
    world: World, admin: Client,
) -> None:
    for email, smtp_url in (("by.hand@example.com", ""), ("by.letter@example.com", "smtp://127.0.0.1:25")):
        path = path_of(invite(admin, email))
        with override_settings(SWITCHHOOK=settings.SWITCHHOOK.model_copy(update={"smtp_url": smtp_url})):
            assert Client().post(path, NEW).status_code == 302
        assert is_proven(Person.objects.get(email=email)) == bool(smtp_url)


def test_the_operator_is_told_that_nothing_has_proven_an_address(world: World, admin: Client, operator: Client) -> None:
    Client().post(path_of(invite(admin)), NEW)
    url = f"/operator/accounts/{world.other_account.id}/members/"
    page = operator.post(url, {"email": "nova@example.com", "role": "admin"}).content.decode()
    assert "nothing has proven so far that the address is theirs" in page
    newcomer = operator.post(url, {"email": "newcomer@example.com", "role": "admin"}).content.decode()
    assert "nothing has proven" not in newcomer


def test_who_sets_a_password_by_letter_has_proven_their_address_and_ends_a_providers_login_of_before(
    world: World, client: Client,
) -> None:
    SocialAccount.objects.create(user_id=world.admin.id, provider="openid_connect", uid="a squatter's")
    client.post("/password/", {"email": "admin@example.com"})
    [path] = re.findall(r"http://[^/]+(/password/key/\S+)", letters()[0].body)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert is_proven(world.admin)
    assert not SocialAccount.objects.exists()
    assert client.post("/login/", {"login": "admin@example.com", "password": PASSWORD}).status_code == 302
