"""PBXs, connections and accounts: what people set, and that the engines learn of it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import Integration as Wanted
from switchhook.domain.sealing import unseal
from switchhook.pbx.esl_session import EVENTS
from switchhook.web.integrations.actions import create
from switchhook.web.models import (
    Account,
    ConfigurationVersion,
    Connection,
    ConnectionState,
    Errand,
    Gap,
    Service,
    UnclaimedCall,
)
from switchhook.web.services.manager_conf import manager_conf, wanted
from tests.fixtures.certificates import authority

from .conftest import World


def _url(world: World, rest: str = "") -> str:
    return f"/a/acme/pbx/{world.service.id}/{rest}"


def _version() -> int:
    return ConfigurationVersion.objects.get(id=1).version


def _integration(world: World, name: str) -> None:
    create(world.account, world.service, Wanted(
        id=uuid4(), account_id=world.account.id, service_id=world.service.id, name=name,
        event_type=EventType.INBOUND_RECEIVED, request_url="https://crm.example.com/hook"), signed=False)


def _menus(*rows: tuple[str, str], initial: int = 1, deleted: tuple[int, ...] = ()) -> dict[str, str]:
    data = {"menus-TOTAL_FORMS": str(len(rows)), "menus-INITIAL_FORMS": str(initial)}
    for number, (context, name) in enumerate(rows):
        data |= {f"menus-{number}-context": context, f"menus-{number}-name": name}
    return data | {f"menus-{number}-DELETE": "on" for number in deleted}


def test_the_main_page_leads_to_all_that_a_pbx_has(world: World, admin: Client) -> None:
    page = admin.get(_url(world)).content.decode()
    assert str(world.service.id) in page
    for words in ("Integrations", "Manage Applications", "Users", "Reading", "Connection", "Intake"):
        assert words in page


def test_unticking_applications_names_what_it_stops_and_asks(world: World, admin: Client) -> None:
    _integration(world, "CRM pop-up")
    before = _version()
    answer = admin.post(_url(world, "applications/"), {})
    assert answer.status_code == 200
    assert "CRM pop-up" in answer.content.decode()
    world.service.refresh_from_db()
    assert world.service.applications_enabled
    assert _version() == before
    assert admin.post(_url(world, "applications/"), {"confirmed": "yes"}).status_code == 302
    world.service.refresh_from_db()
    assert not world.service.applications_enabled
    assert _version() > before
    assert "Applications are disabled" in admin.get(_url(world)).content.decode()


def test_ticking_applications_enables_them_at_once(world: World, admin: Client) -> None:
    Service.objects.update(applications_enabled=False)
    admin.post(_url(world, "applications/"), {"enabled": "on"})
    world.service.refresh_from_db()
    assert world.service.applications_enabled


def test_a_pbx_can_be_renamed(world: World, admin: Client) -> None:
    admin.post(_url(world, "name/"), {"friendly_name": "Main Office"})
    world.service.refresh_from_db()
    assert (world.service.friendly_name, world.service.name) == ("Main Office", "pbx-0001")


def test_reading_is_saved_row_by_row(world: World, admin: Client) -> None:
    before = _version()
    answer = admin.post(_url(world, "reading/"), {
        "trunks": "PJSIP/provider*\n\n trunk-2 \ntrunk-2", "trunk_contexts": "from-trunk*", "extensions": "",
        **_menus(("ivr-nps", "NPS"), ("ivr-1", ""), ("", ""), ("ivr-old", "Old"), deleted=(3,))})
    assert answer.status_code == 302
    world.service.refresh_from_db()
    assert world.service.trunks == ["provider*", "trunk-2"]  # as legs call their devices
    assert world.service.extensions == []
    assert world.service.menus == [["ivr-nps", "NPS"], ["ivr-1", ""]]
    assert _version() > before


@pytest.mark.parametrize(("rows", "words"), [
    ((("", "NPS"),), "Which context is this menu?"),
    ((("ivr-1", "One"), ("ivr-1", "Two")), "This context is in the list twice."),
])
def test_wrong_menus_are_refused_in_words(
    world: World, admin: Client, rows: tuple[tuple[str, str], ...], words: str,
) -> None:
    answer = admin.post(_url(world, "reading/"), {"trunks": "t", **_menus(*rows, initial=0)})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    world.service.refresh_from_db()
    assert world.service.trunks == []


def test_an_intake_token_is_shown_once_and_kept_as_a_hash(world: World, admin: Client) -> None:
    page = admin.post(_url(world, "intake/"), {}).content.decode()
    [token] = set(re.findall(r"intake_[\w-]{43}", page))
    world.service.refresh_from_db()
    assert world.service.intake_token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in admin.get(_url(world, "intake/")).content.decode()
    admin.post(_url(world, "intake/"), {"close": "yes"})
    world.service.refresh_from_db()
    assert world.service.intake_token_hash == ""


def test_the_connections_state_and_its_gaps_are_shown_in_words(world: World, admin: Client) -> None:
    assert "Not connected yet" in admin.get(_url(world, "connection/")).content.decode()
    now = time.time_ns() // 1_000_000
    ConnectionState.objects.create(
        connection_id=world.connection.id, state="refused", since_ms=now, detail="Authentication failed", messages=3,
        messages_per_second=12.34, reconnects=1, unclaimed=0)
    Gap.objects.create(
        id=uuid4(), connection_id=world.connection.id, begin_ms=now - 9000, end_ms=now - 4000,
        reason="the PBX closed the connection", partial_calls=2)
    page = admin.get(_url(world, "connection/")).content.decode()
    for words in ("Login refused", "Authentication failed", "the PBX closed the connection", "No engine is running",
                  "lately 12.3 a second"):
        assert words in page


def test_a_test_call_is_asked_of_the_engine(world: World, admin: Client) -> None:
    answer = admin.post(_url(world, "test-call/"), {"kind": "survey"}, follow=True)
    assert answer.redirect_chain == [(f"/a/acme/live/?pbx={world.service.id}", 302)]  # where it appears as it happens
    assert "marked as a test. Here is what it makes happen." in answer.content.decode()
    [errand] = Errand.objects.all()
    assert errand.kind == "test_call"
    assert json.loads(errand.args) == {"service_id": str(world.service.id), "kind": "survey"}
    admin.post(_url(world, "test-call/"), {"kind": "to the moon"})
    assert Errand.objects.count() == 1


# -- the operator -------------------------------------------------------------------------------------------


CONNECTION = {
    "name": "a connection", "platform": "asterisk", "host": "pbx.example", "port": "5038", "username": "switchhook",
    "secret": "a very secret thing", "calls_per_minute": "12",
}


def test_a_connections_secret_is_sealed_and_never_shown(world: World, operator: Client) -> None:
    answer = operator.post("/operator/connections/new/", {**CONNECTION, "name": "second"}, follow=True)
    assert "a very secret thing" not in answer.content.decode()
    made = Connection.objects.get(name="second")
    assert "secret thing" not in made.secret_sealed
    plain = unseal(made.secret_sealed, context=f"connection:{made.id}:secret", keys=settings.SWITCHHOOK.keys())
    assert plain == "a very secret thing"
    assert "A secret is set." in answer.content.decode()


def test_an_empty_secret_keeps_the_one_that_is_set_and_another_replaces_it(world: World, operator: Client) -> None:
    url = f"/operator/connections/{world.connection.id}/"
    operator.post(url, CONNECTION)
    first = Connection.objects.get(id=world.connection.id).secret_sealed
    operator.post(url, {**CONNECTION, "secret": "", "port": "5039"})
    kept = Connection.objects.get(id=world.connection.id)
    assert (kept.secret_sealed, kept.port) == (first, 5039)
    operator.post(url, {**CONNECTION, "secret": "another"})
    assert Connection.objects.get(id=world.connection.id).secret_sealed != first


@pytest.mark.parametrize(("field", "value", "words"), [
    ("host", "http://pbx.example:5038", "Write a host name or an address"),
    ("port", "70000", "A port is a number from 1 to 65535."),
    ("username", "", "AMI needs a username"),
    ("secret", "one\r\nAction: Originate", "without control characters"),
    ("calls_per_minute", "100000", "From 0 to 600."),
])
def test_a_wrong_connection_is_refused_in_words(operator: Client, field: str, value: str, words: str) -> None:
    answer = operator.post("/operator/connections/new/", {**CONNECTION, field: value})
    assert words in answer.content.decode()
    assert not Connection.objects.filter(name=CONNECTION["name"]).exists()


def test_manager_conf_asks_for_the_least_rights(world: World, operator: Client) -> None:
    Service.objects.filter(id=world.service.id).update(menus=[["ivr-*", ""], ["app-survey", "NPS"]])
    conf = operator.get(f"/operator/connections/{world.connection.id}/").context["manager_conf"]
    assert conf.startswith("[switchhook]\nsecret=CHANGE-ME\ndeny=0.0.0.0/0.0.0.0\n")
    assert "write=reporting\n" in conf
    for beginning in ("ivr-", "app-survey"):
        assert f"name(Newexten),header(Context),method(starts_with)) = {beginning}\n" in conf


def test_the_filter_is_made_from_the_menus_and_events_in_use() -> None:
    little = wanted(["nps"], ["call.inbound_received"])
    assert little.places == ("nps",)
    assert "MIXMONITOR_FILENAME" not in little.variables
    assert "MIXMONITOR_FILENAME" in wanted([], ["recording.ready"]).variables
    anything = manager_conf(Connection(), wanted(["*-menu", "ivr-*"], []))
    assert "eventfilter(action(include),name(Newexten)) =\n" in anything
    old = manager_conf(Connection(), wanted(["ivr-*"], []), by_names=False)
    assert "eventfilter=^Event: Newexten[[:space:]].*Context: ivr\\-" in old
    assert "eventfilter(" not in old


FREESWITCH = {**CONNECTION, "platform": "freeswitch", "port": "8021", "username": "switchhook@acme.example"}


def test_the_user_of_a_freeswitch_gets_the_rights_that_are_needed_and_no_more(operator: Client) -> None:
    answer = operator.post("/operator/connections/new/", FREESWITCH, follow=True)
    user = ElementTree.fromstring(answer.context["directory_user"])
    params = {param.get("name"): param.get("value", "") for param in user.iter("param")}
    allowed = params["esl-allowed-events"].split()
    assert set(allowed) == set(" ".join(EVENTS).split())
    assert all("::" in subclass for subclass in allowed[allowed.index("CUSTOM") + 1 :])  # what follows it is its own
    assert (params["esl-allowed-api"], params["esl-allowed-log"]) == ("show list_users", "false")
    assert len(params["esl-allowed-events"]) < 400  # FreeSWITCH cuts its answer to the login at 512 bytes
    page = answer.content.decode()
    assert "a very secret thing" not in page
    assert "ANOTHER-THAN-ClueCon" in page
    ElementTree.fromstring(answer.context["event_socket_conf"])


@pytest.mark.parametrize(("field", "value", "words"), [
    ("username", "switchhook", "FreeSWITCH needs user@domain"),
    ("port", "5038", "listens on 8021"),
])
def test_a_wrong_connection_to_a_freeswitch_is_refused_in_words(
    operator: Client, field: str, value: str, words: str,
) -> None:
    answer = operator.post("/operator/connections/new/", {**FREESWITCH, field: value})
    assert words in answer.content.decode()
    assert not Connection.objects.filter(name=CONNECTION["name"]).exists()


def test_a_freeswitch_may_be_logged_in_to_with_its_own_password(operator: Client) -> None:
    operator.post("/operator/connections/new/", {**FREESWITCH, "username": ""})
    assert Connection.objects.get(name=CONNECTION["name"]).username == ""


def test_testing_a_connection_asks_the_engine_and_waits_for_it(world: World, operator: Client) -> None:
    answer = operator.post(f"/operator/connections/{world.connection.id}/test/")
    [errand] = Errand.objects.all()
    assert (errand.kind, errand.account_id) == ("test_connection", None)
    assert json.loads(errand.args) == {"connection_id": str(world.connection.id)}
    waiting = operator.get(answer["Location"]).content.decode()
    assert "The engine is trying" in waiting
    assert 'http-equiv="refresh"' in waiting  # works without JavaScript
    Errand.objects.update(state="done", result=json.dumps(
        {"ok": False, "detail": "The PBX refused the login.", "missing": ["read=dialplan"]}))
    done = operator.get(answer["Location"]).content.decode()
    assert 'http-equiv="refresh"' not in done
    for words in ("It does not work", "The PBX refused the login.", "read=dialplan"):
        assert words in done


def test_deleting_a_connection_leaves_its_services(world: World, operator: Client) -> None:
    url = f"/operator/connections/{world.connection.id}/delete/"
    assert "Head Office" in operator.get(url).content.decode()
    operator.post(url)
    world.service.refresh_from_db()
    assert world.service.connection is None


def test_a_second_service_of_a_connection_needs_a_tenant_key(world: World, operator: Client) -> None:
    data = {"account": world.other_account.id, "name": "pbx-0003", "connection": world.connection.id}
    answer = operator.post("/operator/services/new/", data)
    assert "say what tells the two apart" in answer.content.decode()
    assert operator.post("/operator/services/new/", {**data, "tenant_key": "tenant-b"}).status_code == 302
    answer = operator.post("/operator/services/new/", {**data, "name": "pbx-0004", "tenant_key": "tenant-b"})
    assert "has this tenant key already" in answer.content.decode()


def test_a_service_does_not_move_to_another_account(world: World, operator: Client) -> None:
    operator.post(f"/operator/services/{world.service.id}/", {"account": world.other_account.id, "name": "pbx-0001"})
    world.service.refresh_from_db()
    assert world.service.account == world.account


ACCOUNT = {
    "name": "Third", "slug": "third", "time_zone": "Europe/Berlin", "allowed_networks": "", "retention_days": "30",
}


def test_an_accounts_networks_are_read_line_by_line(world: World, operator: Client) -> None:
    operator.post("/operator/accounts/new/", {**ACCOUNT, "allowed_networks": "10.1.2.0/24\nfd00::/8\n10.9.9.9"})
    assert Account.objects.get(slug="third").allowed_networks == ["10.1.2.0/24", "fd00::/8", "10.9.9.9/32"]


@pytest.mark.parametrize(("field", "value", "words"), [
    ("allowed_networks", "10.1.2.3/24", "did you mean 10.1.2.0/24?"),
    ("allowed_networks", "localhost", "is no network"),
    ("time_zone", "Mars/Olympus", "is no time zone"),
    ("slug", "acme", "already exists"),
    ("retention_days", "0", "From 1 day to 3650."),
    ("body_days", "31", "From 1 day to as long as the rest is kept."),
])
def test_a_wrong_account_is_refused_in_words(
    world: World, operator: Client, field: str, value: str, words: str,
) -> None:
    answer = operator.post("/operator/accounts/new/", {**ACCOUNT, field: value})
    assert words in answer.content.decode()
    assert not Account.objects.filter(slug="third").exists()


def test_lists_ask_as_much_of_the_database_for_many_rows_as_for_one(
    world: World, operator: Client, django_assert_max_num_queries: Any,
) -> None:
    Service.objects.bulk_create(
        Service(account=world.account, connection=world.connection, name=f"pbx-{n}", tenant_key=str(n))
        for n in range(1000, 1050))
    Account.objects.bulk_create(Account(slug=f"account-{n}", name=f"Account {n}") for n in range(50))
    for path, most in (
        ("/a/acme/pbx/", 8), ("/a/acme/", 18), ("/operator/services/", 8), ("/operator/accounts/", 8),
        ("/operator/connections/", 8),
    ):
        with django_assert_max_num_queries(most):
            assert operator.get(path).status_code == 200


def _unclaimed(world: World, number: int, **columns: str) -> None:
    UnclaimedCall.objects.create(
        connection_id=world.connection.id, native_call_id=f"1772580115.{number}", at_ms=1772580115000 + number * 1000,
        **{"device": "trunk", "caller_number": "12025550171", "dialled": "12025550101", "tenant": "", "place": "",
           "account_code": ""} | columns)


def test_what_nobody_claims_is_shown_and_a_service_of_it_is_one_press_away(world: World, operator: Client) -> None:
    _unclaimed(world, 1, tenant="newcomer.example", place="public")
    page = operator.get(f"/operator/connections/{world.connection.id}/")
    assert "Claimed by no service" in page.content.decode()
    [(_, keys)] = page.context["unclaimed_calls"]
    assert [(key.kind, key.value) for key in keys] == [("tenant", "newcomer.example"), ("context", "public")]
    form = operator.get(keys[0].make_url).context["form"]
    assert form["tenant_key"].value() == form["name"].value() == "newcomer.example"
    assert form["connection"].value() == str(world.connection.id)


def test_a_call_that_says_nothing_of_its_tenant_offers_no_service(world: World, operator: Client) -> None:
    _unclaimed(world, 1)
    page = operator.get(f"/operator/connections/{world.connection.id}/").content.decode()
    assert "12025550171" in page
    assert "Make a service" not in page


def test_deleting_a_connection_forgets_what_nobody_claimed(world: World, operator: Client) -> None:
    _unclaimed(world, 1)
    operator.post(f"/operator/connections/{world.connection.id}/delete/")
    assert not UnclaimedCall.objects.exists()


def test_a_private_ca_is_kept_and_what_is_none_is_refused(operator: Client) -> None:
    url, signer = "/operator/connections/new/", authority().pem
    for pem, words in (
        ("hello", "This is no certificate."), ("-----BEGIN PRIVATE KEY-----\nAAAA", "keep it to yourself"),
    ):
        answer = operator.post(url, {**CONNECTION, "tls": "on", "tls_ca": pem})
        assert words in answer.content.decode()
    operator.post(url, {**CONNECTION, "tls": "on", "tls_ca": signer + "\n"})
    assert Connection.objects.get(name=CONNECTION["name"]).tls_ca == signer.strip()
