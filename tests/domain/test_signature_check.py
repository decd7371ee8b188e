"""Why a signature fails: each mistake that receivers make, told apart from the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import Format, Method
from switchhook.domain.pasted import Unreadable, read_pasted
from switchhook.domain.rendering import render
from switchhook.domain.signature_check import Diagnosis, KnownSecret, Sent, diagnose
from tests.domain.examples import DELIVERY, NOW, OLD_SECRET, SECRET, an_event, an_integration

CURRENT = KnownSecret(name="this integration's secret", secret=SECRET, is_current=True)
OTHER = KnownSecret(name="the secret of NPS, another integration", secret=OLD_SECRET)
AT = NOW.timestamp()


def a_request(*, secret: str = SECRET, **changes: Any) -> Any:
    order = an_integration(event_type=EventType.IVR_OPTION, signing_secrets=(secret,), **changes)
    return render(order, an_event(EventType.IVR_OPTION, ivr_name="Menü 1"), delivery_id=DELIVERY, at=NOW)


def as_http(request: Any, body: str | None = None) -> str:
    target = request.url.partition("crm.example.com")[2]
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    return "\r\n".join(lines) + "\r\n\r\n" + ((request.body or b"").decode() if body is None else body)


def sent(request: Any) -> Sent:
    headers = {name.lower(): value for name, value in request.headers}
    return Sent(number=1, timestamp=headers["webhook-timestamp"], signature=headers["webhook-signature"],
                query=request.url.partition("?")[2], body=request.body)


def told(text: str, *secrets: KnownSecret, was: tuple[Sent, ...] = (), now: float = AT, body: str = "") -> Diagnosis:
    return diagnose(read_pasted(text, body), secrets or (CURRENT, OTHER), was, now=now)


def test_a_request_as_it_was_sent_is_good_also_with_the_line_break_of_pasting() -> None:
    request = a_request()
    assert told(as_http(request)).good
    assert told(as_http(request) + "\n").good
    assert told(as_http(request, ""), body=request.body.decode()).good


def test_a_curl_command_is_read() -> None:
    request = a_request()
    headers = " \\\n  ".join(f"-H '{name}: {value}'" for name, value in request.headers)
    assert told(f"curl -X POST {request.url} \\\n  {headers} \\\n  --data-binary '{request.body.decode()}'").good


def test_headers_as_a_framework_writes_them_are_read() -> None:
    request = a_request()
    lines = "\n".join(
        f"  'HTTP_{name.upper().replace('-', '_')}' => '{value}'," for name, value in request.headers)
    assert told(lines, body=request.body.decode()).good


def test_a_get_signs_its_query_string() -> None:
    request = a_request(method=Method.GET, format=Format.QUERY)
    found = told(as_http(request))
    assert found.good
    assert "query string is what is signed" in found.more[0]


def test_a_query_string_that_was_encoded_anew_is_told() -> None:
    request = a_request(method=Method.GET, format=Format.QUERY)
    found = told(as_http(request).replace("%20", "+"))
    assert not found.good
    assert "query string was changed" in found.said


@pytest.mark.parametrize("anew", [
    lambda body: json.dumps(json.loads(body)), lambda body: json.dumps(json.loads(body), indent=2)])
def test_json_that_was_written_anew_is_told(anew: Any) -> None:
    request = a_request()
    found = told(as_http(request, anew(request.body)))
    assert not found.good
    assert "same JSON" in found.said
    assert "raw body" in found.said


def test_what_was_sent_shows_sorted_keys_and_other_changes() -> None:
    request = a_request()
    keys = json.dumps(json.loads(request.body), sort_keys=True)
    assert "keys in another order" in told(as_http(request, keys), was=(sent(request),)).said
    cut = told(as_http(request, request.body.decode()[:50]), was=(sent(request),))
    assert "differ from character 51" in cut.said
    assert "The body is missing" in told(as_http(request, ""), was=(sent(request),)).said


def test_another_secret_is_named() -> None:
    found = told(as_http(a_request(secret=OLD_SECRET)))
    assert not found.good
    assert "signed with the secret of NPS, another integration" in found.said


def test_an_old_request_is_good_and_its_age_is_told() -> None:
    found = told(as_http(a_request()), now=AT + 900)
    assert found.good
    assert "15 minutes ago" in found.more[0]
    assert "behind" in told(as_http(a_request()), now=AT - 900).more[0]


@pytest.mark.parametrize(("change", "says"), [
    (lambda text: text.replace("webhook-signature", "x-other"), "webhook-signature is missing"),
    (lambda text: text.replace("webhook-", "x-"), "webhook-id, webhook-timestamp, webhook-signature are missing"),
    (lambda text: text.replace("v1,", ""), "webhook-signature is malformed"),
    (lambda text: text.replace("webhook-timestamp: ", "webhook-timestamp: 2026-"), "is no time"),
])
def test_headers_that_are_missing_or_damaged_are_told(change: Any, says: str) -> None:
    found = told(change(as_http(a_request())))
    assert not found.good
    assert says in found.said


def test_what_fits_nothing_is_told_by_what_was_sent() -> None:
    stranger = as_http(a_request(secret="whsec_" + "A" * 44))
    assert "fits none of the secrets" in told(stranger).said
    request = a_request()
    changed = as_http(request).replace(sent(request).signature, "v1,AAAA")
    assert "webhook-signature was changed" in told(changed, was=(sent(request),)).said
    later = as_http(request).replace(sent(request).timestamp, "1772584999")
    assert "webhook-timestamp was changed" in told(later, was=(sent(request),)).said
    replaced = a_request(secret="whsec_" + "A" * 44)
    assert "replaced since" in told(as_http(replaced), was=(sent(replaced),)).said


def test_an_integration_that_does_not_sign_is_told() -> None:
    assert "does not sign" in diagnose(read_pasted(as_http(a_request())), (), (), now=AT).said


@pytest.mark.parametrize(("text", "says"), [
    ("hello", "no headers"), ("curl -H 'webhook-id: 1", "quotation mark"), ("a: b\n" * 50_000, "too long"),
    ("curl https://example.[com -H 'webhook-id: 1'", "URL in it"),
    ("POST http://[x/hook HTTP/1.1\nwebhook-id: 1\n", "URL in it")])
def test_what_is_no_request_is_refused_with_what_to_paste(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_pasted(text)
