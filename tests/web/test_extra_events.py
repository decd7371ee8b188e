"""Extra events: the operator grants them to an account; then, and only then, its integrations can be for them."""

from __future__ import annotations

from html import unescape

from django.test import Client

from switchhook.web.models import Account, ConfigurationVersion, Integration
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_hostile_forms import Forms
from tests.web.test_integrations_form import FILLED
from tests.web.test_services import ACCOUNT

CALL_ENDED = {**FILLED, "event_type": "call.ended"}
NOT_GRANTED = "Call Ended is not granted: it is an extra event, which the operator grants to an account."


def grant(account: Account, *events: str) -> None:
    account.granted_events = list(events)
    account.save()


def page(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def test_the_operator_grants_extra_events_and_takes_them_away(world: World, operator: Client) -> None:
    path = f"/operator/accounts/{world.account.id}/"
    form = {**ACCOUNT, "name": world.account.name, "slug": world.account.slug}
    assert operator.post(path, {**form, "granted_events": ["call.ended", "call.ringing"]}).status_code == 302
    assert Account.objects.get(id=world.account.id).granted_events == ["call.ended", "call.ringing"]
    version = ConfigurationVersion.objects.get().version
    operator.post(path, form)
    assert Account.objects.get(id=world.account.id).granted_events == []
    assert ConfigurationVersion.objects.get().version == version + 1


def test_saving_the_page_of_an_account_as_it_is_changes_nothing(world: World, operator: Client) -> None:
    """Every field of the form must be on the page: what a browser does not send is taken away."""
    before = {"country": "AU", "body_days": 7, "audit_retention_days": 400, "granted_events": ["call.ended"]}
    Account.objects.filter(id=world.account.id).update(**before)
    path = f"/operator/accounts/{world.account.id}/"
    [form] = [one for one in Forms(page(operator, path)).found if ("slug", "acme") in one.fields]
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        sent.setdefault(name, []).append(value)
    assert operator.post(path, sent).status_code == 302
    assert Account.objects.filter(id=world.account.id).values(*before).get() == before


def test_nobody_can_grant_what_is_no_extra_event(world: World, operator: Client) -> None:
    answer = operator.post("/operator/accounts/new/", {**ACCOUNT, "granted_events": ["call.inbound_received"]})
    assert "is not one of the available choices" in answer.content.decode()


def test_the_form_offers_an_extra_event_only_when_it_is_granted_and_marks_it(world: World) -> None:
    house = House(world)
    assert "Call Ended" not in page(house.client(), house.pbx_url + "integrations/new/")
    grant(world.account, "call.ended")
    shown = page(house.client(), house.pbx_url + "integrations/new/")
    assert 'Call Ended</strong> <span class="tag">extra</span>' in shown
    assert "Call Ringing" not in shown
    assert "Call Ended" not in page(house.client(), house.url + "integrations/new/")  # of the account alone


def test_an_integration_for_an_event_that_is_not_granted_is_refused_in_words(world: World) -> None:
    house = House(world)
    assert house.client().post(house.pbx_url + "integrations/new/", CALL_ENDED).status_code == 200
    assert not Integration.objects.exists()
    grant(world.account, "call.ended")
    assert house.client().post(house.pbx_url + "integrations/new/", CALL_ENDED).status_code == 302
    row = Integration.objects.get()
    grant(world.account)
    answer = house.client().post(f"{house.url}integrations/{row.id}/edit/", CALL_ENDED)
    assert NOT_GRANTED in unescape(answer.content.decode())


def test_a_country_is_two_letters_that_exist(operator: Client, world: World) -> None:
    answer = operator.post("/operator/accounts/new/", {**ACCOUNT, "country": "xx"})
    assert "“XX” is no country" in answer.content.decode()
    operator.post("/operator/accounts/new/", {**ACCOUNT, "country": "au"})
    assert Account.objects.get(slug="third").country == "AU"
