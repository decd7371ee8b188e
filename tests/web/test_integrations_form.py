"""The form of an integration: what is saved, what stays, and how what is wrong is told."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.utils import timezone

from switchhook.domain.catalogue import EVENTS, FIELDS, EventType, Field, Level
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Header, Method, TokenAuth
from switchhook.domain.rendering import render
from switchhook.domain.signing import Verification, verify
from switchhook.web.integrations.preview import example
from switchhook.web.integrations.stored import opened
from switchhook.web.models import ConfigurationVersion, Errand, Integration
from tests.web.conftest import World
from tests.web.made_up import House

#: What a browser posts of an unchanged new form, with the required fields filled in.
FILLED = {
    "name": "CRM call pop", "request_url": "https://crm.example.com/hooks", "method": "POST", "format": "JSON",
    "path_arguments": "", "event_type": "call.inbound_answered", "authentication_type": "none", "username": "",
    "password": "", "token": "", "token_prefix": "Bearer", "token_header": "Authorization", "signed": "on",
    "timeout_seconds": "15", "max_in_flight": "8", "expiry_hours": "", "do": "save",
}


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def post(house: House, path: str = "integrations/new/", **changes: Any) -> HttpResponse:
    return house.client().post(house.pbx_url + path, FILLED | changes)


def edit(house: House, row: Integration, **changes: Any) -> Integration:
    """Save the form of a stored integration; the row afterwards."""
    answer = house.client().post(f"{house.url}integrations/{row.id}/edit/", FILLED | changes)
    assert answer.status_code == 302, told(answer)
    return Integration.objects.get(id=row.id)


def told(answer: HttpResponse) -> str:
    """The page's words."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())))


def read(row: Integration) -> Any:
    return opened(row, timezone.now()).integration


def test_every_field_of_the_form_is_saved_and_secrets_are_sealed(house: House) -> None:
    answer = post(
        house, method="GET", format="QUERY", path_arguments="/calls/{call_uuid}", authentication_type="basic",
        username="crm", password="a pass word", header_row=["0", "1"],
        **{"header-0-name": "X-Source", "header-0-value": "{source_number}",
           "header-1-name": "X-Key", "header-1-value": "sesame", "header-1-secret": "on"},
        value_row=["0", "1"],
        **{"value-0-key": "caller", "value-0-field": "source_number", "value-1-key": "kind", "value-1-text": "phone",
           "value-1-fixed": "1"},
        timeout_seconds="20", max_in_flight="3", rate_per_second="5", expiry_hours="2")
    assert answer.status_code == 302, told(answer)

    row = Integration.objects.get()
    stored = read(row)
    assert row.account == house.account
    assert row.service == house.service
    assert (stored.name, stored.event_type) == ("CRM call pop", EventType.INBOUND_ANSWERED)
    assert (stored.request_url, stored.path_arguments) == ("https://crm.example.com/hooks", "/calls/{call_uuid}")
    assert (stored.method, stored.format) == (Method.GET, Format.QUERY)
    assert stored.authentication == BasicAuth(username="crm", password="a pass word")
    assert stored.headers == (
        Header(name="X-Source", value="{source_number}"), Header(name="X-Key", value="sesame", secret=True))
    assert stored.body_keys == (BodyKey(key="caller", field=Field.SOURCE_NUMBER), BodyKey(key="kind", text="phone"))
    assert (stored.timeout_seconds, stored.max_in_flight, stored.expiry_seconds) == (20.0, 3, 7200)
    assert stored.rate_per_second == 5
    assert len(stored.signing_secrets) == 1
    whole = json.dumps(Integration.objects.values().get(), default=str)
    assert not [secret for secret in ("a pass word", "sesame", stored.signing_secrets[0]) if secret in whole]


def test_a_token_is_saved_with_its_header_and_prefix(house: House) -> None:
    post(house, authentication_type="token", token="tok-1", token_header="X-Auth", token_prefix="")
    row = Integration.objects.get()
    assert read(row).authentication == TokenAuth(token="tok-1", prefix="", header="X-Auth")
    assert "tok-1" not in json.dumps(Integration.objects.values().get(), default=str)


def test_an_empty_secret_stays_a_typed_one_replaces_it_and_a_tick_clears_it(house: House) -> None:
    row = house.integration(authentication=BasicAuth(username="crm", password="first"))
    kept = edit(house, row, authentication_type="basic", username="crm")
    assert read(kept).authentication == BasicAuth(username="crm", password="first")
    replaced = edit(house, row, authentication_type="basic", username="crm", password="second")
    assert read(replaced).authentication == BasicAuth(username="crm", password="second")
    cleared = edit(house, row, authentication_type="basic", username="crm", clear_password="on")
    assert read(cleared).authentication == BasicAuth(username="crm", password="")


def test_a_secret_that_the_chosen_authentication_does_not_need_is_forgotten(house: House) -> None:
    row = edit(house, house.integration(authentication=TokenAuth(token="tok-1")), authentication_type="none")
    assert (row.token_sealed, row.password_sealed) == ("", "")


def test_a_secret_header_stays_while_its_value_is_empty_also_renamed_and_unticked(house: House) -> None:
    row = house.integration(headers=(Header(name="X-Key", value="sesame", secret=True),))
    row = edit(house, row, header_row="0", **{"header-0-name": "X-Other", "header-0-stored": "X-Key"})
    assert read(row).headers == (Header(name="X-Other", value="sesame", secret=True),)
    row = edit(house, row, header_row="0", **{
        "header-0-name": "X-Other", "header-0-stored": "X-Other", "header-0-value": "new", "header-0-secret": "on"})
    assert read(row).headers == (Header(name="X-Other", value="new", secret=True),)
    assert edit(house, row).headers == []


def test_no_stored_secret_is_ever_in_a_page(house: House) -> None:
    row = house.integration(
        authentication=BasicAuth(username="crm", password="first-secret"),
        headers=(Header(name="X-Key", value="second-secret", secret=True),))
    client, place = house.client(), f"{house.url}integrations/{row.id}/"
    pages = [client.get(place), client.get(place + "edit/"), client.post(place + "edit/preview/", FILLED | {
        "authentication_type": "basic", "header_row": "0", "header-0-name": "X-Key", "header-0-stored": "X-Key"})]
    whole = "".join(page.content.decode() for page in pages)
    secret = read(row).signing_secrets[0]
    assert not [one for one in ("first-secret", "second-secret", secret) if one in whole]
    assert "X-Key: ••••" in whole
    assert "Authorization: ••••" in whole


def test_signing_is_on_by_default_and_its_secret_is_shown_once_to_who_made_it(house: House) -> None:
    client = house.client()
    assert re.search(r'name="signed"[^>]*checked', client.get(house.pbx_url + "integrations/new/").content.decode())
    answer = client.post(house.pbx_url + "integrations/new/", FILLED, follow=True)
    secret = read(Integration.objects.get()).signing_secrets[0]
    assert secret in unescape(answer.content.decode())
    assert answer["Cache-Control"] == "no-store"
    assert secret not in unescape(client.get(answer.request["PATH_INFO"]).content.decode())


def test_signing_can_be_left_out_and_turned_on_later(house: House) -> None:
    unsigned = {name: value for name, value in FILLED.items() if name != "signed"}
    house.client().post(house.pbx_url + "integrations/new/", unsigned)
    row = Integration.objects.get()
    assert row.signing_secrets == []
    assert len(edit(house, row).signing_secrets) == 1


def test_saving_touches_the_configuration(house: House) -> None:
    before = ConfigurationVersion.objects.get().version
    post(house)
    assert ConfigurationVersion.objects.get().version > before


def test_saving_and_sending_a_test_asks_the_engine_and_leads_to_the_result(house: House) -> None:
    answer = post(house, do="save-test")
    row, errand = Integration.objects.get(), Errand.objects.get()
    assert (errand.kind, json.loads(errand.args)) == ("send_test", {"integration_id": str(row.id)})
    assert answer["Location"] == f"{house.url}integrations/{row.id}/?test={errand.id}#test"


WRONG = [
    ({"name": ""}, "Integration Name : Give the integration a name."),
    ({"request_url": ""}, "Request URL : Write where to send, like"),
    ({"request_url": "ftp://crm.example.com"}, "The Request URL must begin with https://"),
    ({"request_url": "https://ada:pw@crm.example.com/"}, "must not hold a user name or password"),
    ({"path_arguments": "/{caller}"}, "Path Arguments : {caller} stands for nothing."),
    ({"event_type": "call.inbound_received", "path_arguments": "/{ivr_name}"},
     "Inbound Call Received has no {ivr_name}."),
    ({"event_type": "user.created"}, "Trigger Event : Select a valid choice."),
    ({"authentication_type": "token"}, "Token : Enter the token that the receiver gave you."),
    ({"authentication_type": "basic"}, "Username : Basic Auth needs a username (or a password)."),
    ({"header_row": "0", "header-0-name": "Host", "header-0-value": "x"}, "Request Name : Host is set by us"),
    ({"header_row": "0", "header-0-name": "X-A", "header-0-value": "x\r\nX-B: y"},
     "Request Value : Remove the line break"),
    ({"value_row": "0", "value-0-key": "option", "value-0-field": "option_selected"},
     "Value : Inbound Call Answered has no Option Selected."),
    ({"value_row": ["0", "1"], "value-0-key": "a", "value-0-field": "name", "value-1-key": "a",
      "value-1-field": "date_time"}, "Request Key : The key a is there twice"),
    ({"value_row": "0", "value-0-key": "lost"}, "Value : Choose a value."),
    ({"timeout_seconds": "31"}, "Time-out (seconds) : Write a number from 1 to 30."),
    ({"max_in_flight": "0"}, "Requests at once : Write a whole number from 1 to 64."),
    ({"rate_per_second": "0.5"}, "Requests a second : Write a whole number from 1 to 1,000, or leave it empty."),
    ({"expiry_hours": "-1"}, "Give up after (hours) : Write how many hours, at most 720 (30 days), or leave it empty."),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
def test_a_mistake_is_told_in_a_summary_that_gets_focus_and_nothing_is_saved(
    house: House, changes: dict[str, Any], words: str,
) -> None:
    answer = post(house, **changes)
    page = answer.content.decode()
    assert words in told(answer)
    assert re.search(r'role="alert" tabindex="-1" data-focus', page)
    target = re.search(r'data-focus.*?href="#([^"]+)"', page, re.DOTALL)
    assert target is None or f'id="{target[1]}"' in page
    assert not Integration.objects.exists()


def test_a_mistake_in_a_row_stands_at_that_row_also_when_an_empty_one_is_before_it(house: House) -> None:
    page = post(house, header_row=["4", "7"], **{"header-7-name": "Te st"}).content.decode()
    assert re.search(r'id="id_header-7-name"[^>]*aria-describedby="error_header-7-name"', page)
    assert 'aria-describedby="error_header-4-name"' not in page


@pytest.mark.parametrize(("place", "level"), [("", Level.ACCOUNT), ("pbx", Level.SERVICE)], ids=["account", "PBX"])
def test_each_level_offers_only_its_own_events(house: House, place: str, level: Level) -> None:
    page = house.client().get((house.pbx_url if place else house.url) + "integrations/new/").content.decode()
    offered = re.findall(r'name="event_type" value="([^"]+)"', page)
    assert offered == [spec.type.value for spec in EVENTS.values() if spec.level is level and not spec.extra]


def test_the_note_on_pickups_stands_at_inbound_call_answered(house: House) -> None:
    page = told(house.client().get(house.pbx_url + "integrations/new/"))
    assert "A call picked up via the ** method will not be seen as an 'answered call' via the webhook" in page


def test_a_value_that_the_event_cannot_have_is_offered_disabled_with_the_reason(house: House) -> None:
    page = post(house, do="value-add", event_type="call.inbound_received").content.decode()
    assert '<option value="ivr_name" disabled>IVR Name – not sent with Inbound Call Received</option>' in page
    assert '<option value="source_number">Source Number</option>' in page


def test_all_values_of_the_event_are_added_at_once_and_none_twice(house: House) -> None:
    answer = post(house, do="value-all", value_row="0", **{"value-0-key": "from", "value-0-field": "source_number"})
    chosen = re.findall(r'<option value="([^"]+)" selected>', answer.content.decode().split('id="field-values"')[1])
    spec = EVENTS[EventType.INBOUND_ANSWERED]
    assert sorted(chosen) == sorted(
        field.value for field in spec.fields if not FIELDS[field].extra)
    assert not Integration.objects.exists()


@pytest.mark.parametrize(("do", "order"), [
    ("value-up-2", ["0", "2", "1"]), ("value-down-0", ["1", "0", "2"]), ("value-remove-1", ["0", "2"]),
    ("value-up-0", ["0", "1", "2"]), ("value-down-2", ["0", "1", "2"]), ("value-add", ["0", "1", "2", "3"]),
    ("value-nonsense-1", ["0", "1", "2"]), ("value-remove-99", ["0", "1", "2"]),
])
def test_rows_are_moved_added_and_removed_by_submits(house: House, do: str, order: list[str]) -> None:
    page = post(house, do=do, value_row=["0", "1", "2"]).content.decode()
    assert re.findall(r'name="value_row" value="(\d+)"', page) == order
    assert "alert-danger" not in page


def test_a_link_may_bring_the_request_url_along(house: House) -> None:
    page = house.client().get(house.pbx_url + "integrations/new/?request_url=http://127.0.0.1:8002/abc").content.decode()
    assert 'value="http://127.0.0.1:8002/abc"' in page


def test_the_preview_is_what_the_domain_renders_and_its_signature_is_good(house: House) -> None:
    row = house.integration(
        path_arguments="/{call_uuid}", headers=(Header(name="X-Source", value="{source_number}"),),
        body_keys=(BodyKey(key="caller.number", field=Field.SOURCE_NUMBER),))
    at = timezone.now()
    event = example(read(row), house.service, at)
    expected = render(read(row), event, delivery_id=row.id, at=at)
    answer = house.client().post(f"{house.url}integrations/{row.id}/edit/preview/", FILLED | {
        "request_url": row.request_url, "path_arguments": row.path_arguments, "header_row": "0",
        "header-0-name": "X-Source", "header-0-value": "{source_number}", "value_row": "0",
        "value-0-key": "caller.number", "value-0-field": "source_number"})
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", answer.content.decode(), re.DOTALL)[1])  # type: ignore[index]
    head, _, body = shown.partition("\n\n")
    line, host, *rest = head.splitlines()
    headers = [tuple(one.split(": ", 1)) for one in rest]

    assert (line, host) == (f"POST {urlsplit(expected.url).path} HTTP/1.1", "Host: crm.example.com")
    assert [name for name, _ in headers] == [name for name, _ in expected.headers]
    ours = ("webhook-id", "webhook-timestamp", "webhook-signature")
    assert [one for one in headers if one[0] not in ours] == [one for one in expected.headers if one[0] not in ours]
    assert json.loads(body) == json.loads(expected.body or b"") == {"caller": {"number": "12025550171"}}
    good = verify(read(row).signing_secrets, headers, expected.body or b"", now=at.timestamp())
    assert good is Verification.GOOD


def test_the_preview_can_show_a_real_event_as_curl(house: House) -> None:
    event = house.event(fields={Field.SOURCE_NUMBER: "12025550199"})
    house.event(EventType.IVR_OPTION, number=2)
    answer = house.client().post(house.pbx_url + "integrations/new/preview/", FILLED | {
        "preview_event": str(event.id), "preview_as": "curl"})
    page = unescape(answer.content.decode())
    assert page.count("<option") == 2
    assert "curl -X POST https://crm.example.com/hooks" in page
    assert '"source_number":"12025550199"' in page


def test_the_preview_tells_what_is_still_missing(house: House) -> None:
    answer = house.client().post(house.pbx_url + "integrations/new/preview/", FILLED | {"request_url": "", "name": ""})
    assert answer.status_code == 200
    assert "There is no Request URL" in told(answer)


def test_the_preview_shows_no_request_that_could_not_be_saved(house: House) -> None:
    text = told(post(house, "integrations/new/preview/", request_url="https://crm.example.com/{caller}"))
    assert "Placeholders work in the Path Arguments" in text
    assert "HTTP/1.1" not in text


def test_a_number_without_a_fraction_is_shown_without(house: House) -> None:
    page = house.client().get(f"{house.pbx_url}integrations/new/").content.decode()
    assert 'name="timeout_seconds" value="15"' in page


def test_the_preview_warns_of_what_is_unwise(house: House) -> None:
    answer = house.client().post(house.pbx_url + "integrations/new/preview/", FILLED | {"request_url": "http://crm.example.com/"})
    assert "preview-warning" in answer.content.decode()


def test_strangers_see_nothing_and_viewers_cannot_write(house: House) -> None:
    row, world = house.integration(), house.world
    place = f"{house.url}integrations/{row.id}/"
    for path in (house.pbx_url + "integrations/new/", place + "edit/", place, place + "edit/preview/"):
        assert house.client(world.stranger).get(path).status_code == 404
    for path in (house.pbx_url + "integrations/new/", place + "edit/"):
        assert house.client(world.viewer).get(path).status_code == 403
        assert house.client(world.viewer).post(path, FILLED).status_code == 403
    theirs = f"/a/{world.other_account.slug}/integrations/{row.id}/edit/"
    assert house.client(world.stranger).post(theirs, FILLED).status_code == 404
