"""Recovery: the pages that say how much it would be, ask for it, and show how it goes on."""

from __future__ import annotations

import json
import time

import pytest

from switchhook.web.deliveries import recovery
from switchhook.web.integrations import actions
from switchhook.web.models import Errand, IntegrationHealth
from tests.web.conftest import World
from tests.web.made_up import NOON_MS, House

SINCE = {"since": "2026-03-04T23:00"}  # noon in UTC, as people in Sydney write it


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def text(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_the_banner_offers_to_enable_and_to_catch_up(house: House) -> None:
    row = house.integration()
    actions.disable(row, "Disabled by Ada Example.")
    page = text(house.client().get(f"{house.url}integrations/{row.id}/"))
    assert "Disabled by Ada Example." in page
    assert "Enable and catch up from" in page
    assert "skip what was missed" in page
    assert "catch up" not in text(house.client(house.world.viewer).get(f"{house.url}integrations/{row.id}/"))


def test_catching_up_is_estimated_first(house: House) -> None:
    row = house.integration()
    missed, failed, delivered = (house.event(number=number) for number in (1, 2, 3))
    house.event(number=4, unwanted="Applications are switched off for this PBX")
    house.event(number=-30)
    house.delivery(failed, row, state="failed")
    house.delivery(delivered, row)
    actions.disable(row, "Enough.")
    page = text(house.client().get(f"{house.url}integrations/{row.id}/catch-up/", SINCE))
    assert "<dt>Missed events</dt><dd>about 1</dd>" in page
    assert "<dt>Not delivered</dt><dd>about 1 " in page
    assert Errand.objects.count() == 0
    assert missed.id < failed.id


def test_enabling_and_catching_up_is_one_step(house: House) -> None:
    row = house.integration()
    house.event(number=1)
    actions.disable(row, "Enough.")
    answer = house.client().post(f"{house.url}integrations/{row.id}/catch-up/", SINCE)
    row.refresh_from_db()
    errand = Errand.objects.get()
    assert (row.enabled, errand.kind, errand.account_id) == (True, "catch_up", house.account.id)
    assert json.loads(errand.args) == {"integration_id": str(row.id), "since_ms": NOON_MS, "total": 1}
    assert answer.headers["Location"] == f"{house.url}recoveries/{errand.id}/"


def test_by_default_it_is_caught_up_from_when_it_was_disabled(house: House) -> None:
    row = house.integration()
    actions.disable(row, "Enough.")
    page = text(house.client().get(f"{house.url}integrations/{row.id}/catch-up/"))
    from django.utils import timezone

    timezone.activate("Australia/Sydney")
    assert row.disabled_at is not None
    assert f'value="{timezone.localtime(row.disabled_at):%Y-%m-%dT%H:%M}"' in page


def test_a_window_of_failures_is_estimated_and_asked_for(house: House) -> None:
    row, other = house.integration(), house.integration(name="ERP")
    for number, state in ((1, "failed"), (2, "expired"), (3, "delivered"), (90, "failed")):
        event = house.event(number=number)
        house.delivery(event, row, state=state)
        house.delivery(event, other, state="failed")
    url = f"{house.url}deliveries/recover/?integration={row.id}"
    window = SINCE | {"until": "2026-03-05T00:10"}
    page = text(house.client().get(url, window | {"integration": row.id}))
    assert "<strong>About 2</strong> deliveries" in page
    house.client().post(url, window)
    args = json.loads(Errand.objects.get().args)
    assert args == {"since_ms": NOON_MS, "until_ms": NOON_MS + 70 * 60_000, "total": 2,
                    "integration_id": str(row.id), "event_type": "", "state": ""}


def test_a_window_that_ends_before_it_begins_is_refused(house: House) -> None:
    page = text(house.client().post(f"{house.url}deliveries/recover/", SINCE | {"until": "2026-03-04T22:00"}))
    assert "This is before it begins." in page
    assert Errand.objects.count() == 0


def test_what_is_too_much_to_count_is_said_to_be_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LOOKED_AT", 2)
    row = house.integration()
    for number in range(4):
        house.delivery(house.event(number=number), row, state="failed")
    page = text(house.client().get(f"{house.url}deliveries/recover/", SINCE))
    assert "<strong>More than 2</strong> deliveries" in page


def test_a_recovery_can_be_watched_paused_gone_on_with_and_cancelled(house: House) -> None:
    row = house.integration()
    client = house.client()
    client.post(f"{house.url}integrations/{row.id}/catch-up/", SINCE)
    Errand.objects.update(state="working", owner=row.id, result=json.dumps({"done": 1284, "total": 5000}))
    errand = Errand.objects.get()
    url = f"{house.url}recoveries/{errand.id}/"
    page = text(client.get(url))
    assert "1,284" in page
    assert "of about 5,000" in page
    assert "1,284 of about 5,000" in text(client.get(f"{house.url}integrations/{row.id}/"))
    for verb, state, owner in (("pause", "paused", None), ("resume", "asked", None), ("cancel", "cancelled", None)):
        client.post(f"{url}{verb}/")
        errand.refresh_from_db()
        assert (errand.state, errand.owner) == (state, owner)
    assert "Cancelled" in text(client.get(url))
    client.post(f"{url}resume/")
    errand.refresh_from_db()
    assert errand.state == "cancelled"


def test_recoveries_of_another_account_are_not_there(house: House) -> None:
    row = house.integration()
    house.client().post(f"{house.url}integrations/{row.id}/catch-up/", SINCE)
    errand = Errand.objects.get()
    stranger = house.client(house.world.stranger)
    assert stranger.get(f"/a/other/recoveries/{errand.id}/").status_code == 404
    stranger.post(f"/a/other/recoveries/{errand.id}/cancel/")
    errand.refresh_from_db()
    assert errand.state == "asked"
    viewer = house.client(house.world.viewer)
    assert viewer.post(f"{house.url}recoveries/{errand.id}/cancel/").status_code == 403


def test_a_delivery_that_waits_for_a_failing_receiver_says_so(house: House) -> None:
    row = house.integration()
    delivery = house.delivery(house.event(), row, state="pending", attempts=0)
    assert "Waiting" not in text(house.client().get(f"{house.url}deliveries/{delivery.id}/"))
    now_ms = time.time_ns() // 1_000_000
    health = IntegrationHealth.objects.create(
        integration_id=row.id, failures=12, resting_since_ms=now_ms - 60_000, probe_at_ms=now_ms + 10_000)
    for url in (f"deliveries/{delivery.id}/", f"integrations/{row.id}/"):
        assert "Waiting: the receiver has been failing since" in text(house.client().get(house.url + url))
    health.probe_at_ms = now_ms - 3_600_000  # of an engine that is no more
    health.save()
    assert "Waiting" not in text(house.client().get(f"{house.url}deliveries/{delivery.id}/"))


def test_enabling_counts_failures_anew(house: House) -> None:
    row = house.integration()
    actions.disable(row, "Nothing but failures.")
    IntegrationHealth.objects.create(integration_id=row.id, failures=12, failing_since_ms=1, last_failure_ms=2)
    house.client().post(f"{house.url}integrations/{row.id}/enable/")
    health = IntegrationHealth.objects.get()
    assert (health.failures, health.failing_since_ms) == (0, None)
