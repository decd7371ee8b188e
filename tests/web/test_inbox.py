"""The request inbox: its URL, what it got, whose signature that has, and how it answers."""

from __future__ import annotations

import json
import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from switchhook.domain.signing import new_secret, signature
from switchhook.web.integrations import actions
from switchhook.web.models import Inbox, InboxRequest
from tests.web.conftest import World
from tests.web.made_up import NOON_MS, House

BODY = b'{"score":9}'
NOON = NOON_MS // 1000


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def page(house: House, path: str = "inbox/") -> str:
    answer = house.client().get(house.url + path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def own(house: House) -> Inbox:
    return Inbox.objects.get(account=house.account)


def got(inbox: Inbox, *, number: int = 0, method: str = "POST", body: bytes = BODY, path: str = "",
        headers: list[list[str]] | None = None, truncated: bool = False) -> InboxRequest:
    return InboxRequest.objects.create(
        id=uuid4(), inbox_id=inbox.id, at_ms=NOON_MS + number * 1000, method=method, url=f"/{inbox.id}{path}",
        headers=json.dumps(headers or [["Host", "127.0.0.1"]]), body=body, body_truncated=truncated,
        answered_status=200)


def signed(secret: str, payload: bytes, at: int = NOON) -> list[list[str]]:
    return [["webhook-id", "m1"], ["webhook-timestamp", str(at)],
            ["webhook-signature", signature(secret, message_id="m1", timestamp=at, payload=payload)]]


def test_the_inbox_is_made_with_the_account_and_looking_makes_none(house: House) -> None:
    with CaptureQueriesContext(connection) as seen:
        text = page(house)
    assert f"{settings.SWITCHHOOK.inbox_base_url}/{own(house).id}" in text
    assert "Waiting for the first request" in text
    assert [one["sql"] for one in seen if 'INSERT INTO "inbox"' in one["sql"]] == []


def test_each_account_has_its_own(house: House) -> None:
    inbox = own(house)
    got(inbox, body=b"for acme only")
    theirs = house.client(house.world.stranger).get(f"/a/{house.world.other_account.slug}/inbox/").content.decode()
    assert str(inbox.id) not in theirs
    assert "for acme only" not in theirs


def test_the_newest_request_is_shown_whole_and_each_other_by_its_link(house: House) -> None:
    inbox = own(house)
    old = got(inbox, body=b"old <b>", path="/calls?x=1")
    got(inbox, number=1)
    text = page(house)
    assert '"score": 9' in text
    assert re.search(r"Host\s+127\.0\.0\.1", words(text))
    assert "/calls?x=1" in text
    raw = house.client().get(f"{house.url}inbox/?request={old.id}").content.decode()
    assert "old &lt;b&gt;" in raw


def test_a_request_of_ours_is_listed_under_its_event(house: House) -> None:
    got(own(house), headers=[["Switchhook-Event", "ivr.option_selected"]])
    assert "POST IVR Option Selected" in words(page(house))


def test_the_list_gets_nothing_while_there_is_nothing_new(house: House) -> None:
    inbox = own(house)
    got(inbox)
    asks = re.search(r'id="panes"[^>]* hx-get="([^"]+)"', page(house))
    assert asks is not None
    client = house.client()
    assert client.get(asks[1]).status_code == 204
    got(inbox, number=1)
    assert client.get(asks[1]).status_code == 200


def test_a_signature_is_checked_with_the_accounts_secrets_as_of_when_it_came(house: House) -> None:
    house.integration(name="Unsigned", signed=False)
    secret = actions.signing_secret(house.integration(name="NPS"))
    got(own(house), headers=signed(secret, BODY))
    assert "The signature is good: NPS signed it." in page(house)


def test_without_a_body_the_query_string_is_what_was_signed(house: House) -> None:
    secret = actions.signing_secret(house.integration(name="Legacy"))
    got(own(house), method="GET", body=b"", path="?score=9", headers=signed(secret, b"score=9"))
    assert "The signature is good: Legacy signed it." in page(house)


@pytest.mark.parametrize(("headers", "reason"), [
    ([["Host", "x"]], "The request is not signed"),
    (signed(new_secret(bytes(32)), BODY), "The signature does not fit"),
    ([["webhook-id", "m1"], ["webhook-timestamp", "noon"], ["webhook-signature", "v1,AA"]], "are malformed"),
])
def test_a_signature_that_is_not_good_says_why(house: House, headers: list[list[str]], reason: str) -> None:
    house.integration()
    got(own(house), headers=headers)
    assert reason in page(house)


def test_a_signature_that_came_late_says_so(house: House) -> None:
    secret = actions.signing_secret(house.integration())
    got(own(house), headers=signed(secret, BODY, at=NOON - 600))
    assert "older than 5 minutes" in page(house)


def test_another_accounts_secret_is_no_good_signature(house: House) -> None:
    secret = actions.signing_secret(house.integration())
    client, theirs = house.client(house.world.stranger), f"/a/{house.world.other_account.slug}/inbox/"
    client.get(theirs)
    got(Inbox.objects.get(account=house.world.other_account), headers=signed(secret, BODY))
    assert "The signature is good" not in client.get(theirs).content.decode()


def test_a_body_that_was_cut_cannot_be_checked(house: House) -> None:
    got(own(house), truncated=True)
    assert "Only the beginning of the body was kept" in page(house)


def test_the_answer_can_be_set_within_bounds(house: House) -> None:
    inbox, client = own(house), house.client()
    client.post(house.url + "inbox/answer/", {"status": "503", "delay_ms": "2500"})
    inbox.refresh_from_db()
    assert (inbox.answer_status, inbox.answer_delay_ms) == (503, 2500)
    for status, delay in (("99", "0"), ("200", "10001"), ("", "")):
        answer = client.post(house.url + "inbox/answer/", {"status": status, "delay_ms": delay}, follow=True)
        assert "Not saved" in answer.content.decode()
    inbox.refresh_from_db()
    assert (inbox.answer_status, inbox.answer_delay_ms) == (503, 2500)


def test_clearing_forgets_this_accounts_requests_only(house: House) -> None:
    inbox, other = own(house), Inbox.objects.create(account=house.world.other_account)
    got(inbox)
    kept = got(other)
    house.client().post(house.url + "inbox/clear/")
    assert list(InboxRequest.objects.values_list("id", flat=True)) == [kept.id]


@pytest.mark.parametrize("verb", ["answer", "clear"])
def test_viewers_may_look_but_not_change(house: House, verb: str) -> None:
    viewer = house.client(house.world.viewer)
    assert viewer.get(house.url + "inbox/").status_code == 200
    assert viewer.post(f"{house.url}inbox/{verb}/", {"status": "500", "delay_ms": "0"}).status_code == 403


def test_an_integration_is_pointed_here_by_its_form_and_nothing_is_saved_yet(house: House) -> None:
    crm, url = house.integration(), f"{settings.SWITCHHOOK.inbox_base_url}/{own(house).id}"
    for target, place in (
        (f"integration:{crm.id}", f"{house.url}integrations/{crm.id}/edit/"),
        (f"pbx:{house.service.id}", f"{house.pbx_url}integrations/new/"), ("account", f"{house.url}integrations/new/"),
    ):
        answer = house.client().get(house.url + "inbox/point/", {"target": target}, follow=True)
        assert answer.redirect_chain[0][0].startswith(place)
        assert f'value="{url}"' in answer.content.decode()
    crm.refresh_from_db()
    assert crm.request_url == "https://crm.example.com/hook"
    missing = house.client().get(house.url + "inbox/point/", {"target": f"pbx:{UUID(int=1)}"})
    assert missing.status_code == 404


def test_a_body_with_half_a_character_breaks_no_page(house: House) -> None:
    got(own(house), body=b'{"name":"\\ud800"}')
    assert '"name": "\N{REPLACEMENT CHARACTER}"' in page(house)


def test_a_viewer_sees_that_a_credential_came_and_not_which(house: House) -> None:
    got(own(house), headers=[["Authorization", "Bearer canary-token"], ["X-Shown", "yes"]])
    seen = house.client(house.world.viewer).get(house.url + "inbox/").content.decode()
    assert "canary-token" not in seen
    assert "Authorization" in seen
    assert "yes" in seen
    assert "canary-token" in page(house)
