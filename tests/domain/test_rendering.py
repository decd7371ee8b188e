"""Rendering: what an integration sends, to the byte; and that no value ever leaves its place."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from switchhook import __version__
from switchhook.domain.catalogue import EVENTS, EventType, Field, Value
from switchhook.domain.delivery import Request
from switchhook.domain.errors import CannotRender
from switchhook.domain.event import Event
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Header, Integration, Method, TokenAuth
from switchhook.domain.rendering import nested, render
from switchhook.domain.validation import mistakes
from tests.domain.examples import DELIVERY, NOW, SECRET, an_event, an_integration, events, integrations, texts, values

KEYS = (BodyKey(key="from", field=Field.SOURCE_NUMBER), BodyKey(key="app", text="Head Office"))


def rendered(event: Event | None = None, **changes: Any) -> Request:
    return render(an_integration(**changes), event or an_event(), delivery_id=DELIVERY, at=NOW)


def headers_of(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


def meant(text: str) -> str:
    """The text as it can be written in UTF-8 at all."""
    return "".join("\ufffd" if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in text)


# -- method and format -------------------------------------------------------------------------------------------


def test_post_with_json_has_one_compact_object_in_the_body() -> None:
    request = rendered(body_keys=KEYS)
    assert (request.method, request.url) == ("POST", "https://crm.example.com/hook")
    assert request.body == b'{"from":"12025550171","app":"Head Office"}'
    assert headers_of(request)["content-type"] == "application/json"


def test_get_with_json_has_the_same_body() -> None:
    assert rendered(method=Method.GET, body_keys=KEYS).body == rendered(body_keys=KEYS).body


@pytest.mark.parametrize("method", Method)
def test_query_puts_the_pairs_into_the_url_beside_what_is_there_and_has_no_body(method: Method) -> None:
    request = rendered(method=method, format=Format.QUERY, body_keys=KEYS, request_url="https://crm.example.com/hook?key=1")
    assert request.url == "https://crm.example.com/hook?key=1&from=12025550171&app=Head%20Office"
    assert request.body is None
    assert request.method == method
    assert "content-type" not in headers_of(request)


# -- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", EventType)
def test_without_request_keys_every_field_of_the_event_is_sent_under_its_own_name(type_: EventType) -> None:
    body = json.loads(rendered(an_event(type_), event_type=type_).body or b"")
    assert body == {field.value: value for field, value in EVENTS[type_].example().items()}
    assert "source_number" not in json.loads(rendered(an_event(EventType.USER_CREATED)).body or b"")


def test_has_voicemail_is_a_boolean_in_json_and_a_word_in_query() -> None:
    keys = (BodyKey(key="vm", field=Field.HAS_VOICEMAIL),)
    on, off = an_event(has_voicemail=True), an_event(has_voicemail=False)
    assert rendered(on, body_keys=keys).body == b'{"vm":true}'
    assert rendered(off, body_keys=keys).body == b'{"vm":false}'
    assert rendered(on, body_keys=keys, format=Format.QUERY).url.endswith("?vm=True")
    assert rendered(off, body_keys=keys, format=Format.QUERY).url.endswith("?vm=False")


def test_a_withheld_number_is_null_in_json_and_empty_in_query_and_path() -> None:
    withheld = an_event(source_number=None)
    assert rendered(withheld, body_keys=KEYS[:1]).body == b'{"from":null}'
    assert rendered(withheld, body_keys=KEYS[:1], format=Format.QUERY).url.endswith("/hook?from=")
    assert rendered(withheld, path_arguments="/from/{source_number}/x").url.endswith("/hook/from//x")


def test_a_field_that_the_event_lacks_is_sent_as_nothing() -> None:
    keys = (BodyKey(key="option", field=Field.OPTION_SELECTED),)
    assert rendered(body_keys=keys).body == b'{"option":null}'
    assert rendered(path_arguments="/{option_selected}").url == "https://crm.example.com/hook/"


def test_dotted_keys_make_nested_objects_in_json_and_stay_as_they_are_in_query() -> None:
    keys = (BodyKey(key="call.from", field=Field.SOURCE_NUMBER), BodyKey(key="call.to.number", text="x"))
    assert rendered(body_keys=keys).body == b'{"call":{"from":"12025550171","to":{"number":"x"}}}'
    assert rendered(body_keys=keys, format=Format.QUERY).url.endswith("?call.from=12025550171&call.to.number=x")


@pytest.mark.parametrize(("rows", "whole"), [
    ([("a", 1), ("a.b", 2)], {"a": {"b": 2}}),
    ([("a.b", 1), ("a", 2)], {"a": 2}),
    ([("a", 1), ("a", 2)], {"a": 2}),
    ([("a..b", 1), (".", 2), ("", 3)], {"a..b": 1, ".": 2, "": 3}),
])
def test_of_rows_that_contradict_each_other_the_later_one_wins(rows: list[tuple[str, Value]], whole: object) -> None:
    assert nested(rows) == whole


def test_a_key_with_thousands_of_dots_makes_a_body_all_the_same() -> None:
    assert json.loads(rendered(body_keys=(BodyKey(key="a." * 5000 + "a", text="x"),)).body or b"")


# -- the URL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "arguments", "whole"), [
    ("https://x.example/hook", "/calls/{option_selected}", "https://x.example/hook/calls/9"),
    ("https://x.example/hook", "calls/{option_selected}", "https://x.example/hook/calls/9"),
    ("https://x.example/hook/", "/calls", "https://x.example/hook/calls"),
    ("https://x.example/hook/", "calls/", "https://x.example/hook/calls/"),
    ("https://x.example", "{option_selected}", "https://x.example/9"),
    ("https://x.example", "", "https://x.example/"),
    ("https://x.example/hook/", "", "https://x.example/hook/"),
    ("https://x.example/hook?a=1", "/calls", "https://x.example/hook/calls?a=1"),
    ("https://x.example/hook", "?o={option_selected}", "https://x.example/hook?o=9"),
    ("https://x.example/hook?a=1", "?o={option_selected}", "https://x.example/hook?a=1&o=9"),
    ("https://x.example/hook?a=1#part", "/b?o={option_selected}&p=", "https://x.example/hook/b?a=1&o=9&p="),
    ("https://x.example/hook?", "", "https://x.example/hook"),
    ("https://x.example/hook", "/{{{option_selected}}}", "https://x.example/hook/%7B9%7D"),
    ("https://x.example/a b/ü?q=ü|", "", "https://x.example/a%20b/%C3%BC?q=%C3%BC%7C"),
    ("https://x.example/100%/%2F", "/%{option_selected}", "https://x.example/100%25/%2F/%259"),
    ("HTTPS://Bücher.Example:8443/Hook", "", "https://xn--bcher-kva.example:8443/Hook"),
    ("http://[2001:DB8::1]:80/", "", "http://[2001:db8::1]:80/"),
    ("http://my_host.lan./x", "", "http://my_host.lan/x"),
    (" https://x.example/hook\n", "", "https://x.example/hook"),
])
def test_the_url_is_the_request_url_with_the_path_arguments(url: str, arguments: str, whole: str) -> None:
    request = rendered(an_event(EventType.IVR_OPTION), request_url=url, path_arguments=arguments)
    assert request.url == whole


@pytest.mark.parametrize(("url", "says"), [
    ("", "no Request URL"),
    ("crm.example.com/hook", "must begin with https://"),
    ("ftp://crm.example.com", "must begin with https://"),
    ("javascript:alert(1)", "must begin with https://"),
    ("https://", "no host name"),
    ("https:///hook", "no host name"),
    ("https://ada:secret@crm.example.com", "choose Basic Auth"),
    ("https://crm.example.com:99999/", "cannot be read"),
    ("https://crm.example.com:0/", "port 0"),
    ("https://crm.exam ple.com/", "not a valid host name"),
    ("https://crm..example.com/", "not a valid host name"),
    ("https://-x.example/", "not a valid host name"),
    ("https://[::1/", "cannot be read"),
    ("https://[fe80::1%25eth0]/", "not a valid host name"),
    ("https://[fe80::x]/", "cannot be read|neither a host name nor an address"),
    ("https://ada:secret@[", "cannot be read"),
    ("https://ada:secret@a\u2100b", "cannot be read"),
    ("https://2130706433/", "neither a host name nor an address"),
    ("https://0x7f.0x1/", "neither a host name nor an address"),
    ("https://1.2.3.4.5/", "neither a host name nor an address"),
    ("https://crm.example.com/a\r\nHost: x", "control character"),
])
def test_what_is_no_url_cannot_be_rendered_and_the_sentence_says_why(url: str, says: str) -> None:
    with pytest.raises(CannotRender, match=says) as raised:
        rendered(request_url=url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("text", "whole"), [
    ("{date_time}", "2026-03-04T10:41:55+11:00"),
    ("{date_time|utc}", "2026-03-03T23:41:55Z"),
    ("{ date_time | date } {date_time|time}", "2026-03-04 10:41:55"),
    ("{date_time|utc_date} {date_time|utc_time}", "2026-03-03 23:41:55"),
    ("{date_time|unix}", "1772581315"),
    ("{date_time|unix_ms}", "1772581315000"),
])
def test_a_placeholder_says_in_which_form_a_moment_is_written(text: str, whole: str) -> None:
    event = an_event(date_time="2026-03-04T10:41:55+11:00")
    assert json.loads(rendered(event, body_keys=(BodyKey(key="at", text=text),)).body or b"") == {"at": whole}


def test_a_moment_that_is_not_known_is_empty_in_every_form_and_what_is_none_stays() -> None:
    for value, whole in ((None, ""), ("yesterday", "yesterday")):
        event = an_event(date_time=value)
        body = rendered(event, body_keys=(BodyKey(key="at", text="{date_time|utc}"),)).body
        assert json.loads(body or b"") == {"at": whole}


def test_a_template_that_cannot_be_filled_is_told() -> None:
    with pytest.raises(CannotRender, match=r"Path Arguments has \{phone\} that stands for no field|\{phone\}"):
        rendered(path_arguments="/{phone}")
    with pytest.raises(CannotRender, match="brace"):
        rendered(path_arguments="/{source_number")
    with pytest.raises(CannotRender, match=r"\{ivr_name\|utc\} that stands for no field"):
        rendered(path_arguments="/{ivr_name|utc}")


@pytest.mark.parametrize("name", [".", "..", "../admin", "a/../b", "a\\..\\b", "/.."])
def test_a_value_that_leads_upwards_is_never_sent_in_a_path(name: str) -> None:
    with pytest.raises(CannotRender, match="leads elsewhere"):
        rendered(an_event(ivr_name=name), path_arguments="/menu/{ivr_name}/x")
    assert rendered(an_event(ivr_name=name), path_arguments="?menu={ivr_name}")


@given(name=texts, number=texts)
def test_a_value_stays_in_its_path_segment_and_in_its_query_value(name: str, number: str) -> None:
    event = an_event(ivr_name=name, source_number=number)
    integration = an_integration(
        path_arguments="/menu/{ivr_name}/x?from={source_number}&y", format=Format.QUERY,
        body_keys=(BodyKey(key="ivr", field=Field.IVR_NAME), BodyKey(key="z", text="1")))
    request = request_or_refusal(integration, event)
    if isinstance(request, str):
        assert "leads elsewhere" in request
        return
    split = urlsplit(request.url)
    assert (split.scheme, split.netloc, split.fragment) == ("https", "crm.example.com", "")
    assert [unquote(part) for part in split.path.split("/")] == ["", "hook", "menu", meant(name), "x"]
    assert parse_qsl(split.query, keep_blank_values=True) == [
        ("from", meant(number)), ("y", ""), ("ivr", meant(name)), ("z", "1")]


# -- the headers ---------------------------------------------------------------------------------------------------


def test_every_request_says_which_event_it_tells_and_who_sends() -> None:
    headers = headers_of(rendered(an_event(EventType.INBOUND_ANSWERED)))
    assert headers["switchhook-event"] == "call.inbound_answered"
    assert headers["switchhook-sequence"] == "1"
    assert headers["user-agent"] == f"Switchhook/{__version__}"
    assert headers["webhook-id"] == str(DELIVERY)
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert "switchhook-test" not in headers
    assert "webhook-signature" not in headers


def test_a_test_is_marked() -> None:
    assert headers_of(rendered(an_event(is_test=True)))["switchhook-test"] == "1"


def test_basic_auth_is_utf8_and_masked() -> None:
    request = rendered(authentication=BasicAuth(username="ada", password="pässwörd:x"))
    scheme, _, credentials = headers_of(request)["authorization"].partition(" ")
    assert scheme == "Basic"
    assert b64decode(credentials).decode() == "ada:pässwörd:x"
    assert "authorization" in request.secret_headers


@pytest.mark.parametrize(("token", "name", "value"), [
    (TokenAuth(token="t0k"), "authorization", "Bearer t0k"),
    (TokenAuth(token=" t0k\n", prefix="Token"), "authorization", "Token t0k"),
    (TokenAuth(token="t0k", prefix="", header="X-Api-Token"), "x-api-token", "t0k"),
])
def test_a_token_is_sent_in_its_header_with_its_prefix_and_masked(token: TokenAuth, name: str, value: str) -> None:
    request = rendered(authentication=token)
    assert headers_of(request)[name] == value
    assert name in request.secret_headers


@pytest.mark.parametrize("token", [
    TokenAuth(token="s3cr\net"), TokenAuth(token="s3crét"), TokenAuth(token="s3cret", header="Content-Length"),
    TokenAuth(token="s3cret", header="not a name"),
])
def test_a_token_that_cannot_be_sent_is_not_left_out_silently(token: TokenAuth) -> None:
    with pytest.raises(CannotRender, match="token") as raised:
        rendered(authentication=token)
    assert "s3cr" not in str(raised.value)


def test_custom_headers_hold_values_and_secret_ones_are_masked() -> None:
    request = rendered(headers=(
        Header(name="X-From", value="{source_number}"), Header(name="X-Key", value="k", secret=True),
        Header(name="Authorization", value="ApiKey k")))
    assert headers_of(request)["x-from"] == "12025550171"
    assert headers_of(request)["authorization"] == "ApiKey k"
    assert request.secret_headers == {"x-key", "authorization"}


def test_what_no_header_can_carry_is_made_a_space_or_percent_encoded() -> None:
    event = an_event(name="Zoë\r\nX-Evil: 1\x00 100%")
    assert headers_of(rendered(event, headers=(Header(name="X-Name", value="{name}!"),)))["x-name"] == (
        "Zo%C3%AB  X-Evil: 1  100%!")


@pytest.mark.parametrize("name", [
    "Host", "Content-Length", "Content-Type", "User-Agent", "Transfer-Encoding", "Connection", "webhook-id",
    "Webhook-Signature", "Switchhook-Event", "X Y", "X:Y", "", "Ünicode",
])
def test_a_header_that_an_integration_may_not_set_is_left_out(name: str) -> None:
    assert rendered(headers=(Header(name=name, value="evil"),), signing_secrets=(SECRET,)) == rendered(
        signing_secrets=(SECRET,))


def test_a_custom_header_does_not_override_the_authentication() -> None:
    request = rendered(authentication=TokenAuth(token="t0k"), headers=(Header(name="AUTHORIZATION", value="other"),))
    assert [value for name, value in request.headers if name.lower() == "authorization"] == ["Bearer t0k"]


def test_a_secret_header_that_cannot_be_filled_is_not_quoted() -> None:
    with pytest.raises(CannotRender) as raised:
        rendered(headers=(Header(name="X-Key", value="ab{cd}ef", secret=True),))
    assert "cd" not in str(raised.value)


def test_a_damaged_signing_secret_is_told_and_not_quoted() -> None:
    with pytest.raises(CannotRender, match="make a new one") as raised:
        rendered(signing_secrets=("whsec_dGlueQ==",))
    assert "dGlueQ" not in str(raised.value)


# -- whatever is stored ----------------------------------------------------------------------------------------------


@settings(max_examples=500)
@given(integrations, events)
def test_whatever_is_stored_gives_a_safe_request_or_cannot_be_rendered(integration: Integration, event: Event) -> None:
    request = request_or_refusal(integration, event)
    if isinstance(request, str):
        assert request.endswith((".", ".)"))
    else:
        assert_safe(request)


def test_a_fixed_text_has_its_placeholders_filled_in() -> None:
    keys = (BodyKey(key="text", text="Call from {source_number} {{sic}}"),)
    request = rendered(an_event(source_number="12025550171"), body_keys=keys)
    assert json.loads(request.body or b"") == {"text": "Call from 12025550171 {sic}"}
    asked = rendered(an_event(source_number="1&2"), body_keys=keys, format=Format.QUERY)
    assert asked.url.endswith("?text=Call%20from%201%262%20%7Bsic%7D")


def test_a_request_key_with_a_place_makes_a_list() -> None:
    texts = {
        "data[0].Subject": "a", "data[0].Tags[0]": "b", "data[0].Tags[1]": "c", "data[1].Subject": "d", "x[y]": "e"}
    request = rendered(an_event(), body_keys=tuple(BodyKey(key=key, text=text) for key, text in texts.items()))
    assert json.loads(request.body or b"") == {
        "data": [{"Subject": "a", "Tags": ["b", "c"]}, {"Subject": "d"}], "x[y]": "e"}


@given(value=values, literal=texts, key=texts, format_=st.sampled_from(Format))
def test_any_value_and_any_key_makes_a_safe_request(value: Value, literal: str, key: str, format_: Format) -> None:
    event = replace(an_event(), fields=dict.fromkeys(Field, value))
    keys = (BodyKey(key=key, field=Field.NAME), BodyKey(key="t", text=literal.replace("{", "{{").replace("}", "}}")))
    assert_safe(rendered(
        event, format=format_, headers=(Header(name="X-A", value="{name}{ivr_name}"),), body_keys=keys,
        path_arguments="?{name}={ivr_name}", signing_secrets=(SECRET,)))


@given(rows=st.dictionaries(texts.map(lambda key: key.replace(".", "_").replace("[", "_")), values))
def test_a_json_body_parses_back_to_what_was_meant(rows: dict[str, Value]) -> None:
    fields = list(Field)[:len(rows)]
    pairs = list(zip(rows, fields, strict=False))
    event = replace(an_event(), fields={field: rows[key] for key, field in pairs})
    if pairs:
        body = rendered(event, body_keys=tuple(BodyKey(key=key, field=field) for key, field in pairs)).body
        assert json.loads(body or b"") == {
            meant(key): meant(text) if isinstance(text := rows[key], str) else text for key, _ in pairs}


@settings(max_examples=300)
@given(integrations, events)
def test_what_has_no_mistakes_can_be_rendered_unless_a_value_leads_upwards(
    integration: Integration, event: Event,
) -> None:
    if not mistakes(integration):
        request = request_or_refusal(integration, event)
        assert isinstance(request, Request) or "leads elsewhere" in request


def request_or_refusal(integration: Integration, event: Event) -> Request | str:
    """The request, or why there is none."""
    try:
        return render(integration, event, delivery_id=DELIVERY, at=NOW)
    except CannotRender as cannot:
        return str(cannot)


def assert_safe(request: Request) -> None:
    """The URL is one line of ASCII that a client sends as it stands; so are the headers; the body is one object."""
    assert request.url.isascii()
    assert request.url.isprintable()
    assert " " not in request.url
    assert str(URL(request.url, encoded=True)) == request.url
    for name, value in request.headers:
        assert value.isascii()
        assert all(letter.isprintable() for letter in name + value)
        assert value == value.strip()
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))
    assert request.secret_headers <= set(names)
    if request.body is not None:
        assert isinstance(json.loads(request.body), dict)
        assert b"\n" not in request.body
