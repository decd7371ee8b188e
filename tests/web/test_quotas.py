"""Quotas: what an account may have, and what is said when it may have no more, in the portal and by the API."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from switchhook.settings import Settings
from switchhook.web.accounts.quotas import Quota, uses
from switchhook.web.models import Account, ApiToken, Errand, Integration, Invitation, Notice, PbxUser, Service
from switchhook.web.tenancy import access_to
from switchhook.web.tokens.actions import make_token
from switchhook.web.tokens.models import Scope
from tests.web.made_up import House

from .conftest import World

SAYS = "Delete what is not needed, or ask the operator for more."
ORDER = {
    "name": "CRM", "event_type": "call.inbound_received", "request_url": "https://crm.example.com/", "method": "POST",
    "format": "JSON", "authentication_type": "none", "timeout_seconds": "15", "max_in_flight": "8",
    "header-count": "0", "value-count": "0", "do": "save",
}


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def token(world: World) -> dict[str, str]:
    _, text = make_token(access_to(world.admin, "acme"), "CRM", list(Scope))
    return {"Authorization": f"Bearer {text}"}


def _limit(account: Account, **quotas: int) -> None:
    Account.objects.filter(id=account.id).update(**quotas)
    account.refresh_from_db()


def test_a_full_account_gets_no_more_integrations(house: House, admin: Client, token: dict[str, str]) -> None:
    one = house.integration()
    _limit(house.account, max_integrations=1)
    page = admin.post(f"{house.pbx_url}integrations/new/", ORDER)
    assert page.status_code == 200
    assert "may have 1 integrations and has 1" in page.content.decode()
    assert "crm.example.com" in page.content.decode()  # what was typed is still there
    copy = admin.post(f"{house.url}integrations/{one.id}/duplicate/")
    assert (copy.status_code, SAYS in copy.content.decode()) == (409, True)
    body = {"name": "CRM", "event_type": "user.created", "request_url": "https://crm.example.com/"}
    told = admin.post("/api/v1/integrations", body, content_type="application/json", headers=token)
    assert (told.status_code, told.json()["code"], SAYS in told.json()["detail"]) == (409, "quota_reached", True)
    assert Integration.objects.count() == 1


def test_a_full_account_gets_no_more_users(house: House, admin: Client, token: dict[str, str]) -> None:
    _limit(house.account, max_users=3)
    user = {"extension_number": "203", "name": "Cora Placeholder"}
    assert admin.post(f"{house.pbx_url}users/new/", user).status_code == 302
    page = admin.post(f"{house.pbx_url}users/new/", user | {"extension_number": "204"})
    assert "may have 3 users and has 3" in page.content.decode()
    users = [{"extension_number": str(number), "name": "New"} for number in (210, 211)]
    told = admin.put(f"/api/v1/services/{house.service.id}/users", {"users": users}, content_type="application/json",
                     headers=token)
    assert (told.status_code, told.json()["code"]) == (409, "quota_reached")
    assert PbxUser.objects.filter(service__account=house.account).count() == 3


def test_a_full_account_gets_no_more_tokens_until_one_is_revoked(world: World, admin: Client) -> None:
    _limit(world.account, max_tokens=1)
    form = {"name": "CRM", "scopes": ["read"], "expires": "30"}
    assert "swh_" in admin.post("/a/acme/tokens/", form).content.decode()
    assert "may have 1 API tokens and has 1" in admin.post("/a/acme/tokens/", form).content.decode()
    admin.post(f"/a/acme/tokens/{ApiToken.objects.get().id}/revoke/")
    admin.post("/a/acme/tokens/", form)
    assert ApiToken.objects.count() == 2


def test_a_full_account_gets_no_more_pbxs_but_its_own_can_be_changed(world: World, operator: Client) -> None:
    _limit(world.account, max_services=1)
    form = {"account": world.account.id, "name": "pbx-0003", "friendly_name": "", "tenant_key": ""}
    page = operator.post("/operator/services/new/", form)
    assert "may have 1 PBXs and has 1" in page.content.decode()
    operator.post(f"/operator/services/{world.service.id}/", form | {"name": "pbx-0009"})
    assert Service.objects.get(account=world.account).name == "pbx-0009"


def test_tests_are_for_people(house: House, admin: Client, token: dict[str, str]) -> None:
    ours = Settings(account_tests_per_minute=2, secret_keys="a key for tests only")  # type: ignore[call-arg]
    one = house.integration()
    with override_settings(SWITCHHOOK=ours):
        for _ in range(2):
            assert admin.post(f"{house.url}integrations/{one.id}/test/").status_code == 302
        page = admin.post(f"{house.url}integrations/{one.id}/test/")
        assert (page.status_code, "2 tests in a minute" in page.content.decode()) == (429, True)
        told = admin.post(f"/api/v1/integrations/{one.id}/test", content_type="application/json", headers=token)
        assert (told.status_code, told.json()["code"]) == (429, "quota_reached")
        assert 1 <= int(told["Retry-After"]) <= 60
        told = admin.post(f"/api/v1/services/{house.service.id}/test-events", {"event_type": "call.inbound_received"},
                          content_type="application/json", headers=token)
        assert told.status_code == 429
        page = admin.post(f"{house.pbx_url}integrations/new/", ORDER | {"do": "save-test"}).content.decode()
        assert "2 tests in a minute" in page
        assert "is saved" not in page
        Errand.objects.update(created_at_ms=time.time_ns() // 1_000_000 - 61_000)
        assert admin.post(f"{house.url}integrations/{one.id}/test/").status_code == 302


def test_invitations_are_no_way_to_send_e_mails_without_end(
    world: World, admin: Client, token: dict[str, str],
) -> None:
    ours = Settings(account_invitations_per_day=2, secret_keys="a key for tests only")  # type: ignore[call-arg]
    form = {"email": "nova@example.com", "role": "viewer"}
    with override_settings(SWITCHHOOK=ours):
        assert admin.post("/a/acme/members/", form).status_code == 302
        Notice.objects.update(sent_at_ms=1)
        invitation = Invitation.objects.get()
        admin.post(f"/a/acme/members/invitations/{invitation.id}/send/")  # the same person again counts, too
        page = admin.post("/a/acme/members/", form | {"email": "other@example.com"})
        assert "may send 2 invitations in 24 hours. Try again in 24 hours." in page.content.decode()
        again = admin.post(f"/a/acme/members/invitations/{invitation.id}/send/")
        assert (again.status_code, 86_000 < int(again["Retry-After"]) <= 86_400) == (429, True)
        admin.post(f"/a/acme/members/invitations/{invitation.id}/revoke/")  # what is revoked has been sent
        told = admin.post("/api/v1/members", {"email": "other@example.com"}, content_type="application/json",
                          headers=token)
        assert (told.status_code, told.json()["code"]) == (429, "quota_reached")
        assert not Invitation.objects.exists()
        Notice.objects.update(created_at_ms=time.time_ns() // 1_000_000 - 86_401_000)
        assert admin.post("/a/acme/members/", form).status_code == 302


def test_one_accounts_quota_is_not_anothers(world: World, operator: Client) -> None:
    _limit(world.account, max_services=0)
    operator.post("/operator/services/new/", {"account": world.other_account.id, "name": "pbx-0003"})
    assert world.other_account.services.count() == 2


def test_the_operator_sets_quotas_and_sees_what_is_used(house: House, operator: Client) -> None:
    house.integration()
    url = f"/operator/accounts/{house.account.id}/"
    page = operator.get(url).content.decode()
    assert 'placeholder="200"' in page  # the default
    form = {"name": "Acme", "slug": "acme", "time_zone": "UTC", "retention_days": "30", "max_integrations": "1"}
    assert operator.post(url, form).status_code == 302
    house.account.refresh_from_db()
    assert (house.account.max_integrations, house.account.max_users) == (1, None)
    assert [(one.label, one.used, one.limit, one.is_full) for one in uses(house.account)][2] == (
        Quota.INTEGRATIONS.value.title(), 1, 1, True)
    assert operator.post(url, form | {"max_users": "-1"}).status_code == 200


def test_an_account_of_nothing_says_so_with_a_clear_count(world: World) -> None:
    empty = Account.objects.create(slug=f"empty-{uuid4().hex[:6]}", name="Empty")
    assert [one.used for one in uses(empty)] == [0, 0, 0, 0, 0]
