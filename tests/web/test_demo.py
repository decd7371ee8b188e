"""The demo's account."""

from __future__ import annotations

from django.test import Client

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType
from switchhook.web.demo import seed_demo
from switchhook.web.models import Account, Inbox, Integration, PbxUser, Person, Service

INBOX_URL = "http://127.0.0.1:8002"


def test_the_demo_has_a_pbx_users_and_an_integration_for_every_kind_of_call() -> None:
    seed_demo(INBOX_URL)
    service = Service.objects.get()
    assert (service.name, service.friendly_name, service.applications_enabled) == ("pbx-0001", "Head Office", True)
    assert service.connection is not None
    assert service.connection.platform == "simulator"
    assert list(PbxUser.objects.order_by("extension_number").values_list("extension_number", flat=True)) == [
        "201", "202", "203", "204", "205"]
    assert set(Integration.objects.values_list("event_type", flat=True)) >= (
        set(EventType) - EXTRA_EVENTS - {EventType.USER_DELETED})
    assert set(Integration.objects.values_list("request_url", flat=True)) == {f"{INBOX_URL}/{Inbox.objects.get().id}"}
    assert Integration.objects.filter(method="GET", format="QUERY", authentication_type="token").count() == 1
    assert all(one.signing_secrets for one in Integration.objects.all())


def test_seeding_twice_changes_only_the_password() -> None:
    first, second = seed_demo(INBOX_URL), seed_demo(INBOX_URL)
    counts = (Account.objects.count(), Service.objects.count(), Integration.objects.count(), Person.objects.count())
    assert counts == (1, 1, 12, 1)
    assert first.password != second.password
    client = Client()
    client.post("/login/", {"login": second.email, "password": second.password})
    assert client.get("/")["Location"] == "/a/example/"
