"""Paste a request and see why its signature fails; what is pasted is kept nowhere."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from switchhook.domain.delivery import Request
from switchhook.domain.rendering import render
from switchhook.web.deliveries.recorded import event_of
from switchhook.web.integrations import actions
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Attempt, Delivery, Integration
from tests.web.conftest import World
from tests.web.made_up import House, answered
from tests.web.test_integrations_form import told


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def sent(house: House, row: Integration) -> tuple[Delivery, Request]:
    """A delivery with its attempt as the engine recorded it, and the request."""
    event = house.event()
    delivery = house.delivery(event, row)
    request = render(opened(row, timezone.now()).integration, event_of(event), delivery_id=delivery.id,
                     at=timezone.now())
    kept = {"method": request.method, "url": request.url, "headers": list(request.headers),
            "body": (request.body or b"").decode()}
    Attempt.objects.create(
        delivery=delivery, number=1, started_at_ms=delivery.created_at_ms, duration_ms=9, status=401, problem="",
        verdict="try_again", request=json.dumps(kept), answer=json.dumps(answered(401)))
    return delivery, request


def check(house: House, row: Integration, request: Request, body: str | None = None, **more: str) -> HttpResponse:
    text = "\n".join(["POST /hook HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers), "",
                      (request.body or b"").decode() if body is None else body])
    return house.client().post(f"{house.url}integrations/{row.id}/signature/", {"pasted": text} | more)


def test_a_good_signature_is_good_and_the_receivers_secret_is_compared(house: House) -> None:
    row, other = house.integration(), house.integration(name="NPS")
    _, request = sent(house, row)
    right = told(check(house, row, request, secret=actions.signing_secret(row)))
    assert "The signature is good." in right
    assert "Your receiver has the right secret." in right
    wrong = told(check(house, row, request, secret=actions.signing_secret(other)))
    assert "Your receiver has the secret of NPS, another integration" in wrong
    assert "is no signing secret" in told(check(house, row, request, secret="hunter2"))


def test_the_body_is_compared_with_what_was_sent_under_its_id(house: House) -> None:
    row = house.integration()
    _, request = sent(house, row)
    body = json.dumps(json.loads(request.body or b""), sort_keys=True)
    assert "keys in another order" in told(check(house, row, request, body))


def test_a_request_of_another_integration_is_named(house: House) -> None:
    row, other = house.integration(), house.integration(name="NPS")
    _, request = sent(house, other)
    assert "signed with the secret of NPS, another integration" in told(check(house, row, request))


def test_what_is_pasted_is_neither_stored_nor_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    row = house.integration()
    _, request = sent(house, row)
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection, ) as queries:
        answer = check(house, row, request, '{"mark":"unmistakable"}')
    assert "The signature fails" in told(answer)
    assert answer["Cache-Control"] == "no-store"
    assert "unmistakable" not in caplog.text
    assert not [one for one in queries if "unmistakable" in one["sql"]]


def test_what_is_no_request_is_told_at_the_field(house: House) -> None:
    row = house.integration()
    answer = house.client().post(f"{house.url}integrations/{row.id}/signature/", {"pasted": "hello"})
    assert "There are no headers in it" in told(answer)
