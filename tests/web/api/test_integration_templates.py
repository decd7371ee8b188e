"""Templates and versions of integrations over the API."""

from __future__ import annotations

from switchhook.domain.integration import TokenAuth
from switchhook.web.models import Integration
from tests.web.api.conftest import Program, told
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_integrations_form import read


def test_an_integration_is_made_from_a_template(program: Program, world: World) -> None:
    [pipedrive] = [one for one in program.get("/integration-templates")["data"] if one["key"] == "pipedrive"]
    assert (pipedrive["level"], pipedrive["method"], pipedrive["authentication_type"]) == ("service", "POST", "token")
    answer = program.ask("POST", "/integration-templates/pipedrive", {
        "service_id": str(world.service.id), "token": "t0ken", "name": "Sales"})
    made = told(answer, 201)
    assert made["name"] == "Sales"
    assert made["request_url"] == "https://api.pipedrive.com/api/v2/activities"
    assert made["signing_secret"] is None
    assert program.get(answer["Location"])["body_keys"] == made["body_keys"] == pipedrive["body_keys"]
    order = read(Integration.objects.get(id=made["id"]))
    assert order.authentication == TokenAuth(token="t0ken", header="x-api-token", prefix="")
    assert Integration.objects.get().versions.get().by == "API token A program"


def test_what_a_template_still_needs_is_told(program: Program, world: World) -> None:
    path = "/integration-templates/slack"
    assert program.refused("POST", path, {}, status=422)["errors"][0]["where"] == "service_id"
    sent = {"service_id": str(world.service.id)}
    assert program.refused("POST", path, sent, status=422)["errors"][0]["where"] == "request_url"
    sent["request_url"] = "https://crm.example.com/hook"
    found = program.refused("POST", "/integration-templates/crm-screen-pop", sent, status=422)
    assert found["errors"][0]["where"] == "token"
    program.refused("POST", "/integration-templates/billing-calls", sent, status=404)  # its event is not granted


def test_versions_are_listed_and_restored(program: Program, world: World) -> None:
    row = House(world).integration(name="CRM")
    program.ask("PATCH", f"/integrations/{row.id}", {"name": "Other"})
    listed = program.get(f"/integrations/{row.id}/versions")["data"]
    assert [(one["number"], one["what"], one["by"]) for one in listed] == [
        (2, "Changed", "API token A program"), (1, "Created", "")]
    assert listed[0]["changes"] == [{"what": "Integration Name", "before": "CRM", "after": "Other"}]
    assert told(program.ask("POST", f"/integrations/{row.id}/versions/1/restore"), 200)["name"] == "CRM"
    program.refused("POST", f"/integrations/{row.id}/versions/9/restore", status=404)


def test_a_version_whose_secret_is_gone_is_not_restored(program: Program, world: World) -> None:
    row = House(world).integration(authentication=TokenAuth(token="first-token"))
    program.ask("PATCH", f"/integrations/{row.id}", {"authentication_type": "none"})
    found = program.refused("POST", f"/integrations/{row.id}/versions/1/restore", status=409)
    assert found["code"] == "secrets_missing"
    assert "Token" in found["detail"]
