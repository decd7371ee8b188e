"""The lists of integrations, one integration's page, and what its buttons do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import BasicAuth, Header
from switchhook.domain.integration import Integration as Order
from switchhook.domain.signing import is_secret
from switchhook.web.integrations import actions
from switchhook.web.integrations.stored import opened
from switchhook.web.models import ConfigurationVersion, Errand, Integration
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt, not_answered


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, path: str) -> str:
    answer = house.client().get(path, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def read(row: Integration) -> Order:
    return opened(row, timezone.now()).integration


def version() -> int:
    return int(ConfigurationVersion.objects.get().version)


def test_the_list_has_the_columns_of_the_specification_and_the_state_in_words(house: House) -> None:
    row = house.integration(name="CRM call pop")
    house.delivery(house.event(), row, last_status=200)
    text = page(house, house.pbx_url + "integrations/")
    headings = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', text)
    assert headings[:4] == ["Name", "Type", "Trigger Service Type", "Trigger Event"]
    assert "CRM call pop Webhook myCloudPBX Inbound Call Answered Enabled Delivered 200" in words(text)


def test_each_level_lists_its_own_integrations_only(house: House) -> None:
    house.integration(name="Of the PBX")
    house.integration(EventType.USER_CREATED, name="Of the account")
    of_account, of_pbx = page(house, house.url + "integrations/"), page(house, house.pbx_url + "integrations/")
    assert "Of the account" in of_account
    assert "Of the PBX" not in of_account
    assert "Of the PBX" in of_pbx
    assert "Of the account" not in of_pbx


def test_the_icons_are_buttons_with_words(house: House) -> None:
    on, off = house.integration(name="On"), house.integration(name="Off")
    actions.disable(off, "Tired.")
    text = page(house, house.pbx_url + "integrations/")
    assert f'href="{house.url}integrations/{on.id}/edit/" title="Edit On"' in text
    assert f'action="{house.url}integrations/{on.id}/disable/"' in text
    assert 'title="Disable On"' in text
    assert f'action="{house.url}integrations/{off.id}/enable/"' in text
    assert 'title="Enable Off"' in text


def test_an_empty_list_offers_one_next_step(house: House) -> None:
    text = page(house, house.pbx_url + "integrations/")
    assert "No integrations yet" in text
    assert text.count("Create New Integration") == 1


def test_the_list_says_when_applications_are_off(house: House) -> None:
    house.service.applications_enabled = False
    house.service.save()
    text = page(house, house.pbx_url + "integrations/")
    assert "Applications are off for this PBX." in text
    assert f'href="{house.pbx_url}applications/"' in text


def test_the_list_takes_as_many_queries_for_thirty_as_for_two(house: House) -> None:
    def queries(count: int) -> int:
        for number in range(count):
            row = house.integration(name=f"N{number}")
            house.delivery(house.event(number=Integration.objects.count()), row)
        client = house.client()
        with CaptureQueriesContext(connection) as seen:
            client.get(house.pbx_url + "integrations/")
        return len(seen)

    assert queries(2) == queries(28)


def test_disabling_and_enabling_tell_the_engines(house: House) -> None:
    row, before = house.integration(), version()
    answer = house.client().post(f"{house.url}integrations/{row.id}/disable/", {"from": "list"})
    row.refresh_from_db()
    assert answer["Location"] == house.pbx_url + "integrations/"
    assert (row.enabled, row.disabled_reason) == (False, f"Disabled by {house.world.admin}.")
    assert row.disabled_at is not None
    assert version() == before + 1
    answer = house.client().post(f"{house.url}integrations/{row.id}/enable/")
    row.refresh_from_db()
    assert answer["Location"] == f"{house.url}integrations/{row.id}/"
    assert (row.enabled, row.disabled_reason, row.disabled_at) == (True, "", None)
    assert version() == before + 2


def test_a_copy_is_disabled_and_has_the_same_secrets_but_its_own_signing_secret(house: House) -> None:
    row = house.integration(
        authentication=BasicAuth(username="crm", password="first"),
        headers=(Header(name="X-Key", value="sesame", secret=True), Header(name="X-A", value="b")))
    answer = house.client().post(f"{house.url}integrations/{row.id}/duplicate/")
    twin = Integration.objects.exclude(id=row.id).get()
    assert answer["Location"] == f"{house.url}integrations/{twin.id}/edit/"
    assert (twin.name, twin.enabled) == ("CRM (copy)", False)
    assert (read(twin).authentication, read(twin).headers) == (read(row).authentication, read(row).headers)
    assert read(twin).signing_secrets != read(row).signing_secrets
    assert opened(twin, timezone.now()).unreadable == ()


def test_deleting_asks_first(house: House) -> None:
    row, before = house.integration(), version()
    place = f"{house.url}integrations/{row.id}/delete/"
    assert "Delete CRM?" in page(house, place)
    assert Integration.objects.filter(id=row.id).exists()
    assert house.client().post(place)["Location"] == house.pbx_url + "integrations/"
    assert not Integration.objects.filter(id=row.id).exists()
    assert version() == before + 1


@pytest.mark.parametrize("verb", ["enable", "disable", "duplicate", "rotate", "test"])
def test_a_verb_is_no_link_and_none_for_viewers(house: House, verb: str) -> None:
    place = f"{house.url}integrations/{house.integration().id}/{verb}/"
    assert house.client().get(place).status_code == 405
    assert house.client(house.world.viewer).post(place).status_code == 403
    assert house.client(house.world.stranger).post(place).status_code == 404


def test_a_new_signing_secret_is_shown_once_and_the_one_before_signs_for_a_day(house: House) -> None:
    row = house.integration()
    first, client = read(row).signing_secrets[0], house.client()
    shown = unescape(client.post(f"{house.url}integrations/{row.id}/rotate/", follow=True).content.decode())
    row.refresh_from_db()
    now = timezone.now()
    second, old = opened(row, now).integration.signing_secrets
    assert is_secret(second)
    assert old == first
    assert second in shown
    assert first not in shown
    assert "The secret before signs along until" in shown
    assert second not in unescape(client.get(f"{house.url}integrations/{row.id}/").content.decode())
    later = now + actions.ROTATION_OVERLAP + timedelta(seconds=1)
    assert opened(row, later).integration.signing_secrets == (second,)


def test_rotating_twice_keeps_two_secrets_at_most(house: House) -> None:
    row = house.integration()
    for _ in range(3):
        actions.rotate_signing_secret(row)
    assert len(read(row).signing_secrets) == 2


def test_a_secret_whose_key_is_gone_is_told_and_no_page_breaks(house: House) -> None:
    row = house.integration(authentication=BasicAuth(username="crm", password="first"))
    Integration.objects.filter(id=row.id).update(password_sealed="v1.00000000.AAAA")
    place = f"{house.url}integrations/{row.id}/"
    assert "A stored secret cannot be read any more: Password." in words(page(house, place))
    assert "Enter again what cannot be read any more: Password." in words(page(house, place + "edit/"))


def test_the_page_shows_the_configuration_and_the_recent_deliveries(house: House) -> None:
    row = house.integration(headers=(Header(name="X-Key", value="sesame", secret=True),))
    other = house.integration(name="Other")
    for number in range(12):
        house.delivery(house.event(number=number), row if number else other, last_status=200)
    text = page(house, f"{house.url}integrations/{row.id}/")
    assert text.count("Delivered") == 10
    assert "X-Key: ••••" in text
    assert 'hx-trigger="every 4s"' in text


# -- tests that somebody sends ---------------------------------------------------------------------------------


def ask(house: House, row: Integration) -> tuple[str, Errand]:
    """Press Send test; the URL of the fragment that waits, and the errand."""
    house.client().post(f"{house.url}integrations/{row.id}/test/")
    errand = Errand.objects.latest("created_at_ms")
    return f"{house.url}integrations/{row.id}/test/{errand.id}/", errand


def finish(errand: Errand, state: str, **result: Any) -> None:
    Errand.objects.filter(id=errand.id).update(state=state, result=json.dumps(result))


def test_a_test_is_waited_for_until_its_answer_is_there(house: House) -> None:
    row = house.integration()
    place, errand = ask(house, row)
    assert 'hx-trigger="load delay:1s"' in page(house, place)

    delivery = house.delivery(house.event(), row, state="pending", attempts=0)
    finish(errand, "done", delivery_id=str(delivery.id))
    assert "Sent; waiting for the answer" in page(house, place)

    attempt(delivery, 1, answered(503, "down"))
    text = page(house, place)
    assert "It did not work. The server answered 503 Service Unavailable." in words(text)
    assert "The receiver has a problem of its own" in text
    assert "hx-trigger" not in text


def test_a_test_that_works_says_so(house: House) -> None:
    row = house.integration()
    place, errand = ask(house, row)
    delivery = house.delivery(house.event(), row)
    attempt(delivery, 1, answered())
    finish(errand, "done", delivery_id=str(delivery.id))
    assert "It works. The server answered 200 OK." in words(page(house, place))


def test_a_test_that_reaches_nobody_says_what_to_do(house: House) -> None:
    row = house.integration()
    place, errand = ask(house, row)
    delivery = house.delivery(house.event(), row, state="pending")
    attempt(delivery, 1, not_answered("name_not_found", "The name crm.example.com does not exist."))
    finish(errand, "done", delivery_id=str(delivery.id))
    text = words(page(house, place))
    assert "The name crm.example.com does not exist. " in text
    assert "Check the spelling of the host name" in text


def test_a_test_that_the_engine_could_not_do_says_why(house: House) -> None:
    place, errand = ask(house, house.integration())
    finish(errand, "failed", detail="The integration is gone.")
    text = page(house, place)
    assert "The integration is gone." in text
    assert "hx-trigger" not in text


def test_a_test_that_nobody_takes_up_is_given_up(house: House) -> None:
    row = house.integration()
    _, errand = ask(house, row)
    minutes_ago = int((datetime.now(UTC) - timedelta(minutes=5)).timestamp() * 1000)
    old = UUID(int=(minutes_ago << 80) | (errand.id.int & ((1 << 80) - 1)))
    Errand.objects.filter(id=errand.id).update(id=old)
    text = page(house, f"{house.url}integrations/{row.id}/test/{old}/")
    assert "it is probably not running" in text
    assert "hx-trigger" not in text


def test_a_test_of_another_account_is_not_shown(house: House) -> None:
    row = house.integration()
    _, errand = ask(house, row)
    Errand.objects.filter(id=errand.id).update(account_id=house.world.other_account.id)
    assert "On its way" not in page(house, f"{house.url}integrations/{row.id}/?test={errand.id}")
