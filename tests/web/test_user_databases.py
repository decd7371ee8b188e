"""The operator says where a FusionPBX's database is, and whose users come from it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from switchhook.web.models import AuditEntry, ConfigurationVersion, Connection, PbxUser, Service, UserDatabase
from switchhook.web.secrets import unseal

from .conftest import World

FORM = {"host": "pbx.example", "port": 5432, "name": "fusionpbx", "username": "switchhook", "secret": "xyzzy plugh"}


@pytest.fixture
def fusionpbx(world: World) -> World:
    """The connection is one to a FusionPBX; the service is its domain acme.example."""
    Connection.objects.update(platform="freeswitch")
    Service.objects.filter(id=world.service.id).update(tenant_key="acme.example")
    return world


def _url(world: World, *rest: str) -> str:
    return "/".join(["", "operator", "connections", str(world.connection.id), "users", *rest, ""])


def _version() -> int:
    found = ConfigurationVersion.objects.filter(id=1).first()
    return found.version if found else 0


def _source(world: World, admin: Client) -> list[str]:
    page = admin.get(f"/a/acme/pbx/{world.service.id}/users/source/")
    return [value for value, _ in page.context["form"].fields["source"].choices]


def test_the_login_is_sealed_never_shown_and_the_engines_learn_of_it(fusionpbx: World, operator: Client) -> None:
    before = _version()
    operator.post(_url(fusionpbx), FORM)
    stored = UserDatabase.objects.get()
    assert "xyzzy plugh" not in stored.secret_sealed
    assert unseal(stored.secret_sealed, f"user-database:{fusionpbx.connection.id}:secret") == "xyzzy plugh"
    assert "xyzzy plugh" not in operator.get(_url(fusionpbx)).content.decode()
    assert _version() > before
    operator.post(_url(fusionpbx), FORM | {"secret": "", "port": 5433})
    again = UserDatabase.objects.get()
    assert (again.port, again.secret_sealed) == (5433, stored.secret_sealed)
    entries = AuditEntry.objects.filter(object_id=str(fusionpbx.connection.id))
    assert {one.action for one in entries} == {"created", "changed"}
    assert not any("xyzzy plugh" in json.dumps(one.changes) for one in entries)


def test_what_to_paste_names_the_login_and_no_password_of_anybodys(fusionpbx: World, operator: Client) -> None:
    operator.post(_url(fusionpbx), FORM | {"username": "reader"})
    page = operator.get(_url(fusionpbx)).content.decode()
    assert "CREATE ROLE reader LOGIN" in page
    assert "ON v_extensions TO reader;" in page
    assert "password" not in page.partition("GRANT SELECT")[2].partition("</pre>")[0]


@pytest.mark.parametrize(("field", "value", "message"), [
    ("host", "postgresql://pbx.example", "without a scheme"), ("port", 0, "from 1 to 65535"),
    ("name", "", "required"), ("tls_ca", "nonsense", "no certificate"),
])
def test_what_is_no_login_is_refused_in_words(
    fusionpbx: World, operator: Client, field: str, value: object, message: str,
) -> None:
    answer = operator.post(_url(fusionpbx), FORM | {field: value})
    assert message in answer.content.decode()
    assert not UserDatabase.objects.exists()


def test_users_come_from_it_only_where_there_is_one_and_only_the_connection_of_a_fusionpbx_has_one(
    fusionpbx: World, operator: Client, admin: Client,
) -> None:
    assert _source(fusionpbx, admin) == ["portal", "freeswitch"]
    operator.post(_url(fusionpbx), FORM)
    assert _source(fusionpbx, admin) == ["portal", "freeswitch", "fusionpbx"]
    Connection.objects.update(platform="asterisk")
    assert operator.get(_url(fusionpbx)).status_code == 404


def test_the_operator_has_the_users_of_many_domains_read_at_once(fusionpbx: World, operator: Client) -> None:
    operator.post(_url(fusionpbx), FORM)
    Service.objects.filter(id=fusionpbx.other_service.id).update(
        connection=fusionpbx.connection, tenant_key="other.example")
    page = operator.get(_url(fusionpbx)).content.decode()
    assert "acme.example" in page
    assert "other.example" in page
    both = [str(fusionpbx.service.id), str(fusionpbx.other_service.id), "nonsense"]
    answer = operator.post(_url(fusionpbx, "read"), {"service": both}, follow=True)
    assert "read within a few seconds" in answer.content.decode()
    assert set(Service.objects.values_list("directory_source", flat=True)) == {"fusionpbx"}


def test_a_login_that_is_forgotten_leaves_everybody_here(fusionpbx: World, operator: Client, admin: Client) -> None:
    operator.post(_url(fusionpbx), FORM)
    operator.post(_url(fusionpbx, "read"), {"service": [str(fusionpbx.service.id)]})
    users = PbxUser.objects.count()
    operator.post(_url(fusionpbx, "forget"))
    assert not UserDatabase.objects.exists()
    assert PbxUser.objects.count() == users
    assert "fusionpbx" in _source(fusionpbx, admin)  # what is set is shown, and the engine says what is wrong


def test_only_the_operator_gets_there(fusionpbx: World, admin: Client) -> None:
    assert admin.get(_url(fusionpbx)).status_code in (403, 404)
    assert admin.post(_url(fusionpbx), FORM).status_code in (403, 404)
