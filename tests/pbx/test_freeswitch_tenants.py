"""FusionPBX: one FreeSWITCH, many domains (synthetic)."""

from __future__ import annotations

from uuid import UUID

import pytest

from switchhook.domain.catalogue import Field
from switchhook.domain.claiming import claimant
from switchhook.domain.service import PbxUser, Service
from tests.pbx.made_up_switch import Switch

ACME, BETA = UUID(int=11), UUID(int=12)
DOMAINS = {ACME: "acme.example", BETA: "beta.example"}


@pytest.fixture
def switch() -> Switch:
    """Two domains, each with an extension 101."""
    services = [Service(id=id_, account_id=UUID(int=1), connection_id=UUID(int=5), name=domain, friendly_name=domain,
                        tenant_key=domain) for id_, domain in DOMAINS.items()]
    users = {(id_, "101"): PbxUser(id=UUID(int=id_.int + 100), service_id=id_, extension_number="101", name="Ann")
             for id_ in DOMAINS}
    return Switch(claim=claimant(services, users, {}))


def test_a_call_in_belongs_to_the_domain_that_its_did_leads_to(switch: Switch) -> None:
    for id_, domain in DOMAINS.items():
        leg = f"in-{domain}"
        switch.comes_in(leg)
        switch.says("CHANNEL_ANSWER", leg, variable_domain_name=domain, variable_call_direction="inbound")
        switch.rings(f"phone-{domain}", leg, user="101", variable_dialed_domain=domain)
        switch.joins(leg, f"phone-{domain}")
        received, answered = switch.events[-2:]
        assert received.service_id == answered.service_id == id_
        assert answered.fields[Field.EXTENSION_NUMBER] == "101"
    assert switch.told == ["inbound_received", "inbound_answered"] * 2


def test_the_phone_that_is_rung_tells_the_domain_where_nothing_else_does(switch: Switch) -> None:
    switch.comes_in()
    switch.rings("p1", "in", user="101", variable_dialed_domain="beta.example", variable_call_direction="inbound")
    switch.joins("in", "p1")
    assert {event.service_id for event in switch.events} == {BETA}
    assert switch.told == ["inbound_received", "inbound_answered"]


def test_a_call_out_belongs_to_the_domain_of_the_phone(switch: Switch) -> None:
    for id_, domain in DOMAINS.items():
        switch.dials(f"p-{domain}", "101", "912025550188", domain=domain)
        switch.rings(f"out-{domain}", f"p-{domain}", gateway="acme", number="12025550188")
        assert switch.events[-1].service_id == id_
        assert switch.events[-1].fields[Field.SOURCE_NUMBER] == "101"
    assert switch.told == ["outbound_placed"] * 2


def test_a_call_of_no_domain_of_ours_is_nobodys(switch: Switch) -> None:
    switch.comes_in()
    switch.says("CHANNEL_ANSWER", "in", variable_domain_name="gamma.example")
    assert switch.events == []
    assert switch.tracker.unclaimed == 1


def test_a_phone_that_is_registered_at_the_trunks_door_calls_as_a_user(switch: Switch) -> None:
    switch.dials("p1", "101", "912025550188", domain="acme.example", variable_sofia_profile_name="external",
                 variable_user_name="101")
    switch.rings("out", "p1", gateway="acme", number="12025550188")
    assert switch.told == ["outbound_placed"]


def test_a_call_that_fusionpbx_calls_local_did_not_come_in(switch: Switch) -> None:
    switch.dials("p1", "101", "102", domain="public", variable_sofia_profile_name="external")
    switch.rings("p2", "p1", user="102", variable_dialed_domain="acme.example", variable_call_direction="local")
    switch.joins("p1", "p2")
    assert switch.events == []
    assert switch.claimed[0] == "acme.example"
