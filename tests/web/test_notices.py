"""Notices: the account's admins hear of an integration that fails, by a real mail server."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import override_settings

from switchhook.domain.catalogue import EventType
from switchhook.web.mail import django_mail
from switchhook.web.models import Integration, Member, Notice, Person
from switchhook.web.notices import send_owed
from tests.fixtures.mail import Mailbox, mailbox
from tests.web.conftest import World
from tests.web.made_up import House

__all__ = ["mailbox"]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def sent(mailbox: Mailbox) -> int:
    """Send by that server. Django's tests keep mail to themselves, unless they are told otherwise."""
    with override_settings(**django_mail(f"smtp://127.0.0.1:{mailbox.port}")):
        return send_owed()


def owe(house: House, row: Integration, kind: str = "disabled", **more: Any) -> UUID:
    now_ms = time.time_ns() // 1_000_000
    values = {"created_at_ms": now_ms, "due_ms": now_ms, "detail": "Nothing but failures for 5 days."} | more
    return Notice.objects.create(
        id=uuid4(), account_id=house.account.id, integration_id=row.id, kind=kind, problem="", **values).id


def test_the_admins_of_the_account_get_one_e_mail_and_nobody_else(house: House, mailbox: Mailbox) -> None:
    row = house.integration(name="CRM")
    owe(house, row)
    assert (sent(mailbox), sent(mailbox)) == (1, 0)
    ((to, message),) = mailbox.got
    body = message.get_content()
    assert to == ["admin@example.com"]
    assert message["Subject"] == "Switchhook: CRM is disabled"
    assert "Nothing but failures for 5 days." in body
    assert f"http://127.0.0.1:8000{house.url}integrations/{row.id}/" in body
    assert "admin@example.com" not in message.as_string()


def test_each_admin_reads_it_in_their_own_language(house: House, mailbox: Mailbox) -> None:
    person = Person.objects.create_user("german@example.com", language="de")
    Member.objects.create(account=house.account, role="admin", person=person)
    reason = "Nothing but failures for 5 days: 412 attempts, and none succeeded."
    owe(house, house.integration(name="CRM"), detail=reason)
    assert sent(mailbox) == 1
    told = {tuple(to): message for to, message in mailbox.got}
    assert told[("admin@example.com",)]["Subject"] == "Switchhook: CRM is disabled"
    german = told[("german@example.com",)]
    assert german["Subject"] == "Switchhook: CRM ist deaktiviert"
    assert "5 Tage lang nur Fehlschläge: 412 Versuche, und keiner gelang." in german.get_content()


def test_an_admin_who_is_limited_to_other_pbxs_hears_nothing_of_it(house: House, mailbox: Mailbox) -> None:
    Member.objects.create(
        account=house.account, role="admin", services=[str(uuid4())],
        person=Person.objects.create_user("branch@example.com"))
    Member.objects.filter(person=house.world.viewer).update(role="admin", services=[str(house.service.id)])
    for event_type, heard in (
        (EventType.INBOUND_ANSWERED, ["admin@example.com", "viewer@example.com"]),
        (EventType.USER_CREATED, ["admin@example.com"]),  # of all the account
    ):
        owe(house, house.integration(event_type))
        assert sent(mailbox) == 1
        assert sorted(mailbox.got[-1][0]) == heard


def test_on_the_first_day_it_is_a_warning(house: House, mailbox: Mailbox) -> None:
    owe(house, house.integration(name="CRM\nBcc: x@example.com"), kind="failing")
    sent(mailbox)
    ((_, message),) = mailbox.got
    assert message["Subject"] == "Switchhook: CRM Bcc: x@example.com is failing"


def test_while_the_mail_server_refuses_it_stays_owed(house: House, mailbox: Mailbox) -> None:
    owe(house, house.integration())
    mailbox.refusing = True
    assert sent(mailbox) == 0
    notice = Notice.objects.get()
    assert ("come back later" in notice.problem, notice.sent_at_ms) == (True, None)
    mailbox.refusing = False
    assert sent(mailbox) == 0  # not again at once
    Notice.objects.update(due_ms=0)
    assert sent(mailbox) == 1


def test_what_is_old_news_is_not_sent(house: House, mailbox: Mailbox) -> None:
    owe(house, house.integration(), created_at_ms=time.time_ns() // 1_000_000 - 4 * 24 * 3_600_000)
    assert sent(mailbox) == 0
