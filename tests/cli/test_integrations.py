"""Configuration as code: export, diff and apply."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from switchhook.cli.client import Client
from switchhook.cli.login import Login
from switchhook.domain import integration_file
from switchhook.domain.catalogue import EVENTS, EventType, Field, Level
from switchhook.domain.errors import WrongFile
from tests.cli.conftest import Run
from tests.fixtures.portal import Portal

FILE = """
version: 1
integrations:
- name: CRM
  service: pbx-0001
  event_type: call.inbound_answered
  request_url: https://crm.example.com/hook
  authentication_type: basic
  username: ada
  password: ${env:CRM_PASSWORD}
  body_keys:
  - {key: caller, field: source_number}
- name: Directory
  event_type: user.created
  request_url: https://directory.example.com/
  signed: false
"""
PASSWORD = {"CRM_PASSWORD": "pass-1"}


@pytest.fixture
def login(portal: Portal) -> dict[str, str]:
    """An account of the test's own."""
    return {"SWITCHHOOK_URL": portal.url, "SWITCHHOOK_TOKEN": portal.token(account_id=portal.another_account())}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "integrations.yaml"
    path.write_text(FILE)
    return path


def names(told: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in told]


def test_what_would_be_done_is_shown_then_done_and_then_nothing_is_left_to_do(run: Run, file: Path) -> None:
    planned = run("integrations", "diff", file, **PASSWORD)
    assert (planned.code, names(planned.record["created"])) == (2, ["CRM", "Directory"])
    assert run("integrations", "list").out == ""
    done = run("integrations", "apply", file, "--yes", **PASSWORD)
    assert (done.code, done.record["created"][0]["signing_secret"][:6]) == (0, "whsec_")
    assert sorted(names(run("integrations", "list").records)) == ["CRM", "Directory"]
    assert run("integrations", "diff", file, **PASSWORD).code == 0
    again = run("integrations", "apply", file, **PASSWORD)  # there is nothing to ask
    assert (again.code, names(again.record["unchanged"])) == (0, ["CRM", "Directory"])


def test_drift_is_seen_also_of_a_secret(run: Run, file: Path) -> None:
    run("integrations", "apply", file, "--yes", **PASSWORD)
    drifted = run("integrations", "diff", file, CRM_PASSWORD="pass-2")
    assert (drifted.code, drifted.record["changed"][0]["changes"]) == (2, {"password": [{"set": True}, {"set": True}]})
    assert "pass-" not in drifted.out + drifted.err
    unknown = run("integrations", "diff", file)
    assert (unknown.code, "does not have it: CRM_PASSWORD" in unknown.err) == (0, True)
    file.write_text(FILE.replace("https://crm.example.com/hook", "https://crm.example.com/v2"))
    [one] = run("integrations", "diff", file, **PASSWORD).record["changed"]
    assert one["changes"] == {"request_url": ["https://crm.example.com/hook", "https://crm.example.com/v2"]}


def test_nothing_is_done_without_an_answer_or_without_a_secret(run: Run, file: Path) -> None:
    asked = run("integrations", "apply", file, **PASSWORD)
    assert (asked.code, "add --yes" in asked.err) == (1, True)
    assert "+ CRM (" in asked.err
    assert "[green]" not in asked.err
    without = run("integrations", "apply", file, "--yes")
    assert (without.code, "Set CRM_PASSWORD in the environment" in without.err) == (65, True)
    assert run("integrations", "list").out == ""


def test_what_is_not_in_the_file_goes_only_when_that_is_asked(run: Run, file: Path) -> None:
    run("integrations", "apply", file, "--yes", **PASSWORD)
    file.write_text(FILE.partition("- name: Directory")[0])
    kept = run("integrations", "diff", file, **PASSWORD)
    assert (kept.code, names(kept.record["others"])) == (0, ["Directory"])
    assert run("integrations", "diff", "--prune", file, **PASSWORD).code == 2
    gone = run("integrations", "apply", "--prune", "--yes", "-", stdin=file.read_text(), **PASSWORD)
    assert (gone.code, names(gone.record["deleted"])) == (0, ["Directory"])


def test_a_file_that_names_no_pbx_is_applied_to_the_one_that_is_said(run: Run, file: Path) -> None:
    file.write_text(FILE.replace("  service: pbx-0001\n", ""))
    assert run("integrations", "diff", file, **PASSWORD).code == 65
    planned = run("integrations", "diff", file, "--service", "pbx-0001", **PASSWORD)
    crm, directory = planned.record["created"]
    assert (crm["name"], bool(crm["service_id"]), directory["service_id"]) == ("CRM", True, None)


@pytest.mark.parametrize(("text", "said"), [
    ("integrations: [", "The file is no YAML"), ("[]", "has no list `integrations`"),
    ("version: 2\nintegrations: []", "needs the line `version: 1`"),
    ("version: 1\nintegrations: []\nusers: []", "no 'users'"),
    ("version: 1\nintegrations: [{service: x}]", "integrations[0] needs a name"),
    (FILE.replace("pbx-0001", "pbx-0009"), "there is no PBX 'pbx-0009'"),
    (FILE.replace("request_url", "url", 1), "integrations.0.url: There is no “url” here."),
    (FILE.replace("source_number", "ivr_name"), "integrations.0.body_keys.0.field: Inbound Call Answered has no"),
])
def test_what_is_wrong_in_the_file_is_said_with_its_place(run: Run, text: str, said: str) -> None:
    done = run("integrations", "diff", "-", stdin=text, **PASSWORD)
    assert (done.code, done.out) == (65, "")
    assert said in done.err


def test_a_file_whose_aliases_nest_deeply_is_refused() -> None:
    chain = "\n".join(["  - &a0 [x]", *(f"  - &a{place} [*a{place - 1}]" for place in range(1, 600))])
    with pytest.raises(WrongFile, match="nested too deeply"):
        integration_file.read(f"version: 1\nintegrations:\n- name: x\n  headers:\n{chain}\n", {}, {})


def test_a_value_among_others_that_the_environment_does_not_have_is_left_out() -> None:
    text = FILE.replace("signed: false", "filters: [{subject: name, values: [Ada, '${env:X}']}]")
    (_, directory) = integration_file.read(text, {"pbx-0001": "1"}, PASSWORD)
    assert directory["filters"] == [{"subject": "name", "values": ["Ada"]}]


words = some.text(some.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
texts = words | some.sampled_from(["${env:HOME}", "$${env:X}", "a: b", "- yes", "null", "'\"", "#no", "ä ß"])


@some.composite
def integrations(draw: some.DrawFn, name: str) -> dict[str, Any]:
    """An integration as somebody might have made it, in the form of the API."""
    type_ = draw(some.sampled_from([one for one in EventType if not EVENTS[one].extra]))
    spec = EVENTS[type_]
    made: dict[str, Any] = {
        "name": name, "event_type": type_.value, "request_url": "https://crm.example.com/" + draw(
            some.sampled_from(["", "hook", "a/b?c=d&e=%20"])),
        "service_id": spec.level is Level.SERVICE, "method": draw(some.sampled_from(["POST", "GET"])),
        "format": draw(some.sampled_from(["JSON", "QUERY"])), "signed": draw(some.booleans()),
        "path_arguments": draw(some.sampled_from(["", "calls/{date_time}", "x?y={service_name}"])),
        "enabled": draw(some.booleans()), "timeout_seconds": draw(some.sampled_from([1.0, 15.0, 29.5])),
        "max_in_flight": draw(some.integers(1, 64)), "rate_per_second": draw(some.none() | some.integers(1, 1000)),
        "expiry_seconds": draw(some.none() | some.integers(10, 86_400))}
    made["headers"] = [{"name": f"X-{place}", "value": f"value-{place}", "secret": secret}
                       for place, secret in enumerate(draw(some.lists(some.booleans(), max_size=3)))]
    fields = draw(some.lists(some.sampled_from(sorted(spec.fields)), max_size=3))
    made["body_keys"] = [{"key": f"key{place}", "field": field.value} for place, field in enumerate(fields)]
    if draw(some.booleans()):
        made["body_keys"].append({"key": "fixed", "text": draw(texts).replace("{", "{{").replace("}", "}}")})
    made["filters"] = [
        {"filter": "extension", "match": "one_of", "values": ["201", "30*"]},
        {"filter": "business_hours", "match": "outside", "days": ["mon"], "begins": "09:00", "ends": "17:30"},
    ][: draw(some.integers(0, 2))] if Field.EXTENSION_NUMBER in spec.fields else []
    match draw(some.sampled_from(["none", "basic", "token"])):
        case "basic":
            username = draw(some.sampled_from(["ada", "ä ß", "null"]))
            made |= {"authentication_type": "basic", "username": username, "password": "pass-1"}
        case "token":
            made |= {"authentication_type": "token", "token": "token-1", "token_prefix": draw(some.sampled_from(
                ["", "Bearer", "Token"])), "token_header": draw(some.sampled_from(["Authorization", "X-Api-Key"]))}
    return made


@pytest.fixture(scope="session")
def accounts(portal: Portal) -> tuple[Client, Client]:
    """Programs of two accounts, each with a PBX of the same name."""
    first, second = (Client(Login(url=portal.url, token=portal.token(account_id=portal.another_account())))
                     for _ in range(2))
    return first, second


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_what_is_exported_and_applied_elsewhere_is_exported_the_same(
    accounts: tuple[Client, Client], data: some.DataObject,
) -> None:
    first, second = accounts
    made = [data.draw(integrations(f"{data.draw(texts)} {number}")) for number in range(data.draw(some.integers(1, 5)))]
    [service] = first.pages("/services")
    for one in made:
        one["service_id"] = service["id"] if one["service_id"] else None
    first.send("PUT", "/integrations", {"integrations": made, "delete_missing": True})
    exported = export(first)
    environment = dict.fromkeys(integration_file.references(exported), "a secret") | {"HOME": os.environ["HOME"]}
    ids = {one["name"]: one["id"] for one in second.pages("/services")}
    wanted = {"integrations": integration_file.read(exported, ids, environment), "delete_missing": True}
    second.send("PUT", "/integrations", wanted)
    assert export(second) == exported
    again = second.send("PUT", "/integrations", wanted | {"dry_run": True})
    assert (again["created"], again["changed"], again["deleted"]) == ([], [], [])


def export(client: Client) -> str:
    names = {one["id"]: one["name"] for one in client.pages("/services")}
    return integration_file.written(sorted(client.pages("/integrations"), key=lambda one: str(one["name"])), names)
