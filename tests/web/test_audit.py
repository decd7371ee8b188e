"""The audit log: who did what, from where, what it was before, and that nobody can change a line of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from switchhook.domain.catalogue import Field
from switchhook.domain.integration import BodyKey
from switchhook.web.audit.changes import KINDS
from switchhook.web.audit.pictures import LEFT_OUT, stored_name
from switchhook.web.audit.words import LABELS
from switchhook.web.models import AuditEntry, Member, Person, Service
from switchhook.web.templatetags.audit import in_words
from tests.web.conftest import World
from tests.web.made_up import House

AsPerson = Callable[[Person | None], Client]
CANARY = "canary-4711-secret"


_before: set[Any] = set()


@pytest.fixture(autouse=True)
def _known(_database: None) -> None:
    """What tests with a live server wrote stays: nobody can delete it."""
    _before.clear()
    _before.update(AuditEntry.objects.values_list("id", flat=True))


def entries(**wanted: Any) -> list[AuditEntry]:
    """The lines of this test."""
    return [one for one in AuditEntry.objects.filter(**wanted).order_by("id") if one.id not in _before]


def changes(entry: AuditEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.changes)
    return found


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def test_a_change_says_who_from_where_and_what_it_was_before(world: World, admin: Client) -> None:
    url = f"/a/acme/pbx/{world.service.id}/users/{world.users[0].id}/"
    data = {"extension_number": "201", "name": "Ada Renamed", "outbound_phone_number": "12025550100",
            "has_voicemail": "on", "enabled_calls": ["Local", "National"]}
    admin.post(url, data, headers={"User-Agent": "A browser"}, REMOTE_ADDR="192.0.2.7")
    [entry] = entries(kind="user", action="changed")
    assert (entry.who, entry.person_id, entry.via) == ("admin@example.com", world.admin.id, "portal")
    assert (entry.address, entry.account_id) == ("192.0.2.7", world.account.id)
    assert entry.object_name == "201 Ada Renamed"
    assert changes(entry) == {"name": ["Ada Example", "Ada Renamed"]}
    page = admin.get("/a/acme/audit/").content.decode()
    assert "Ada Renamed" in page
    assert "192.0.2.7" in page


def test_what_changes_nothing_is_not_noted(house: House, admin: Client) -> None:
    row = house.integration(name="CRM")
    before = len(entries(kind="integration"))
    row.save()
    assert len(entries(kind="integration")) == before


def test_a_secret_is_told_of_and_never_told(house: House) -> None:
    from dataclasses import replace

    from switchhook.domain.integration import BasicAuth, Header
    from switchhook.web.integrations.actions import change
    from switchhook.web.integrations.stored import opened

    row = house.integration(name="CRM")
    wanted = opened(row, timezone.now()).integration
    secret = replace(wanted, authentication=BasicAuth(username="crm", password=CANARY),
                     headers=(Header(name="X-Key", value=CANARY, secret=True),))
    change(row, secret, signed=True)
    change(row, replace(secret, authentication=BasicAuth(username="crm", password=CANARY + "2")), signed=True)
    change(row, replace(secret, authentication=BasicAuth(username="crm", password=CANARY + "2")), signed=True)
    first, second = entries(kind="integration", action="changed")  # the same secret sealed anew is no change
    assert changes(first)["password"] == [None, "••••"]
    assert changes(first)["headers"] == [None, [{"name": "X-Key", "value": "••••"}]]
    assert changes(second) == {"password": ["••••", "•••• (another)"]}
    assert not any(CANARY in entry.changes or "sealed" in entry.changes for entry in entries())


def test_a_login_and_a_wrong_password_are_in_the_log_of_the_persons_account(world: World) -> None:
    browser = Client(headers={"User-Agent": "A browser"})
    browser.post("/login/", {"login": "admin@example.com", "password": CANARY}, REMOTE_ADDR="192.0.2.9")
    browser.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    browser.post("/logout/")
    failed, logged_in, out = entries(kind="login", account_id=world.account.id)[-3:]
    assert (failed.action, failed.object_name, failed.address, failed.who) == (
        "login_failed", "admin@example.com", "192.0.2.9", "")
    assert (logged_in.action, logged_in.who, logged_in.detail) == ("logged_in", "admin@example.com", "A browser")
    assert out.action == "logged_out"
    assert not any(CANARY in entry.changes + entry.detail + entry.object_name for entry in entries())


def test_a_password_typed_for_an_address_is_kept_nowhere(world: World) -> None:
    Client().post("/login/", {"login": "nobody-of-ours@example.com", "password": CANARY})
    [entry] = entries(action="login_failed", account_id=None)
    assert (entry.object_name, entry.who) == ("nobody-of-ours@example.com", "")


def test_a_program_is_named_by_its_token(world: World, admin: Client) -> None:
    from switchhook.web.members.models import Role
    from switchhook.web.tenancy import Access
    from switchhook.web.tokens.actions import make_token
    from switchhook.web.tokens.models import Scope

    token, text = make_token(Access(world.admin, world.account, Role.ADMIN), "CRM sync", list(Scope))
    Client().delete(
        f"/api/v1/services/{world.service.id}/users/202", headers={"Authorization": f"Bearer {text}"})
    [entry] = entries(kind="user", action="deleted")
    assert (entry.via, entry.token, entry.who) == ("api", f"CRM sync ({token.prefix}…)", "admin@example.com")
    assert changes(entry)["extension number"] == ["202", None]
    [made] = entries(kind="token", action="created")
    assert text not in made.changes
    assert token.hash not in made.changes


def test_what_a_member_is_limited_to_is_told_by_name(world: World, admin: Client) -> None:
    viewer = Member.objects.get(person=world.viewer)
    branch = Service.objects.create(account=world.account, name="pbx-0003")
    admin.post(f"/a/acme/members/{viewer.id}/", {"role": "admin", "services": [str(branch.id)]})
    [entry] = entries(kind="member", action="changed")
    assert entry.object_name == "viewer@example.com"
    assert changes(entry) == {"role": ["viewer", "admin"], "services": [None, [f"pbx-0003 ({str(branch.id)[:8]})"]]}


def test_a_change_is_told_in_the_words_of_the_pages(house: House, admin: Client) -> None:
    house.integration(name="CRM", body_keys=(BodyKey(key="caller", field=Field.SOURCE_NUMBER),))
    member = Member.objects.get(person=house.world.viewer)
    admin.post(f"/a/acme/members/{member.id}/", {"role": "admin"})
    admin.post("/a/acme/inbox/answer/", {"answer_status": "503", "answer_delay_ms": "0"})
    house.world.viewer.language = "de"
    house.world.viewer.save()
    english = [told for entry in entries() for told in in_words(entry.differences)]
    assert ("Role", "Viewer", "Admin") in english
    assert ("Field Values", None, "caller = Source Number") in english
    assert ("Trigger Event", None, "Inbound Call Answered") in english
    assert ("Time-out (seconds)", None, "15") in english
    with translation.override("de"):
        german = [told for entry in entries() for told in in_words(entry.differences)]
    assert ("Rolle", "Betrachter", "Administrator") in german
    assert ("Feldwerte", None, "caller = Quellrufnummer") in german


def test_a_test_call_is_told_by_its_kind(house: House, admin: Client) -> None:
    admin.post(f"{house.pbx_url}test-call/", {"kind": "missed"})
    assert ("Which call", None, "Inbound, not answered") in in_words(entries(kind="errand")[-1].differences)


def test_a_time_in_a_change_is_written_in_the_accounts_zone() -> None:
    with timezone.override("Australia/Sydney"):
        assert in_words([("expires at", None, "2026-11-29 13:12:41+00:00")]) == [("Ends", None, "2026-11-30 00:12:41")]


def test_every_field_that_can_change_has_a_name_of_its_own() -> None:
    fields = {field.name for model in KINDS for field in model._meta.concrete_fields} - LEFT_OUT
    assert not {stored_name(one) for one in fields} - set(LABELS)


def test_the_operators_doings_are_marked_in_the_accounts_log(world: World, operator: Client, admin: Client) -> None:
    member = Member.objects.get(person=world.viewer)
    operator.post(f"/operator/accounts/{world.account.id}/members/{member.id}/remove/")
    [entry] = entries(kind="member", action="deleted")
    assert (entry.by_operator, entry.object_name) == (True, "viewer@example.com")
    assert "Operator" in admin.get("/a/acme/audit/").content.decode()


def test_a_test_and_a_recovery_are_noted_as_asked_for(house: House, admin: Client) -> None:
    row = house.integration(name="CRM")
    admin.post(f"{house.url}integrations/{row.id}/test/")
    [entry] = entries(kind="errand")
    assert (entry.action, entry.object_name) == ("asked", "a test")
    assert changes(entry)["integration_id"] == [None, str(row.id)]


def test_a_shown_signing_secret_is_noted_and_not_told(house: House, admin: Client) -> None:
    row = house.integration(name="CRM", signed=True)
    admin.post(f"{house.url}integrations/{row.id}/rotate/")
    assert "whsec_" in admin.get(f"{house.url}integrations/{row.id}/").content.decode()
    [entry] = entries(action="revealed")
    assert (entry.object_name, entry.detail) == ("CRM", "Signing secret")


@pytest.mark.parametrize("file", ["calls", "deliveries", "events", "users", "audit"])
def test_who_takes_a_list_along_as_a_file_is_noted(world: World, admin: Client, file: str) -> None:
    path = "audit/csv/" if file == "audit" else f"{file}.csv"
    assert admin.get(f"/a/acme/{path}").status_code == 200
    [entry] = entries(action="exported")
    name = "audit-acme" if file == "audit" else file
    assert (entry.who, entry.object_name, entry.detail, entry.account_id) == (
        "admin@example.com", "Acme", f"{name}.csv", world.account.id)


def test_the_operators_file_of_every_accounts_log_is_noted_in_theirs(world: World, operator: Client) -> None:
    assert operator.get("/operator/audit/csv/").status_code == 200
    [entry] = entries(action="exported")
    assert (entry.account_id, entry.detail, entry.by_operator) == (None, "audit-all.csv", True)


@pytest.mark.parametrize("how", ["changed", "deleted"])
def test_nobody_can_change_or_delete_a_line(world: World, how: str) -> None:
    entry = entries()[-1]
    rows = AuditEntry.objects.filter(id=entry.id)
    act = (lambda: rows.update(who="somebody else")) if how == "changed" else rows.delete
    with pytest.raises(DatabaseError, match="audit log"), transaction.atomic():
        act()
    assert AuditEntry.objects.filter(id=entry.id, who=entry.who).exists()


def test_what_is_older_than_a_year_can_be_dropped(world: World) -> None:
    old = entries()[-1]
    old.id, old.at_ms = old.id.__class__(int=0), old.at_ms - 366 * 86_400_000
    old._state.adding = True
    old.save()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE at_ms = %s", [old.at_ms])
        assert cursor.rowcount == 1


def test_the_log_is_filtered_by_who_what_and_when(world: World, admin: Client) -> None:
    def found(query: str) -> int:
        return len(admin.get(f"/a/acme/audit/{query}").context["rows"])

    admin.post("/me/", {"name": "Somebody New", "email": "admin@example.com"})
    assert found("?action=changed&kind=login&who=admin@") == 1
    assert found("?action=deleted") == 0
    assert found("?since=2100-01-01") == 0
    assert found("?until=2000-01-01") == 0
    assert found("?since=2000-01-01&until=2100-01-01") == found("")
    assert found("?since=nonsense&kind=nonsense") == found("")


def test_the_csv_file_starts_no_formula(world: World, admin: Client) -> None:
    admin.post("/me/", {"name": "=cmd()", "email": "admin@example.com"})
    Client().post("/login/", {"login": "admin@example.com", "password": "wrong"}, HTTP_USER_AGENT="|cmd()")
    answer = admin.get("/a/acme/audit/csv/?kind=login&who=admin@")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["action"] for row in rows if row["action"] != "logged_in"] == ["login_failed", "changed"]
    assert "'|cmd()" in [row["detail"] for row in rows]
    assert not any(cell.startswith(("=", "+", "@", "|")) for row in rows for cell in row.values())


def test_an_account_sees_its_own_lines_and_the_operator_all(
    world: World, admin: Client, as_person: AsPerson, operator: Client,
) -> None:
    seen = {row.account_id for row in admin.get("/a/acme/audit/").context["rows"]}
    assert seen == {world.account.id}
    seen = {row.account_id for row in operator.get("/operator/audit/?who=@example.com").context["rows"]}
    assert seen >= {world.account.id, world.other_account.id, None}
    assert as_person(world.viewer).get("/a/acme/audit/").status_code == 403
