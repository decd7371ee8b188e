"""Which of the services that share a Connection a call belongs to."""

from __future__ import annotations

from uuid import UUID, uuid4

from switchhook.domain.claiming import claimant
from switchhook.domain.facts import LegStarted, Party
from switchhook.domain.service import PbxUser, Service


def service(tenant_key: str = "") -> Service:
    return Service(
        id=uuid4(), account_id=uuid4(), connection_id=uuid4(), name="pbx", friendly_name="", tenant_key=tenant_key
    )


def leg(*, tenant: str = "", place: str = "from-trunk", account_code: str = "") -> LegStarted:
    return LegStarted(
        at=None, party=Party(leg="1", call="1", place=place, began_call=True), tenant=tenant, account_code=account_code
    )


def owner(services: list[Service], of: LegStarted) -> UUID | None:
    profile = claimant(services, {}, {})(of)
    return None if profile is None else profile.service_id


def test_a_service_alone_on_its_connection_claims_everything() -> None:
    only = service()
    assert owner([only], leg()) == only.id


def test_the_pbxs_own_tenant_decides_before_place_and_account_code() -> None:
    by_tenant, by_place = service("acme"), service("from-trunk*")
    assert owner([by_place, by_tenant], leg(tenant="acme", place="from-trunk-1")) == by_tenant.id


def test_a_tenant_key_may_be_a_glob_over_contexts() -> None:
    first, second = service("acme-*"), service("globex-*")
    assert owner([first, second], leg(place="globex-from-trunk")) == second.id


def test_an_account_code_tells_services_apart() -> None:
    first, second = service("4711"), service("4712")
    assert owner([first, second], leg(account_code="4712")) == second.id


def test_what_nobody_claims_is_nobodys() -> None:
    assert owner([service("acme"), service("globex")], leg(tenant="other")) is None


def test_one_service_without_a_key_takes_the_rest_and_two_take_nothing() -> None:
    rest = service()
    assert owner([service("acme"), rest], leg(tenant="other")) == rest.id
    assert owner([rest, service()], leg()) is None


def test_who_takes_the_rest_beside_tenants_is_known_as_such() -> None:
    rest, tenant = service(), service("acme")
    profiles = [claimant(services, {}, {})(leg()) for services in ([rest], [rest, tenant])]
    assert [profile is not None and profile.takes_rest for profile in profiles] == [False, True]


def test_two_tenants_may_both_have_an_extension_101() -> None:
    first, second = service("acme"), service("globex")
    users = {
        (one.id, "101"): PbxUser(id=uuid4(), service_id=one.id, extension_number="101", name="x")
        for one in (first, second)
    }
    claim = claimant([first, second], users, {})
    for one, tenant in ((first, "acme"), (second, "globex")):
        profile = claim(leg(tenant=tenant))
        assert profile is not None
        assert profile.service_id == one.id
        assert profile.extensions == {"101"}
