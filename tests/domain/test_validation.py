"""Validation: what cannot be saved, where it is wrong, and a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, EventType, Field, Level
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Header, Integration, Method, TokenAuth
from switchhook.domain.validation import Mistake, mistakes, warnings
from tests.domain.examples import OLD_SECRET, SECRET, SERVICE, an_integration, integrations


def keys(*names: str) -> tuple[BodyKey, ...]:
    return tuple(BodyKey(key=name, field=Field.CALL_UUID) for name in names)


def headers(*names: str, value: str = "x") -> tuple[Header, ...]:
    return tuple(Header(name=name, value=value) for name in names)


@pytest.mark.parametrize("type_", EventType)
@pytest.mark.parametrize("format_", Format)
def test_an_integration_with_every_field_of_its_event_is_sound(type_: EventType, format_: Format) -> None:
    fields = EVENTS[type_].fields
    integration = an_integration(
        event_type=type_, format=format_,
        body_keys=tuple(BodyKey(key=f"call.{field}", field=field) for field in fields),
        path_arguments="".join(f"/{{{field}}}" for field in fields), signing_secrets=(SECRET, OLD_SECRET),
        headers=(Header(name="X-All", value=" ".join(f"{{{field}}}" for field in fields)),),
        authentication=TokenAuth(token="t0k"))
    assert mistakes(integration, EXTRA_EVENTS) == []


@pytest.mark.parametrize("type_", EXTRA_EVENTS)
def test_an_extra_event_that_is_not_granted_is_a_mistake(type_: EventType) -> None:
    found = mistakes(an_integration(event_type=type_, service_id=None), EXTRA_EVENTS - {type_})
    assert f"{EVENTS[type_].label} is not granted" in found[-1 if EVENTS[type_].level is Level.SERVICE else 0].message


@pytest.mark.parametrize(("changes", "where", "says"), [
    ({"name": " "}, "name", "Give the integration a name"),
    ({"name": "x" * 121}, "name", "120 are allowed"),
    ({"service_id": None}, "event_type", "that PBX's own Integrations page"),
    ({"event_type": EventType.USER_CREATED, "service_id": SERVICE}, "event_type", "My Admin"),
    ({"request_url": ""}, "request_url", "no Request URL"),
    ({"request_url": "crm.example.com"}, "request_url", "begin with https://"),
    ({"request_url": "https://a:b@crm.example.com"}, "request_url", "choose Basic Auth"),
    ({"request_url": "https://crm.example.com/" + "x" * 2000}, "request_url", "2000 are allowed"),
    ({"request_url": "https://crm.example.com/{call_uuid}"}, "request_url", "Placeholders work in the Path Arguments"),
    ({"path_arguments": "/{Call UUID}"}, "path_arguments", "Did you mean {call_uuid}?"),
    ({"path_arguments": "/{nonsense}"}, "path_arguments", "Inbound Call Received has: {date_time}, "),
    ({"path_arguments": "/{option_selected}"}, "path_arguments", "Inbound Call Received has no {option_selected}"),
    ({"path_arguments": "/{call_uuid"}, "path_arguments", "A brace opens or closes nothing"),
    ({"path_arguments": "/a#b"}, "path_arguments", "never sent"),
    ({"path_arguments": "/../b"}, "path_arguments", "Remove . and .."),
    ({"path_arguments": "/a/%2e%2e/b"}, "path_arguments", "Remove . and .."),
    ({"path_arguments": "/a\r\nb"}, "path_arguments", "line break"),
    ({"path_arguments": "x" * 1001}, "path_arguments", "1000 are allowed"),
    ({"authentication": BasicAuth(username="", password="")}, "username", "needs a username"),
    ({"authentication": BasicAuth(username="a:b", password="c")}, "username", "colon"),
    ({"authentication": BasicAuth(username="a", password="c\n")}, "password", "line break"),
    ({"authentication": TokenAuth(token=" ")}, "token", "Enter the token"),
    ({"authentication": TokenAuth(token="s3crét")}, "token", "ASCII"),
    ({"authentication": TokenAuth(token="t", prefix="a\nb")}, "token_prefix", "ASCII"),
    ({"authentication": TokenAuth(token="t", header="")}, "token_header", "Give the header a name"),
    ({"authentication": TokenAuth(token="t", header="Host")}, "token_header", "choose another name"),
    ({"headers": headers("")}, "headers.0.name", "Give the header a name"),
    ({"headers": headers("X-A", "X B")}, "headers.1.name", "no spaces and no colon"),
    ({"headers": headers("X-A\r\nX-B")}, "headers.0.name", "no spaces and no colon"),
    ({"headers": headers("Webhook-Id")}, "headers.0.name", "choose another name, like X-Webhook-Id"),
    ({"headers": headers("Switchhook-Test")}, "headers.0.name", "choose another name"),
    ({"headers": headers("transfer-encoding")}, "headers.0.name", "choose another name"),
    ({"headers": headers("X-A", "x-a")}, "headers.1.name", "there twice"),
    ({"headers": headers("authorization"), "authentication": TokenAuth(token="t")}, "headers.0.name",
     "set by the Authentication"),
    ({"headers": headers("X-A", value="a\r\nX-B: c")}, "headers.0.value", "line break"),
    ({"headers": headers("X-A", value="{ivr_name}")}, "headers.0.value", "has no {ivr_name}"),
    ({"headers": headers("X-A", value="x" * 2001)}, "headers.0.value", "2000 are allowed"),
    ({"headers": headers(*(f"X-{number}" for number in range(101)))}, "headers", "100 are allowed"),
    ({"body_keys": keys("")}, "body_keys.0.key", "Give the value a request key"),
    ({"body_keys": keys("a", "a")}, "body_keys.1.key", "there twice"),
    ({"body_keys": keys("a.b.c", "a.b")}, "body_keys.0.key", "a.b cannot be a value and hold a.b.c"),
    ({"body_keys": keys("a..b")}, "body_keys.0.key", "double one"),
    ({"body_keys": keys(".".join("abcdefghijk"))}, "body_keys.0.key", "at most 10 levels"),
    ({"body_keys": keys("a\n")}, "body_keys.0.key", "line break"),
    ({"body_keys": keys("x" * 201)}, "body_keys.0.key", "200 are allowed"),
    ({"body_keys": (BodyKey(key="a", field=Field.IVR_NAME),)}, "body_keys.0.field",
     "Inbound Call Received has no IVR Name. It has: Date/Time, "),
    ({"body_keys": (BodyKey(key="a", field=Field.CALL_UUID, text="b"),)}, "body_keys.0.text", "not both"),
    ({"body_keys": (BodyKey(key="a", text="b" * 2001),)}, "body_keys.0.text", "2000 are allowed"),
    ({"body_keys": keys(*(f"k{number}" for number in range(101)))}, "body_keys", "100 are allowed"),
    ({"signing_secrets": ("whsec_x",)}, "signing_secrets.0", "let us make one"),
    ({"signing_secrets": (SECRET,) * 3}, "signing_secrets", "2 are allowed"),
    ({"timeout_seconds": 31.0}, "timeout_seconds", "from 1 to 30"),
    ({"timeout_seconds": float("nan")}, "timeout_seconds", "from 1 to 30"),
    ({"max_in_flight": 0}, "max_in_flight", "from 1 to 64"),
    ({"expiry_seconds": 9}, "expiry_seconds", "from 10 to 2592000"),
])
def test_a_mistake_is_told_at_its_place(changes: dict[str, Any], where: str, says: str) -> None:
    found = mistakes(an_integration(**changes))
    assert [mistake for mistake in found if mistake.where == where and says in mistake.message], found


@pytest.mark.parametrize("changes", [
    {"path_arguments": "calls/{call_uuid}?from={source_number}"},
    {"path_arguments": "/{{braces}}"},
    {"path_arguments": "?next=/../x"},
    {"body_keys": keys("a", "a.b", "c.."), "format": Format.QUERY},
    {"body_keys": (BodyKey(key="empty", text=""),)},
    {"headers": headers("Authorization", value="ApiKey {{x}}")},
    {"authentication": BasicAuth(username="sk_live", password="")},
    {"authentication": TokenAuth(token="t", prefix="", header="X-Api-Key")},
    {"request_url": "https://bücher.example/hook?a=1"},
    {"expiry_seconds": 60},
])
def test_what_is_right_is_no_mistake(changes: dict[str, Any]) -> None:
    assert mistakes(an_integration(**changes)) == []


@pytest.mark.parametrize(("changes", "where", "says"), [
    ({"request_url": "http://crm.example.com"}, "request_url", "use https:// if you can"),
    ({"request_url": "https://crm.example.com/#a"}, "request_url", "never sent"),
    ({"request_url": "https://crm.example.com/?k=1", "format": Format.QUERY, "body_keys": keys("k")}, "request_url",
     "gets it twice"),
    ({"method": Method.GET}, "format", "drop the body of a GET"),
    ({"event_type": EventType.IVR_RECEIVED, "path_arguments": "/{extension_number}"}, "path_arguments",
     "Extension Number is not always known when IVR Call Received fires"),
    ({"path_arguments": "/{{call_uuid}}"}, "path_arguments", "For its value write {call_uuid}"),
    ({"headers": headers("X-A", value="é")}, "headers.0.value", "percent-encoded"),
])
def test_what_is_unwise_is_a_warning_and_no_mistake(changes: dict[str, Any], where: str, says: str) -> None:
    integration = an_integration(**changes)
    assert [warning for warning in warnings(integration) if warning.where == where and says in warning.message]
    assert mistakes(integration) == []


def test_a_plain_integration_has_no_warnings() -> None:
    assert warnings(an_integration()) == []
    assert warnings(an_integration(method=Method.GET, format=Format.QUERY)) == []


def test_secrets_are_never_quoted() -> None:
    integration = an_integration(
        headers=(Header(name="X-Key", value="hunter{hunter2}\nhunter", secret=True),),
        signing_secrets=("whsec_hunter",), authentication=BasicAuth(username="ada", password="hunter\n"))
    found = mistakes(integration) + warnings(integration)
    assert {mistake.where for mistake in found} >= {"headers.0.value", "signing_secrets.0", "password"}
    assert "hunter" not in "".join(mistake.message for mistake in found)


@settings(max_examples=300)
@given(integrations)
def test_whatever_is_entered_is_judged_and_every_mistake_is_a_sentence_at_a_place(integration: Integration) -> None:
    for mistake in mistakes(integration) + warnings(integration):
        assert isinstance(mistake, Mistake)
        assert mistake.where
        assert mistake.message.endswith((".", ".)", "?"))


def test_a_fixed_text_may_only_have_placeholders_that_the_event_fills() -> None:
    found = mistakes(an_integration(body_keys=(BodyKey(key="text", text="Pressed {option_selected}"),)))
    assert [one.where for one in found] == ["body_keys.0.text"]
    assert "Inbound Call Received has no {option_selected}" in found[0].message
    [unknown] = mistakes(an_integration(body_keys=(BodyKey(key="at", text="{date_time|iso}"),)))
    assert "{date_time|utc}: utc, date, time" in unknown.message


@pytest.mark.parametrize(("keys", "where", "says"), [
    (("a[1]",), "body_keys.0.key", "a[0] is missing before a[1]"),
    (("a[0].x", "a[2].x"), "body_keys.1.key", "a[1] is missing before a[2].x"),
    (("a", "a[0]"), "body_keys.1.key", "a cannot be a value and hold a[0]"),
])
def test_places_in_a_list_are_filled_from_the_first_on(keys: tuple[str, ...], where: str, says: str) -> None:
    found = mistakes(an_integration(body_keys=tuple(BodyKey(key=key, text="x") for key in keys)))
    assert [one.where for one in found] == [where]
    assert says in found[0].message
