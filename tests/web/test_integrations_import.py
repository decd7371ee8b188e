"""Integrations from a file in the portal: a dry run, the secrets that it wants, all or nothing; and as a file."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from switchhook.domain.catalogue import EXTRA_EVENTS
from switchhook.domain.integration import TokenAuth
from switchhook.web.integrations.prepared import prepared
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Account, Integration
from tests.web.conftest import World
from tests.web.made_up import House

PRESETS = Path(__file__).parents[2] / "examples/crm/presets"
FILE = """
version: 1
integrations:
- name: CRM
  event_type: call.inbound_answered
  request_url: https://crm.example.com/hook
  authentication_type: token
  token: ${env:CRM_TOKEN}
- {name: Directory, event_type: user.created, request_url: "https://directory.example.com/", signed: false}
"""


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def posted(house: House, **values: object) -> str:
    answer = house.client().post(f"{house.url}integrations/import/", {"service": str(house.service.id)} | values)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def stamp(page: str) -> str:
    [found] = re.findall(r'name="confirmed" value="(\w+)"', page)
    return str(found)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_the_secrets_are_asked_for_then_all_is_shown_and_only_then_done(house: House) -> None:
    asked = posted(house, text=FILE)
    assert 'name="env-CRM_TOKEN" type="password"' in asked
    assert "Dry run" not in asked
    shown = posted(house, text=FILE, **{"env-CRM_TOKEN": "t0ken"})
    assert "Created CRM Head Office" in words(shown)
    assert "Created Directory Account" in words(shown)
    assert Integration.objects.count() == 0
    done = posted(house, text=FILE, confirmed=stamp(shown), **{"env-CRM_TOKEN": "t0ken"})
    assert "whsec_" in done  # CRM's, this once; Directory is not signed
    crm, directory = Integration.objects.order_by("name")
    assert (crm.service, directory.service) == (house.service, None)
    assert opened(crm, timezone.now()).integration.authentication == TokenAuth(token="t0ken")
    assert crm.versions.get().by == "Admin"
    again = posted(house, text=FILE, **{"env-CRM_TOKEN": "t0ken"})
    assert "Unchanged CRM" in words(again)


def test_the_crm_program_s_six_integrations_are_made_from_its_file_and_their_secrets_shown(house: House) -> None:
    Account.objects.filter(id=house.account.id).update(granted_events=[*EXTRA_EVENTS])
    text = (PRESETS.parent / "integrations.yaml").read_text()
    url = {"env-CRM_HOOK_URL": "https://crm.example.com/hook"}
    done = posted(house, text=text, confirmed=stamp(posted(house, text=text, **url)), **url)
    made = {row.event_type: row for row in Integration.objects.all()}
    assert made.keys() == {
        "user.created", "call.inbound_received", "call.ringing", "call.inbound_answered", "call.missed", "call.ended"}
    assert {(row.request_url, *row.body_keys) for row in made.values()} == {("https://crm.example.com/hook",)}
    assert len({*re.findall(r"whsec_[\w+/=]+", done)}) == len(made)


def test_what_was_confirmed_is_shown_anew_when_it_is_no_longer_true(house: House) -> None:
    text = FILE.replace("${env:CRM_TOKEN}", "t0ken")
    confirmed = stamp(posted(house, text=text))
    house.integration(name="CRM")
    assert "Changed CRM" in words(posted(house, text=text, confirmed=confirmed))
    assert Integration.objects.count() == 1


def test_a_wrong_file_is_refused_with_the_place_and_nothing_is_done(house: House) -> None:
    assert "The file is no YAML" in posted(house, text="integrations: [")
    assert "Choose a YAML file, or paste its text." in posted(house, text=" ")
    page = posted(house, text=FILE.replace("user.created", "user.exploded").replace("${env:CRM_TOKEN}", "t"))
    assert "Directory, event_type: " in page
    page = posted(house, text=FILE.replace("https://crm", "gopher://crm").replace("${env:CRM_TOKEN}", "t"))
    assert "CRM, request_url: " in page
    assert Integration.objects.count() == 0


@pytest.mark.parametrize("bomb", [
    "[" * 100_000, "a: &a [*a]", "a: &a " + "{b: " * 5_000 + "1" + "}" * 5_000,
    "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]),
])
def test_a_file_that_would_take_for_ever_is_refused(house: House, bomb: str) -> None:
    page = posted(house, text=bomb)
    assert "nested too deeply" in page or "more than 200,000 values" in page


def test_an_account_that_may_have_no_more_is_told_so(house: House) -> None:
    Account.objects.filter(id=house.account.id).update(max_integrations=1)
    assert "1 integration" in posted(house, text=FILE.replace("${env:CRM_TOKEN}", "t0ken"))
    assert Integration.objects.count() == 0


@pytest.mark.parametrize("key", ["hubspot", "zoho", "pipedrive", "odoo", "espocrm"])
def test_a_preset_of_the_crm_example_is_imported_and_is_the_template(house: House, key: str) -> None:
    file = SimpleUploadedFile(f"{key}.yaml", (PRESETS / f"{key}.yaml").read_bytes())
    text = re.findall(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', posted(house, file=file), re.DOTALL)[0]
    given = {f"env-{key.upper()}_TOKEN": "t0ken", f"env-{key.upper()}_HOST": "crm.example.com"}
    posted_last = house.client().post(f"{house.url}integrations/import/", {
        "service": str(house.service.id), "text": text, "confirmed": stamp(posted(house, text=text, **given)), **given})
    assert posted_last.status_code == 302  # it is not signed: there is no secret to show
    template = prepared(key, ())
    assert template
    made = opened(Integration.objects.get(), timezone.now()).integration
    assert isinstance(made.authentication, TokenAuth)
    wanted = template.applied(made)
    assert isinstance(wanted.authentication, TokenAuth)
    assert (made.authentication.header, made.authentication.prefix) == (
        wanted.authentication.header, wanted.authentication.prefix)
    like = template.request_url or re.sub("//[^/]+", "//crm.example.com", template.url_like)
    assert made.request_url == like
    assert (made.name, made.event_type, made.body_keys, made.rate_per_second) == (
        template.title, template.event_type, template.body_keys, template.rate_per_second)


def test_all_integrations_are_told_as_a_file_without_secrets_that_changes_nothing(house: House) -> None:
    house.integration(name="CRM", authentication=TokenAuth(token="s3cret-t0ken"))
    answer = house.client().get(f"{house.url}integrations/export/")
    text = answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="acme-integrations.yaml"'
    assert "s3cret" not in text
    assert yaml.safe_load(text)["integrations"][0]["service"] == "pbx-0001"
    assert "Unchanged CRM" in words(posted(house, text=text, **{"env-CRM_TOKEN": "s3cret-t0ken"}))
