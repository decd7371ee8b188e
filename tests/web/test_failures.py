"""Failures on an integration's page: grouped, explained, leading to their deliveries; ticks and hours of that list."""

from __future__ import annotations

import json
import re
import time
from html import unescape

import pytest

from switchhook.web.integrations.failures import failure_groups
from switchhook.web.integrations.figures import HOUR_MS
from switchhook.web.models import Errand, Integration, IntegrationFailure
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt, not_answered
from tests.web.test_integrations_form import told

NOW_MS = time.time_ns() // 1_000_000


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def failure(row: Integration, answer: str, count: int, *, hours_ago: int = 0, said: str = "No.") -> None:
    last_ms = NOW_MS - hours_ago * HOUR_MS
    IntegrationFailure.objects.create(
        integration_id=row.id, hour_ms=last_ms // HOUR_MS * HOUR_MS, answer=answer, host="crm.example.com", said=said,
        failed=count, first_ms=last_ms - 1000, last_ms=last_ms)


def test_failures_are_grouped_over_the_hours_and_explained(house: House) -> None:
    row = house.integration()
    failure(row, "503", 200)
    failure(row, "503", 14, hours_ago=2)
    failure(row, "name_not_found", 3, hours_ago=1, said="The name crm.example.com does not exist.")
    failure(row, "500", 9, hours_ago=30)
    groups = failure_groups(row.id)
    assert [(one.title, one.count) for one in groups] == [
        ("503 Service Unavailable from crm.example.com", 214), ("The name crm.example.com does not exist.", 3)]
    assert groups[0].first_ms == NOW_MS - 2 * HOUR_MS - 1000
    page = told(house.client().get(f"{house.url}integrations/{row.id}/"))
    assert "214 times since" in page
    assert "The receiver has a problem of its own" in page
    assert "Check the spelling of the host name" in page


def found(house: House, query: str) -> list[str]:
    """The ids of the deliveries that the list shows."""
    page = house.client().get(f"{house.url}deliveries/?{query}").content.decode()
    return re.findall(r'id="to-([0-9a-f-]{36})"', page)


def test_a_group_leads_to_the_deliveries_that_failed_so(house: House) -> None:
    row = house.integration()
    down, lost, fine = (house.event(number=number) for number in (1, 2, 3))
    of_down = house.delivery(down, row, state="pending", last_status=503, last_problem="The server answered 503.")
    of_lost = house.delivery(lost, row, state="pending", last_problem="The name does not exist.")
    attempt(of_lost, 1, not_answered("name_not_found"))
    attempt(house.delivery(fine, row, last_status=200), 1, answered())
    assert found(house, "answer=503") == [str(of_down.id)]
    assert found(house, "answer=name_not_found") == [str(of_lost.id)]
    assert found(house, "answer=timed_out") == []
    assert "503 Service Unavailable" in told(house.client().get(f"{house.url}deliveries/?answer=503"))
    failure(row, "503", 1)
    page = house.client().get(f"{house.url}integrations/{row.id}/").content.decode()
    assert f'deliveries/?integration={row.id}&answer=503"' in unescape(page)


def test_the_list_shows_the_deliveries_of_an_hour_in_the_accounts_zone(house: House) -> None:
    house.account.time_zone = "Australia/Sydney"
    house.account.save()
    row = house.integration()
    early, late = (house.delivery(house.event(number=number), row) for number in (1, 61))
    assert found(house, "begin=2026-03-04T23:00&end=2026-03-05T00:00") == [str(early.id)]  # 12:00 to 13:00 UTC
    assert found(house, "begin=2026-03-04T13:00Z") == [str(late.id)]
    assert found(house, "begin=whenever") == [str(late.id), str(early.id)]
    page = told(house.client().get(f"{house.url}deliveries/?begin=2026-03-04T12:00Z&end=2026-03-04T13:00Z"))
    assert "4 Mar 23:00 to 5 Mar 00:00" in page


def test_those_ticked_are_redelivered_and_nobody_elses(house: House, world: World) -> None:
    row = house.integration()
    one, other, third = (house.delivery(house.event(number=number), row, state="failed") for number in (1, 2, 3))
    answer = house.client().post(f"{house.url}deliveries/redeliver/?state=failed", {
        "delivery": [str(one.id), str(other.id), "nonsense"]})
    assert answer["Location"] == f"{house.url}deliveries/?state=failed"
    (errand,) = Errand.objects.filter(kind="redeliver")
    assert set(json.loads(errand.args)["delivery_ids"]) == {str(one.id), str(other.id)}
    back = house.client().post(f"{house.url}deliveries/redeliver/", {"integration": str(row.id)}, follow=True)
    assert "Tick the deliveries first." in told(back)
    assert house.client(world.stranger).post(
        f"{house.url}deliveries/redeliver/", {"delivery": [str(third.id)]}).status_code == 404
