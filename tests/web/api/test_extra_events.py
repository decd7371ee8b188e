"""Extra events over the API: offered and taken when the operator granted them; and a service's country."""

from __future__ import annotations

from tests.web.api.conftest import MakeProgram, told
from tests.web.conftest import World
from tests.web.test_extra_events import NOT_GRANTED, grant


def test_the_api_offers_and_takes_an_extra_event_only_when_it_is_granted(
    world: World, make_program: MakeProgram,
) -> None:
    program = make_program()
    wanted = {"name": "Billing", "event_type": "call.ended", "service_id": str(world.service.id),
              "request_url": "https://billing.example.com/"}
    refused = told(program.ask("POST", "/integrations", wanted), 422)
    assert NOT_GRANTED in str(refused["errors"])
    assert program.get("/event-types/call.ended")["granted"] is False
    grant(world.account, "call.ended")
    assert program.get("/event-types/call.ended")["granted"] is True
    assert told(program.ask("POST", "/integrations", wanted), 201)["event_type"] == "call.ended"


def test_a_services_country_is_two_letters_that_exist(world: World, make_program: MakeProgram) -> None:
    program, path = make_program(), f"/services/{world.service.id}"
    assert "“XX” is no country" in str(program.refused("PATCH", path, {"country": "xx"}, status=422)["errors"])
    assert told(program.ask("PATCH", path, {"country": "de"}), 200)["country"] == "DE"
    assert program.get(path)["country"] == "DE"
