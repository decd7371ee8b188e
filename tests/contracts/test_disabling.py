"""Disabling an integration tells those of its account who listen, in the same transaction; never itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType, Field
from switchhook.store.ports import Claimed, Store
from tests.fixtures.seed import Seed

WHY = "The server says that this URL is gone (410)."
DISABLED = EventType.INTEGRATION_DISABLED


@pytest.fixture
def account(seed: Seed) -> UUID:
    return seed.account(granted_events=[DISABLED], time_zone="Australia/Sydney")


async def owed(store: Store, engine: UUID) -> list[Claimed]:
    return await store.claim(engine, 10, firsts=True)


def why_not(seed: Seed) -> list[Any]:
    return [row["unwanted_reason"] for row in seed.rows("SELECT unwanted_reason FROM event")]


async def test_another_integration_is_owed_the_event_of_it(
    store: Store, engine: UUID, seed: Seed, account: UUID,
) -> None:
    gone = seed.integration(account, name="CRM")
    listener = seed.integration(account, event_type=DISABLED, expiry_seconds=600)
    await store.disable_integration(gone, WHY)
    (claimed,) = await owed(store, engine)
    event, delivery = claimed.event, claimed.delivery
    assert (event.type, event.account_id, event.service_id) == (DISABLED, account, None)
    assert (delivery.integration_id, delivery.event_id, delivery.attempts) == (listener, event.id, 1)
    assert abs(delivery.expires_at - event.at - timedelta(seconds=600)) < timedelta(seconds=1)
    told = dict(event.fields)
    assert str(told.pop(Field.DATE_TIME)).endswith(("+10:00", "+11:00"))
    assert told == {
        Field.INTEGRATION_ID: str(gone), Field.INTEGRATION_NAME: "CRM", Field.DISABLED_REASON: WHY,
        Field.EVENT_ID: str(event.id), Field.SEQUENCE: 1}


async def test_the_disabled_one_does_not_hear_of_itself(
    store: Store, engine: UUID, seed: Seed, account: UUID,
) -> None:
    await store.disable_integration(seed.integration(account, event_type=DISABLED), WHY)
    assert await owed(store, engine) == []
    assert why_not(seed) == ["there is no integration for this event"]


async def test_one_that_is_disabled_itself_is_told_nothing_and_the_event_says_so(
    store: Store, engine: UUID, seed: Seed, account: UUID,
) -> None:
    seed.integration(account, event_type=DISABLED, name="Alarm", enabled=False)
    await store.disable_integration(seed.integration(account), WHY)
    assert await owed(store, engine) == []
    assert why_not(seed) == ["Alarm: the integration is disabled"]


async def test_it_is_told_once_and_again_when_it_happens_again(
    store: Store, engine: UUID, seed: Seed, account: UUID,
) -> None:
    seed.integration(account, event_type=DISABLED)
    gone = seed.integration(account)
    await store.disable_integration(gone, WHY)
    await store.disable_integration(gone, WHY)
    assert len(await owed(store, engine)) == 1
    seed.execute("UPDATE integration SET enabled = true")
    await store.disable_integration(gone, WHY)
    assert len(await owed(store, engine)) == 1


async def test_without_the_grant_there_is_no_event(store: Store, engine: UUID, seed: Seed) -> None:
    account = seed.account()
    seed.integration(account, event_type=DISABLED)
    await store.disable_integration(seed.integration(account), WHY)
    assert await owed(store, engine) == []
    assert why_not(seed) == []


async def test_no_other_account_hears_of_it(store: Store, engine: UUID, seed: Seed, account: UUID) -> None:
    seed.integration(seed.account(granted_events=[DISABLED]), event_type=DISABLED)
    await store.disable_integration(seed.integration(account), WHY)
    assert await owed(store, engine) == []


async def test_one_whose_filters_do_not_want_it_is_told_nothing_and_the_event_says_why(
    store: Store, engine: UUID, seed: Seed, account: UUID,
) -> None:
    never = {"filter": "business_hours", "match": "outside", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
             "begins": "00:00", "ends": "00:00"}
    seed.integration(account, event_type=DISABLED, name="Night shift", filters=[never])
    await store.disable_integration(seed.integration(account), WHY)
    assert await owed(store, engine) == []
    (why,) = why_not(seed)
    assert why.startswith("Night shift: filter: ")


async def test_a_suspended_account_is_owed_nothing_of_it(store: Store, engine: UUID, seed: Seed, account: UUID) -> None:
    seed.integration(account, event_type=DISABLED, name="Alarm")
    gone = seed.integration(account)
    seed.execute("UPDATE account SET state = 'suspended'")
    await store.disable_integration(gone, WHY)
    assert await owed(store, engine) == []
    assert why_not(seed) == ["Alarm: the account is suspended"]
