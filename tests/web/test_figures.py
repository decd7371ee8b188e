"""An integration's figures of the last 24 hours, on its page; and the home, when one does nothing but fail."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from switchhook.web.integrations.figures import HEIGHT, HOUR_MS, figures
from switchhook.web.models import Integration, IntegrationHealth, IntegrationHour
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_recovery import text

BUCKETS = ("up_to_50_ms", "up_to_100_ms", "up_to_250_ms", "up_to_500_ms", "up_to_1000_ms", "up_to_2500_ms",
           "up_to_5000_ms", "up_to_10000_ms", "slower")


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def hour(row: Integration, hours_ago: int, **counts: Any) -> None:
    hour_ms = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS - hours_ago * HOUR_MS
    values = dict.fromkeys(("delivered", "failed", "total_ms", *BUCKETS), 0) | counts
    IntegrationHour.objects.create(integration_id=row.id, hour_ms=hour_ms, **values)


def test_the_day_s_figures_are_on_the_page(house: House) -> None:
    row = house.integration()
    hour(row, 0, delivered=100, failed=1, up_to_100_ms=100)
    hour(row, 23, delivered=50, up_to_100_ms=50)
    hour(row, 24, failed=900)
    found = figures(row.id)
    assert (found.delivered, found.failed, found.median_ms, len(found.bars)) == (150, 1, 75.0, 24)
    assert (found.bars[0].delivered, found.bars[-1].failed) == (50, 1)
    assert all(bar.delivered_y + bar.delivered_height <= HEIGHT for bar in found.bars)
    page = text(house.client().get(f"{house.url}integrations/{row.id}/"))
    assert "99.3 %" in page
    assert "150 delivered" in page
    assert 'class="hours"' in page


def test_the_page_tells_how_long_answers_took_beside_the_time_out(house: House) -> None:
    row = house.integration(timeout_seconds=12.5)
    hour(row, 0, delivered=150, up_to_100_ms=140, up_to_2500_ms=9, slower=1)
    page = re.sub(r"<[^>]*>", " ", text(house.client().get(f"{house.url}integrations/{row.id}/")))
    assert re.search(r"up to 50 ms\s+0\s+up to 100 ms\s+140\s", page)
    assert re.search(r"up to 2\.5 s\s+9\s", page)
    assert re.search(r"longer\s+1\s", page)
    assert "Without an answer within 12.5 s" in page


def test_a_failure_is_never_rounded_away(house: House) -> None:
    row = house.integration()
    assert figures(row.id).success_percent is None
    hour(row, 0, delivered=99_999, failed=1)
    assert figures(row.id).success_percent == 99.9


def test_the_home_says_which_integrations_do_nothing_but_fail(house: House) -> None:
    row = house.integration(name="Wallboard")
    now_ms = time.time_ns() // 1_000_000
    IntegrationHealth.objects.create(
        integration_id=row.id, failures=12, failing_since_ms=now_ms - 2 * HOUR_MS, last_failure_ms=now_ms)
    assert "has done nothing but fail since" in text(house.client().get(house.url))
    IntegrationHealth.objects.update(failures=3)
    assert "nothing but fail" not in text(house.client().get(house.url))


def test_the_list_shows_the_day_of_each_integration_in_one_query_for_all(world: World, admin: Client) -> None:
    house = House(world)
    for number in range(3):
        row = house.integration(name=f"CRM {number}")
        hour(row, 1, delivered=9 + number, failed=1)
    with CaptureQueriesContext(connection) as asked:
        text = admin.get(f"{house.pbx_url}integrations/").content.decode()
    assert text.count('role="img" aria-label="') == 3
    assert 'aria-label="11 delivered, 1 failed attempts"' in text
    assert "91.7 %" in text
    assert sum("integration_hour" in one["sql"] for one in asked) == 1
