"""Users that come from a PBX: written as the portal writes them, and told of by errands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from switchhook.domain.directory import DirectoryMemory, DirectoryReport, Listed, Plan
from switchhook.domain.service import DirectorySource, Service
from switchhook.store.ports import Store
from switchhook.store.rows import to_uuid
from tests.fixtures.seed import Seed

AT = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)
READ = DirectoryReport(tried_at=AT, read=True, users=2)
ADA = Listed(extension_number="201", name="Ada Renamed", outbound_phone_number="12025550199", has_voicemail=False)
CID = Listed(extension_number="203", name="Cid Example")


@pytest.fixture
async def service(store: Store, seed: Seed) -> Service:
    """A service whose users come from a FreePBX, with two that are here already."""
    id_ = seed.service(seed.account(), connection_id=seed.connection(), directory_source="freepbx")
    seed.user(id_, "201")
    seed.user(id_, "202", name="Ben Sample")
    return (await store.load_configuration()).services[id_]


def users(seed: Seed) -> dict[str, str]:
    return {row["extension_number"]: row["name"] for row in seed.rows("SELECT * FROM pbx_user")}


def errands(seed: Seed) -> list[dict[str, Any]]:
    rows = seed.rows("SELECT args FROM errand WHERE kind = 'user_changed' AND state = 'asked' ORDER BY id")
    return sorted((json.loads(row["args"]) for row in rows), key=lambda one: str(one["type"]))


async def test_the_first_import_is_written_and_told_to_nobody(store: Store, service: Service, seed: Seed) -> None:
    assert await store.directory_memory(service) == DirectoryMemory()
    assert await store.apply_directory(service, Plan(listed=(ADA, CID), gone=("202",), settling={}), READ) == 3
    assert users(seed) == {"201": "Ada Renamed", "203": "Cid Example"}
    assert errands(seed) == []
    assert (await store.directory_memory(service)).imported
    assert (await store.load_configuration()).version == 1


async def test_later_changes_are_told_with_what_was_before(store: Store, service: Service, seed: Seed) -> None:
    await store.apply_directory(service, Plan(settling={}), READ)
    await store.apply_directory(service, Plan(listed=(ADA, CID), gone=("202",), settling={}), READ)
    created, deleted, modified = errands(seed)
    assert created["user"]["extension_number"] == "203"
    assert created["before"] is deleted["before"] is None
    assert deleted["user"]["name"] == "Ben Sample"
    assert (modified["before"]["name"], modified["user"]["name"]) == ("Ada Example", "Ada Renamed")
    assert modified["user"]["enabled_calls"] == ["Local", "National"]  # the PBX has none: ours stay
    row = seed.rows("SELECT * FROM pbx_user WHERE extension_number = '201'")[0]
    assert UUID(modified["user"]["id"]) == to_uuid(row["id"])
    assert not row["has_voicemail"]


async def test_each_change_stands_in_the_audit_log_as_the_engines(store: Store, service: Service, seed: Seed) -> None:
    await store.apply_directory(service, Plan(listed=(ADA, CID), gone=("202",), settling={}), READ)
    rows = {row["action"]: row for row in seed.rows("SELECT * FROM audit_entry WHERE kind = 'user'")}
    assert {(row["who"], row["via"]) for row in rows.values()} == {("The engine", "engine")}
    assert (rows["created"]["object_name"], rows["deleted"]["object_name"]) == ("203 Cid Example", "202 Ben Sample")
    assert json.loads(rows["changed"]["changes"]) == {
        "name": ["Ada Example", "Ada Renamed"], "outbound_phone_number": ["12025550100", "12025550199"],
        "has_voicemail": [True, False]}
    assert json.loads(rows["deleted"]["changes"])["name"] == ["Ben Sample", None]


async def test_what_is_so_already_is_told_once(store: Store, service: Service, seed: Seed) -> None:
    await store.apply_directory(service, Plan(settling={}), READ)
    planned = Plan(listed=(ADA,), gone=("202",), settling={})
    assert await store.apply_directory(service, planned, READ) == 2
    assert await store.apply_directory(service, planned, READ) == 0
    assert len(errands(seed)) == 2


async def test_who_was_written_can_be_read_as_configuration(store: Store, service: Service) -> None:
    await store.apply_directory(service, Plan(listed=(CID,), settling={}), READ)
    cid = (await store.load_configuration()).users[service.id, "203"]
    assert (cid.name, cid.enabled_calls, cid.has_voicemail) == ("Cid Example", (), False)


async def test_where_the_portal_became_the_source_meanwhile_nothing_is_written(
    store: Store, service: Service, seed: Seed
) -> None:
    seed.execute("UPDATE service SET directory_source = 'portal' WHERE id = ?", service.id)
    assert await store.apply_directory(service, Plan(gone=("201", "202"), settling={}), READ) == 0
    assert set(users(seed)) == {"201", "202"}


async def test_another_source_is_imported_anew(store: Store, service: Service, seed: Seed) -> None:
    await store.apply_directory(service, Plan(settling={}), READ)
    other = replace(service, directory_source=DirectorySource.VOICEMAIL)
    assert not (await store.directory_memory(other)).imported
    seed.execute("UPDATE service SET directory_source = 'voicemail' WHERE id = ?", service.id)
    await store.apply_directory(other, Plan(gone=("201",), settling={}), READ)
    assert errands(seed) == []
    assert (await store.directory_memory(other)).imported


async def test_a_failed_reading_is_told_and_what_was_read_before_stays_known(
    store: Store, service: Service, seed: Seed
) -> None:
    await store.apply_directory(service, Plan(settling={}), READ)
    later = DirectoryReport(tried_at=AT.replace(hour=11), problem="The PBX refused the login.")
    await store.report_directory(service, later)
    (row,) = seed.rows("SELECT * FROM directory_state")
    assert (row["problem"], row["users"]) == ("The PBX refused the login.", 2)
    assert row["tried_at_ms"] > row["read_at_ms"]
    assert (await store.directory_memory(service)).imported


def state(seed: Seed) -> dict[str, Any]:
    (row,) = seed.rows("SELECT * FROM directory_state")
    return row


async def test_a_held_list_changes_nothing_says_who_waits_and_counts_as_no_import(
    store: Store, service: Service, seed: Seed
) -> None:
    held = Plan(settling={}, missing=("201", "202"), held=True)
    assert await store.apply_directory(service, held, READ) == 0
    assert set(users(seed)) == {"201", "202"}
    assert json.loads(state(seed)["held"]) == ["201", "202"]
    assert await store.directory_memory(service) == DirectoryMemory()
    await store.report_directory(service, DirectoryReport(tried_at=AT, problem="The PBX did not answer in time."))
    assert json.loads(state(seed)["held"]) == ["201", "202"]  # it still waits


async def test_what_a_person_confirmed_is_known_until_it_is_done(store: Store, service: Service, seed: Seed) -> None:
    await store.apply_directory(service, Plan(settling={}, missing=("201",), held=True), READ)
    seed.execute("UPDATE directory_state SET confirmed = '[\"201\"]'")
    assert (await store.directory_memory(service)).confirmed == {"201"}
    await store.apply_directory(service, Plan(settling={}, missing=("201",)), READ)  # not settled yet
    assert (await store.directory_memory(service)).confirmed == {"201"}
    await store.apply_directory(service, Plan(settling={}, missing=("201",), gone=("201",)), READ)
    assert set(users(seed)) == {"202"}
    assert (await store.directory_memory(service)).confirmed == frozenset()
    assert state(seed)["held"] == "[]"


async def test_a_yes_is_forgotten_when_all_came_back_and_with_another_source(
    store: Store, service: Service, seed: Seed
) -> None:
    await store.apply_directory(service, Plan(settling={}, missing=("201",), held=True), READ)
    seed.execute("UPDATE directory_state SET confirmed = '[\"201\"]'")
    await store.apply_directory(service, Plan(settling={}), READ)
    assert (await store.directory_memory(service)).confirmed == frozenset()
    seed.execute("UPDATE directory_state SET confirmed = '[\"201\"]', held = '[\"201\"]'")
    seed.execute("UPDATE service SET directory_source = 'voicemail' WHERE id = ?", service.id)
    other = replace(service, directory_source=DirectorySource.VOICEMAIL)
    await store.report_directory(other, DirectoryReport(tried_at=AT, problem="The PBX did not answer in time."))
    assert (state(seed)["held"], state(seed)["confirmed"]) == ("[]", "[]")


async def test_who_is_one_too_many_for_the_account_is_left_out_and_that_is_said(
    store: Store, service: Service, seed: Seed
) -> None:
    other = seed.service(service.account_id)
    seed.user(other, "301")
    new = tuple(replace(CID, extension_number=number) for number in ("203", "204", "205"))
    planned = Plan(listed=(*new, ADA), gone=("202",), settling={})
    assert await store.apply_directory(service, planned, READ, 4) == 4
    assert users(seed) == {"201": "Ada Renamed", "203": "Cid Example", "204": "Cid Example", "301": "Ada Example"}
    assert "may have 4 users: 1 of those on the PBX were left out" in state(seed)["problem"]
    seed.execute("UPDATE account SET max_users = 5")
    assert await store.apply_directory(service, Plan(listed=new, settling={}), READ, 4) == 1
    assert state(seed)["problem"] == ""
