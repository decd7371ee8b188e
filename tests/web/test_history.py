"""The history of an integration: what changed, who did it, and the way back. Secrets are not in it."""

from __future__ import annotations

import json

import pytest

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.filters import Subject, ValueFilter
from switchhook.domain.integration import BasicAuth, BodyKey, Header, TokenAuth
from switchhook.web.integrations import actions, history, history_pages
from switchhook.web.models import Integration, IntegrationVersion
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_integrations_form import edit, read, told


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, row: Integration) -> str:
    return told(house.client().get(f"{house.url}integrations/{row.id}/history/"))


def restore(house: House, row: Integration, number: int) -> str:
    """Restore that version; the page that follows."""
    return told(house.client().post(f"{house.url}integrations/{row.id}/history/{number}/restore/", follow=True))


def test_a_change_is_told_with_who_and_before_and_after(house: House, world: World) -> None:
    row = house.integration(body_keys=(BodyKey(key="caller", field=Field.SOURCE_NUMBER),))
    edit(house, row, request_url="https://new.example.com/hook", method="GET", **{"filter-extension": "201"})
    shown = page(house, row)
    assert str(world.admin) in shown
    for line in ("Request URL https://crm.example.com/hook https://new.example.com/hook", "Method POST GET",
                 "Key caller Source Number none", "Filter extension none Extension is one of 201"):
        assert line in shown


def test_a_save_that_changes_nothing_makes_no_version(house: House) -> None:
    row = house.integration(name="CRM call pop", request_url="https://crm.example.com/hooks")
    edit(house, row)
    assert [one.what for one in row.versions.order_by("number")] == ["Created"]


def test_secrets_are_not_kept_but_that_they_were_replaced_is(house: House) -> None:
    row = house.integration(
        authentication=TokenAuth(token="first-token"), headers=(Header(name="X-Key", value="sesame", secret=True),))
    edit(house, row, authentication_type="token", token="second-token", header_row="0", **{
        "header-0-name": "X-Key", "header-0-stored": "X-Key", "header-0-value": "hush", "header-0-secret": "on"})
    kept = json.dumps(list(IntegrationVersion.objects.values("stands", "replaced_secrets")))
    assert not [secret for secret in ("first-token", "second-token", "sesame", "hush") if secret in kept]
    shown = page(house, row)
    assert "Token •••• •••• (replaced)" in shown
    assert "Header X-Key •••• •••• (replaced)" in shown


def test_enabling_disabling_and_a_new_signing_secret_are_versions_too(house: House) -> None:
    row = house.integration()
    actions.disable(row, "Disabled by Ada Example.", by="Ada Example")
    actions.enable(row, by="Ada Example")
    actions.rotate_signing_secret(row, by="Ada Example")
    shown = page(house, row)
    assert "Status Enabled Disabled" in shown
    assert "Signing secret •••• •••• (replaced)" in shown


def test_what_the_engine_changed_by_itself_is_told_with_the_next_change(house: House) -> None:
    row = house.integration()
    Integration.objects.filter(id=row.id).update(enabled=False, disabled_reason="The server answered 410 Gone.")
    actions.enable(Integration.objects.get(id=row.id), by="Ada Example")
    assert [one.what for one in row.versions.order_by("number")] == ["Created", "Changed by itself", "Enabled"]
    assert "Disabled because none The server answered 410 Gone." in page(house, row)


def test_an_integration_from_before_there_was_a_history_keeps_how_it_was(house: House) -> None:
    row = house.integration()
    row.versions.all().delete()
    edit(house, row, name="Other")
    assert [one.what for one in row.versions.order_by("number")] == ["As it was", "Changed"]


def test_a_version_is_restored_with_the_secrets_of_today(house: House) -> None:
    row = house.integration(
        EventType.IVR_OPTION, name="NPS", authentication=BasicAuth(username="crm", password="first"),
        filters=(ValueFilter(subject=Subject.OPTION, values=("1-5",)),))
    edit(house, row, authentication_type="basic", username="other", password="second")
    assert "again as in version 1" in restore(house, row, 1)
    now = read(Integration.objects.get(id=row.id))
    assert (now.name, now.event_type, now.request_url) == (
        "NPS", EventType.IVR_OPTION, "https://crm.example.com/hook")
    assert now.authentication == BasicAuth(username="crm", password="second")
    assert now.filters == (ValueFilter(subject=Subject.OPTION, values=("1-5",)),)
    assert [one.what for one in row.versions.order_by("number")] == ["Created", "Changed", "Restored version 1"]


def test_where_a_secret_is_gone_the_form_asks_for_it_and_nothing_is_changed_before(house: House) -> None:
    row = house.integration(name="With a token", authentication=TokenAuth(token="first-token"))
    edit(house, row)
    shown = restore(house, row, 1)
    assert "enter again Token, then save" in shown
    assert Integration.objects.get(id=row.id).name == "CRM call pop"
    form = house.client().get(f"{house.url}integrations/{row.id}/edit/?version=1").content.decode()
    assert 'value="With a token"' in form
    assert "A token is set." not in form


def test_only_so_many_versions_are_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_KEPT", 3)
    row = house.integration()
    for number in range(5):
        edit(house, row, name=f"Name {number}")
    assert [one.number for one in row.versions.order_by("number")] == [4, 5, 6]


def test_older_versions_are_on_the_next_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_pages, "PAGE_VERSIONS", 2)
    row = house.integration()
    for number in range(3):
        edit(house, row, name=f"Name {number}")
    first, second = (
        house.client().get(f"{house.url}integrations/{row.id}/history/{more}").content.decode()
        for more in ("", "?below=3"))
    assert ('href="?below=3"' in first, "Version <span class=\"number\">1<" in first) == (True, False)
    assert ("Version <span class=\"number\">1<" in second, 'href="?below' in second) == (True, False)
