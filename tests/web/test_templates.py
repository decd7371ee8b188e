"""Templates: each is whole and renders as its receiver documents it, and from each an integration is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.http import HttpResponse

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, Field, Level, Value
from switchhook.domain.delivery import Request
from switchhook.domain.event import Event
from switchhook.domain.integration import BasicAuth, Integration, NoAuth, TokenAuth
from switchhook.domain.rendering import render
from switchhook.domain.validation import mistakes, warnings
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.prepared import Prepared, everything, offered
from switchhook.web.models import Integration as Row
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_integrations_form import FILLED, read, told

AT = datetime(2026, 3, 4, tzinfo=UTC)
KEYS = [one.key for one in everything()]
#: What the issue asks for, each by the beginning of its key.
WANTED = ("nps", "crm-screen-pop", "call-log", "billing", "slack", "teams", "discord", "zapier", "make", "n8n",
          "hubspot", "zoho", "pipedrive", "odoo", "espocrm")


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def template(key: str) -> Prepared:
    return next(one for one in everything() if one.key == key)


def made(key: str) -> Integration:
    """An integration from the template, with the URL and the secret that a person gives."""
    one = template(key)
    service = UUID(int=2) if one.level is Level.SERVICE else None
    order = one.applied(blank(UUID(int=1), service))
    match order.authentication:
        case TokenAuth() as token:
            order = replace(order, authentication=replace(token, token="t0ken"))
        case BasicAuth() as basic:
            order = replace(order, authentication=replace(basic, username="ada", password="s3cret"))
        case NoAuth():
            pass
    return replace(order, request_url=order.request_url or one.url_like.replace("…", "x"))


def sent(key: str, fields: Mapping[Field, Value] | None = None) -> Request:
    """What an integration from the template sends: of the catalogue's example, or of an event with these fields."""
    order = made(key)
    event = Event(
        id=UUID(int=4), type=order.event_type, account_id=UUID(int=1), service_id=UUID(int=2), at=AT, order_key="call",
        sequence=1, fields=fields or EVENTS[order.event_type].example())
    return render(order, event, delivery_id=UUID(int=5), at=AT)


def test_every_receiver_that_was_promised_has_a_template() -> None:
    assert [name for name in WANTED if not any(key.startswith(name) for key in KEYS)] == []


@pytest.mark.parametrize("key", KEYS)
def test_a_template_with_a_url_and_a_secret_can_be_saved_and_sent(key: str) -> None:
    assert mistakes(made(key), EXTRA_EVENTS) == []
    assert warnings(made(key)) == []
    assert sent(key).method == "POST"


@pytest.mark.parametrize("key", KEYS)
def test_a_template_says_what_it_does_and_where_the_url_is_found(key: str) -> None:
    one = template(key)
    assert one.about.endswith(".")
    assert one.where.endswith(".")
    assert bool(one.request_url) is not bool(one.url_like)
    assert (one.request_url or one.url_like).startswith("https://")


def test_templates_of_extra_events_are_offered_only_where_these_are_granted() -> None:
    plain = {one.key for one in offered(())}
    assert {"billing-calls", "billing-legs"} & plain == set()
    assert {one.key for one in offered(["call.ended"])} - plain == {"billing-calls"}


def page(house: House, path: str) -> str:
    return told(house.client().get(house.pbx_url + path))


def test_a_template_fills_the_form_in_and_only_the_url_is_missing(house: House) -> None:
    assert "A line in a Slack channel" in page(house, "integrations/new/templates/")
    form = house.client().get(f"{house.pbx_url}integrations/new/?template=slack").content.decode()
    assert "add one for the channel, and copy its URL" in form
    assert 'value="Slack message"' in form
    assert "answered by {name} ({extension_number}). Caller: {source_number}" in form
    (signed,) = re.findall(r'<input[^>]*name="signed"[^>]*>', form)
    assert "checked" not in signed  # Slack has no use for a signature


def test_an_integration_is_made_from_a_template(house: House) -> None:
    answer: HttpResponse = house.client().post(f"{house.pbx_url}integrations/new/?template=pipedrive", FILLED | {
        "name": "Pipedrive", "request_url": "https://api.pipedrive.com/api/v2/activities",
        "authentication_type": "token", "token": "t0ken", "token_header": "x-api-token", "token_prefix": "",
        "value_row": ["0"], "value-0-key": "subject", "value-0-fixed": "1", "value-0-text": "From {source_number}"})
    assert answer.status_code == 302, told(answer)
    assert read(Row.objects.get()).authentication == TokenAuth(token="t0ken", prefix="", header="x-api-token")


def test_a_template_of_the_other_level_is_not_taken(house: House) -> None:
    assert 'value="Slack message"' not in house.client().get(
        f"{house.url}integrations/new/?template=slack").content.decode()
    assert "Call-back for a new user" in told(house.client().get(f"{house.url}integrations/new/templates/"))
