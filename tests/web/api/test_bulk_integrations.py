"""Configuration as code: all integrations brought in step with a list."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import BasicAuth, Header
from switchhook.web.integrations.stored import opened
from switchhook.web.models import ConfigurationVersion, Integration, Service
from tests.web.api.conftest import MakeProgram, Program, told
from tests.web.conftest import World
from tests.web.made_up import House


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _entry(house: House, name: str = "CRM", **more: Any) -> dict[str, Any]:
    return {"name": name, "event_type": "call.inbound_answered", "service_id": str(house.service.id),
            "request_url": "https://crm.example.com/hook"} | more


def _put(program: Program, *entries: dict[str, Any], **more: Any) -> Any:
    return told(program.ask("PUT", "/integrations", {"integrations": list(entries)} | more), 200)


def _names(told_of: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in told_of]


def test_what_is_new_is_created_with_its_secret_told_once(house: House, program: Program) -> None:
    done = _put(program, _entry(house), _entry(house, "Quiet", signed=False, enabled=False))
    signed, quiet = done["created"]
    assert signed["signing_secret"].startswith("whsec_")
    assert quiet["signing_secret"] is None
    assert Integration.objects.get(id=quiet["id"]).enabled is False


def test_doing_it_twice_changes_nothing_more(house: House, program: Program) -> None:
    entries = [_entry(house, authentication_type="basic", username="ada", password="pass-1", headers=[
        {"name": "X-Key", "value": "key-1", "secret": True}, {"name": "X-Call", "value": "{call_uuid}"}],
        body_keys=[{"key": "caller", "field": "source_number"}], rate_per_second=5, expiry_seconds=600)]
    _put(program, *entries)
    version = ConfigurationVersion.objects.get().version
    again = _put(program, *entries)
    assert (_names(again["unchanged"]), again["changed"], again["created"]) == (["CRM"], [], [])
    assert ConfigurationVersion.objects.get().version == version


def test_what_differs_is_changed_and_said_with_old_and_new(house: House, program: Program) -> None:
    house.integration(timeout_seconds=5.0)
    [one] = _put(program, _entry(house, request_url="https://crm.example.com/v2"))["changed"]
    assert one["changes"] == {
        "request_url": ["https://crm.example.com/hook", "https://crm.example.com/v2"], "timeout_seconds": [5.0, 15.0]}


def test_a_secret_that_is_left_out_stays_and_another_one_is_seen(house: House, program: Program) -> None:
    row = house.integration(authentication=BasicAuth(username="ada", password="pass-1"),
                            headers=(Header(name="X-Key", value="key-1", secret=True),))
    entry = _entry(house, authentication_type="basic", username="ada", headers=[{"name": "X-Key", "secret": True}])
    assert _names(_put(program, entry)["unchanged"]) == ["CRM"]
    entry |= {"password": "pass-2", "headers": [{"name": "X-Key", "value": "key-1", "secret": True}]}
    [one] = _put(program, entry)["changed"]
    assert one["changes"] == {"password": [{"set": True}, {"set": True}]}
    row.refresh_from_db()
    assert opened(row, timezone.now()).integration.authentication == BasicAuth(username="ada", password="pass-2")


@pytest.mark.parametrize("delete", [False, True])
def test_what_is_not_in_the_list_stays_unless_that_is_asked(house: House, program: Program, delete: bool) -> None:
    house.integration(name="Old")
    done = _put(program, _entry(house), delete_missing=delete)
    assert (_names(done["deleted"]), _names(done["others"])) == ((["Old"], []) if delete else ([], ["Old"]))
    assert Integration.objects.filter(name="Old").exists() is not delete


def test_a_dry_run_says_the_same_and_does_nothing(house: House, program: Program) -> None:
    house.integration(name="Old")
    house.integration(timeout_seconds=5.0)
    version = ConfigurationVersion.objects.get().version
    done = _put(program, _entry(house), _entry(house, "New"), delete_missing=True, dry_run=True)
    assert [_names(done[what]) for what in ("created", "changed", "deleted")] == [["New"], ["CRM"], ["Old"]]
    assert (done["created"][0]["id"], done["created"][0]["signing_secret"]) == (None, None)
    assert sorted(Integration.objects.values_list("name", "timeout_seconds")) == [("CRM", 5.0), ("Old", 15.0)]
    assert ConfigurationVersion.objects.get().version == version


def test_one_mistake_and_nothing_is_done_and_all_are_named(house: House, program: Program) -> None:
    found = program.refused("PUT", "/integrations", {"integrations": [
        _entry(house), _entry(house, "A", request_url="ftp://crm.example.com"),
        _entry(house, "B", body_keys=[{"key": "menu", "field": "ivr_name"}]),
        _entry(house, "C", service_id=str(house.world.other_service.id))]}, status=422)
    assert {one["where"] for one in found["errors"]} == {
        "integrations.1.request_url", "integrations.2.body_keys.0.field", "integrations.3.service_id"}
    assert Integration.objects.count() == 0


def test_which_one_is_meant_must_be_clear(house: House, program: Program) -> None:
    twins = [house.integration(), house.integration()]
    house.integration(name="Other")
    found = program.refused("PUT", "/integrations", {"integrations": [
        _entry(house), _entry(house, "New"), _entry(house, " New"), _entry(house, id=str(house.service.id)),
        _entry(house, id=str(twins[0].id), service_id=None)]}, status=422)
    assert [one["where"] for one in found["errors"]] == [
        "integrations.0.name", "integrations.2.name", "integrations.3.id", "integrations.4.service_id"]
    [one] = _put(program, _entry(house, "Renamed", id=str(twins[1].id)))["changed"]
    assert one["changes"] == {"name": ["CRM", "Renamed"]}


def test_it_is_disabled_and_enabled(house: House, program: Program) -> None:
    row = house.integration()
    assert _put(program, _entry(house, enabled=False))["changed"][0]["changes"] == {"enabled": [True, False]}
    assert _names(_put(program, _entry(house))["unchanged"]) == ["CRM"]  # not said: it stays as it is
    assert _put(program, _entry(house, enabled=True))["changed"][0]["changes"] == {"enabled": [False, True]}
    row.refresh_from_db()
    assert row.enabled


def test_a_limited_token_brings_only_its_own_in_step(
    house: House, world: World, make_program: MakeProgram,
) -> None:
    house.integration(name="Elsewhere")
    house.integration(EventType.USER_CREATED, name="Of the account")
    branch = Service.objects.create(account=world.account, name="pbx-0003")
    limited = make_program(services=(branch.id,))
    done = _put(limited, _entry(house, service_id=str(branch.id)), delete_missing=True)
    assert (_names(done["created"]), done["deleted"]) == (["CRM"], [])
    assert limited.refused("PUT", "/integrations", {"integrations": [
        _entry(house, service_id=None, event_type="user.created")]}, status=422)
