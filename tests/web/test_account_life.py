"""An account's life as its operator and its members see it: suspended, closed, open again, exported, viewed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from uuid import uuid4
from zipfile import ZipFile

import pytest
import yaml
from django.test import Client
from django.utils import timezone

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import BasicAuth, Header
from switchhook.web.accounts.actions import save_account
from switchhook.web.accounts.erasing import erase
from switchhook.web.models import (
    Account,
    Call,
    ConfigurationVersion,
    Event,
    IntegrationHealth,
    Person,
    Service,
)
from switchhook.web.tenancy import access_to
from switchhook.web.tokens.actions import make_token
from switchhook.web.tokens.models import Scope
from tests.web.made_up import SENT, House, answered, attempt

from .conftest import World

AsPerson = Callable[[Person | None], Client]


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def _set_state(operator: Client, account: Account, state: str, reason: str = "") -> None:
    operator.post(f"/operator/accounts/{account.id}/state/", {"state": state, "reason": reason})
    account.refresh_from_db()


def test_members_of_a_suspended_account_read_why_and_get_no_further(
    world: World, operator: Client, admin: Client,
) -> None:
    before = ConfigurationVersion.objects.get(id=1).version
    _set_state(operator, world.account, "suspended", "The invoice of May is open.")
    assert (world.account.state, world.account.erase_at) == ("suspended", None)
    assert ConfigurationVersion.objects.get(id=1).version > before  # engines learn of it
    for path in ("/a/acme/", "/a/acme/users/", f"/a/acme/pbx/{world.service.id}/"):
        answer = admin.get(path)
        assert answer.status_code == 403
        assert "Acme is suspended" in answer.content.decode()
        assert "The invoice of May is open." in answer.content.decode()
    assert operator.get("/a/acme/").status_code == 200


def test_a_suspended_accounts_tokens_are_refused(world: World, operator: Client, client: Client) -> None:
    _, text = make_token(access_to(world.admin, "acme"), "CRM", [Scope.READ])
    _, of_operator = make_token(access_to(world.operator, "acme"), "Ours", [Scope.READ])
    _set_state(operator, world.account, "suspended")
    for one in (text, of_operator):
        answer = client.get("/api/v1/services", headers={"Authorization": f"Bearer {one}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "account_shut")


def test_other_accounts_go_on_while_one_is_suspended(world: World, operator: Client, as_person: AsPerson) -> None:
    _set_state(operator, world.account, "suspended")
    assert as_person(world.stranger).get("/a/other/").status_code == 200


def test_a_closed_account_can_be_opened_again_within_its_grace(
    world: World, operator: Client, admin: Client,
) -> None:
    _set_state(operator, world.account, "closed", "Moved away.")
    assert world.account.erase_at is not None
    assert timedelta(days=29) < world.account.erase_at - timezone.now() <= timedelta(days=30)
    page = admin.get("/a/acme/").content.decode()
    assert "Acme is closed" in page
    assert "erased" in page
    _set_state(operator, world.account, "open")
    assert (world.account.state, world.account.erase_at, world.account.state_reason) == ("open", None, "")
    assert admin.get("/a/acme/").status_code == 200


def test_what_is_being_erased_cannot_be_opened_again_and_engines_get_time_to_learn_of_it(
    house: House, operator: Client,
) -> None:
    account = house.account
    house.integration()
    house.event()
    Account.objects.filter(id=account.id).update(state="closed", erase_at=timezone.now() - timedelta(minutes=1))
    assert not erase(account)
    assert not Event.objects.exists()
    assert not Service.objects.filter(account=account).exists()
    for state in ("open", "suspended", "closed"):
        page = operator.post(f"/operator/accounts/{account.id}/state/", {"state": state, "reason": "Sorry."})
        assert "it is being erased" in page.content.decode()
    assert "There is no way back." in operator.get(f"/operator/accounts/{account.id}/").content.decode()
    house.call({"kind": "fact", "text": "It rings."})  # an engine did not know yet
    IntegrationHealth.objects.create(integration_id=uuid4(), failures=1)
    assert erase(account, timedelta(0))
    assert not Call.objects.exists()
    assert not IntegrationHealth.objects.exists()
    assert not Account.objects.filter(id=account.id).exists()


def test_what_was_opened_again_in_time_is_not_erased(house: House, operator: Client) -> None:
    house.event()
    Account.objects.filter(id=house.account.id).update(
        state="closed", erase_at=timezone.now() - timedelta(minutes=1))
    as_it_was_seen = Account.objects.get(id=house.account.id)
    _set_state(operator, house.account, "open")
    assert not erase(as_it_was_seen, timedelta(0))
    assert Event.objects.count() == 1


def test_saving_an_account_leaves_its_state_to_whoever_changes_that(world: World, operator: Client) -> None:
    as_it_was_seen = Account.objects.get(id=world.account.id)
    _set_state(operator, world.account, "suspended", "The invoice of May is open.")
    as_it_was_seen.second_factor_required = True
    save_account(as_it_was_seen, "second_factor_required")
    world.account.refresh_from_db()
    assert (world.account.state, world.account.second_factor_required) == ("suspended", True)


@pytest.mark.parametrize("to", ["open", "suspended", "closed"])
def test_the_operator_is_asked_before_a_state_changes(to: str, world: World, operator: Client) -> None:
    page = operator.get(f"/operator/accounts/{world.account.id}/state/?to={to}").content.decode()
    assert f'value="{to}"' in page
    world.account.refresh_from_db()
    assert world.account.state == "open"


def test_an_unknown_state_is_refused(world: World, operator: Client) -> None:
    answer = operator.post(f"/operator/accounts/{world.account.id}/state/", {"state": "burnt"})
    assert answer.status_code == 200
    world.account.refresh_from_db()
    assert world.account.state == "open"


def test_the_export_has_all_that_happened_and_no_secret(house: House, operator: Client) -> None:
    integration = house.integration(
        authentication=BasicAuth(username="crm", password="canary-password"),
        headers=(Header(name="X-Key", value="canary-header", secret=True), Header(name="X-Plain", value="plain")))
    event = house.event()
    attempt(house.delivery(event, integration), 1, answered(), SENT)
    house.call({"kind": "fact", "text": "It rings."})
    response = operator.get(f"/operator/accounts/{house.account.id}/export/")
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert 'filename="acme-' in response["Content-Disposition"]
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    configuration = yaml.safe_load(files["configuration.yaml"])
    [told] = configuration["integrations"]
    assert (told["username"], told["has_password"], told["signed"]) == ("crm", True, True)
    assert told["headers"] == [{"name": "X-Key", "secret": True}, {"name": "X-Plain", "value": "plain"}]
    assert [one["email"] for one in configuration["members"]] == ["admin@example.com", "viewer@example.com"]
    assert {json.loads(line)["extension_number"] for line in files["users.jsonl"].splitlines()} == {"201", "202"}
    assert json.loads(files["events.jsonl"])["fields"]["source_number"] == event.source_number
    [delivery] = map(json.loads, files["deliveries.jsonl"].splitlines())
    assert delivery["made"][0]["answer"]["status"] == 200
    assert json.loads(files["calls.jsonl"])["timeline"][0]["text"] == "It rings."
    for text in files.values():
        assert "canary" not in text
        assert "Eve Elsewhere" not in text
        assert "sealed" not in text


def test_the_export_reads_more_than_a_page(house: House, operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchhook.web.accounts.export.PAGE", 3)
    for number in range(8):
        house.event(number=number)
    response = operator.get(f"/operator/accounts/{house.account.id}/export/")
    with ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:  # type: ignore[attr-defined]
        ids = [json.loads(line)["id"] for line in archive.read("events.jsonl").splitlines()]
    assert len(set(ids)) == 8
    assert ids == sorted(ids)


# -- view as -----------------------------------------------------------------------------------------------


def test_the_operator_views_an_account_as_its_members_see_it(
    world: World, operator: Client, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    answer = operator.post(f"/operator/accounts/{world.account.id}/view/")
    assert answer["Location"] == "/a/acme/"
    page = operator.get("/a/acme/").content.decode()
    assert "You view <strong>Acme</strong>" in page
    assert "/operator/connections/" not in page
    assert operator.get("/a/other/").status_code == 404
    assert operator.get("/")["Location"] == "/a/acme/"
    assert f"operator.views account={world.account.id} by={world.operator.id} address=127.0.0.1" in caplog.text


def test_who_views_reads_only_until_they_ask_for_more(
    world: World, operator: Client, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    operator.post(f"/operator/accounts/{world.account.id}/view/")
    url, name = f"/a/acme/pbx/{world.service.id}/name/", {"friendly_name": "Changed"}
    refused = operator.post(url, name)
    assert refused.status_code == 403
    assert "can read only" in refused.content.decode()
    assert operator.get("/a/acme/integrations/new/").status_code == 403
    assert operator.post("/operator/viewing/", {"do": "change", "next": url})["Location"] == url
    assert "What you change is changed." in operator.get("/a/acme/").content.decode()
    assert operator.post(url, name).status_code == 302
    world.service.refresh_from_db()
    assert world.service.friendly_name == "Changed"
    operator.post("/operator/viewing/", {"do": "read", "next": "https://evil.example/"})
    assert operator.post(url, name).status_code == 403
    assert f"operator.may_change account={world.account.id}" in caplog.text


def test_who_views_has_none_of_the_operators_pages_until_they_end_it(world: World, operator: Client) -> None:
    operator.post(f"/operator/accounts/{world.account.id}/view/")
    own = f"/operator/accounts/{world.account.id}/"
    for path in ("/operator/", "/operator/connections/", own, f"{own}members/", f"{own}export/"):
        answer = operator.get(path)
        assert (path, answer.status_code) == (path, 403)
        page = unescape(answer.content.decode())
        assert "the operator's pages are back when you end that" in page
        assert "End the view" in page
        assert "Allow changes" not in page  # that would not help
    assert operator.post(f"{own}state/", {"state": "suspended", "reason": ""}).status_code == 403
    operator.post("/operator/viewing/", {"do": "change"})
    assert operator.get("/operator/").status_code == 403
    operator.post(f"/operator/accounts/{world.other_account.id}/view/")
    operator.post("/operator/viewing/", {"do": "end"})
    assert operator.get("/operator/").status_code == 200


def test_one_click_ends_the_view(world: World, operator: Client) -> None:
    operator.post(f"/operator/accounts/{world.account.id}/view/")
    answer = operator.post("/operator/viewing/", {"do": "end"})
    assert answer["Location"] == f"/operator/accounts/{world.account.id}/"
    page = operator.get("/a/other/").content.decode()
    assert "You view" not in page
    assert "/operator/connections/" in page


def test_the_accounts_audit_log_says_that_it_was_viewed_and_exported(
    world: World, operator: Client, admin: Client,
) -> None:
    operator.post(f"/operator/accounts/{world.account.id}/view/")
    operator.post("/operator/viewing/", {"do": "change"})
    operator.post("/operator/viewing/", {"do": "end"})
    operator.get(f"/operator/accounts/{world.account.id}/export/")
    rows = admin.get("/a/acme/audit/?who=operator@").context["rows"]
    assert [(row.action, row.detail) for row in rows] == [
        ("exported", ""), ("viewed", "Ended"), ("viewed", "May change from now on"), ("viewed", "Began, reading only")]
    assert all(row.by_operator for row in rows)


def test_every_page_of_the_account_says_that_it_is_viewed(world: World, operator: Client) -> None:
    operator.post(f"/operator/accounts/{world.account.id}/view/")
    for path in ("", "users/", "calls/", "deliveries/", "integrations/", "pbx/", f"pbx/{world.service.id}/"):
        assert "You view <strong>Acme</strong>" in operator.get(f"/a/acme/{path}").content.decode()
    assert "You view <strong>Acme</strong>" in operator.get("/me/").content.decode()


def test_a_session_that_says_it_views_helps_nobody_else(world: World, as_person: AsPerson) -> None:
    client = as_person(world.stranger)
    session = client.session
    session["viewing"] = {"id": str(world.account.id), "name": "Acme", "may_change": True}
    session.save()
    assert client.get("/a/acme/").status_code == 404
    assert "You view" not in client.get("/a/other/").content.decode()


def test_suspending_disables_no_integration(house: House, operator: Client) -> None:
    """All is kept: integrations stay enabled, so that opening again is enough."""
    integration = house.integration(EventType.USER_CREATED)
    _set_state(operator, house.account, "suspended")
    integration.refresh_from_db()
    assert integration.enabled
